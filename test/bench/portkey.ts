/** Portkey's gateway from npm, as its own documentation starts it: one process, no database. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, freePort, run, startServer, stopServer, waitUntil } from './child.ts';
import type { Contender, Surroundings } from './contender.ts';
import { Unavailable } from './unavailable.ts';

const VERSION = '1.15.2';

/** Its own range admits versions under which each of its streams ends in a 500. */
const NODE_SERVER_VERSION = '1.13.5';

const INSTALL_TIMEOUT_MS = 300_000;

const install = async ({ cacheDir, say }: Surroundings): Promise<string> => {
  const dir = join(cacheDir, `portkey-${VERSION}`);
  const entry = join(dir, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js');
  if (existsSync(entry)) return entry;
  say(`installing Portkey ${VERSION} from npm`);
  mkdirSync(dir, { recursive: true });
  const manifest = {
    private: true,
    dependencies: { '@portkey-ai/gateway': VERSION },
    overrides: { '@hono/node-server': NODE_SERVER_VERSION },
  };
  writeFileSync(join(dir, 'package.json'), JSON.stringify(manifest));
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--omit=dev'];
  await run('npm', args, { cwd: dir, timeoutMs: INSTALL_TIMEOUT_MS }).catch((error: unknown) => {
    throw new Unavailable(`npm could not install it (${String(error)})`, { cause: error });
  });
  return entry;
};

export const portkey: Contender = {
  id: 'portkey',
  name: `Portkey ${VERSION}`,
  async start(surroundings) {
    const entry = await install(surroundings);
    const port = await freePort();
    const child = startServer({
      command: process.execPath,
      args: [entry, `--port=${port}`, '--headless'],
      env: { NODE_ENV: 'production' },
      logFile: join(surroundings.workDir, 'portkey.log'),
    });
    await waitUntil({
      what: 'Portkey answers',
      check: () => answers(`http://127.0.0.1:${port}/`),
      timeoutMs: 30_000,
      child,
    });
    return {
      target: {
        name: portkey.name,
        port,
        headers: {
          authorization: 'Bearer sk-upstream',
          'x-portkey-provider': 'openai',
          'x-portkey-custom-host': `http://127.0.0.1:${surroundings.upstreamPort}/v1`,
        },
      },
      family: { pids: child.pid === undefined ? [] : [child.pid] },
      settled: () => Promise.resolve(),
      stop: () => stopServer(child),
    };
  },
};
