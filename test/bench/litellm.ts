/** LiteLLM's proxy from PyPI in a virtual environment of its own, set up as its production page says, without a database. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { answers, freePort, run, startServer, stopServer, waitUntil } from './child.ts';
import type { Contender, Surroundings } from './contender.ts';
import { gatewayConfig } from './gateway-config.ts';
import { Unavailable } from './unavailable.ts';

/** The newest whose `proxy` extra resolves completely from PyPI. */
const VERSION = '1.106.12';

/** One worker per core is its own advice; beyond four it would only take the load generator's cores. */
const WORKERS = Math.min(4, availableParallelism());

/** About 700 MB of packages. */
const INSTALL_TIMEOUT_MS = 540_000;

const install = async ({ cacheDir, say }: Surroundings): Promise<string> => {
  const dir = join(cacheDir, `litellm-${VERSION}`);
  const command = join(dir, 'bin', 'litellm');
  const stamp = join(dir, 'complete');
  if (existsSync(stamp)) return command;
  say(`installing LiteLLM ${VERSION} with pip (about a minute)`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(cacheDir, { recursive: true });
  try {
    await run('python3', ['-m', 'venv', dir], { timeoutMs: 60_000 });
    await run(join(dir, 'bin', 'pip'), ['install', '--quiet', `litellm[proxy]==${VERSION}`], {
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
  } catch (error) {
    throw new Unavailable(`pip could not install it (${String(error)})`, { cause: error });
  }
  writeFileSync(stamp, '');
  return command;
};

export const litellm: Contender = {
  id: 'litellm',
  name: `LiteLLM ${VERSION}, ${WORKERS} workers`,
  async start(surroundings) {
    const command = await install(surroundings);
    const { workDir } = surroundings;
    const port = await freePort();
    const masterKey = `sk-${randomBytes(24).toString('base64url')}`;
    const configFile = join(workDir, 'litellm.yaml');
    writeFileSync(configFile, gatewayConfig(surroundings));
    const child = startServer({
      command,
      args: ['--config', configFile, '--host', '127.0.0.1', '--port', `${port}`, '--num_workers', `${WORKERS}`],
      env: {
        LITELLM_MASTER_KEY: masterKey,
        LITELLM_MODE: 'PRODUCTION',
        LITELLM_LOG: 'ERROR',
        // Its price list is otherwise fetched from outside at each start.
        LITELLM_LOCAL_MODEL_COST_MAP: 'True',
      },
      logFile: join(workDir, 'litellm.log'),
    });
    await waitUntil({
      what: 'LiteLLM answers',
      check: () => answers(`http://127.0.0.1:${port}/health/liveliness`),
      timeoutMs: 120_000,
      child,
    });
    return {
      target: { name: litellm.name, port, headers: { authorization: `Bearer ${masterKey}` } },
      family: { pids: child.pid === undefined ? [] : [child.pid] },
      settled: () => Promise.resolve(),
      stop: () => stopServer(child),
    };
  },
};
