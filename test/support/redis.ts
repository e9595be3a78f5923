/** A Redis server of one's own, from the machine's `redis-server`, on a free port and without files. */
import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { waitFor } from './wait.ts';

export type TestRedis = { readonly url: string; readonly host: string; readonly port: number; stop(): Promise<void> };

export async function startRedis(): Promise<TestRedis> {
  const port = await freePort();
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  let output = '';
  let failed: Error | undefined;
  server.stdout.on('data', (bytes) => (output += String(bytes)));
  server.on('error', (error) => (failed = error));
  await waitFor('Redis to be ready', async () => {
    if (failed !== undefined) throw new Error('redis-server must be installed for this test.', { cause: failed });
    return Promise.resolve(output.includes('Ready to accept connections') || undefined);
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    stop: async () => {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const gone = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await gone;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
