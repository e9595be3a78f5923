/** The fake provider: started for the run, and itself the first row of the table. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from './child.ts';
import type { Running } from './contender.ts';

const ENTRY = fileURLToPath(new URL('./upstream.ts', import.meta.url));

export type Upstream = { readonly port: number; readonly pid: number; readonly running: Running };

/** It ends when its standard input does, so it cannot outlive the bench. */
export const startUpstream = async (): Promise<Upstream> => {
  const child = spawn(process.execPath, ['--import', 'tsx', ENTRY], {
    env: cleanEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('the fake provider did not start'))),
  ])) as [string];
  const told: unknown = JSON.parse(line);
  if (typeof told !== 'object' || told === null || !('port' in told) || typeof told.port !== 'number') {
    throw new Error('the fake provider did not say its port');
  }
  const pid = child.pid ?? 0;
  return {
    port: told.port,
    pid,
    running: {
      target: { name: 'direct', port: told.port, headers: { authorization: 'Bearer sk-upstream' } },
      family: { pids: [pid] },
      settled: () => Promise.resolve(),
      stop: async () => {
        child.stdin.end();
        if (child.exitCode === null) await once(child, 'exit');
      },
    },
  };
};
