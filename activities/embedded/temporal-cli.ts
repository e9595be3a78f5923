/** Finds the Temporal CLI, whose development server carries the embedded workflows, or obtains it. */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Environment } from '../config/process-env.ts';
import type { Logger } from '../telemetry/logger.ts';
import { findOnPath } from './executable.ts';
import { tryLock, type Lock } from './lock.ts';
import { buildTemporalCli } from './temporal-build.ts';
import { downloadTemporalCli } from './temporal-download.ts';

/** The newest whose module can be installed by version: later ones carry a `replace`, which `go install` refuses. Server 1.29.1, UI 2.42.1. */
export const CLI_VERSION = '1.5.1';

export type CliOptions = {
  /** TEMPORAL_CLI_PATH, PATH, XDG_CACHE_HOME, HOME and what the network needs (proxies). */
  readonly env: Environment;
  readonly log: Logger;
};

const run = promisify(execFile);

/** The path of a Temporal CLI that runs. Throws with every way to get one when there is none. */
export async function findTemporalCli({ env, log }: CliOptions): Promise<string> {
  const named = env['TEMPORAL_CLI_PATH'];
  if (named !== undefined && named !== '') {
    const trouble = await troubleWith(named);
    if (trouble === undefined) return named;
    throw new Error(`TEMPORAL_CLI_PATH is ${named}, which does not run: ${trouble}`);
  }
  const onPath = await findOnPath('temporal', env);
  if (onPath !== undefined && (await troubleWith(onPath)) === undefined) return onPath;
  const folder = cacheFolder(env);
  const cached = join(folder, `temporal-${CLI_VERSION}`);
  if ((await troubleWith(cached)) === undefined) return cached;
  return obtain({ env, log, folder, cached });
}

type Obtaining = CliOptions & { readonly folder: string; readonly cached: string };

/** One process obtains it, the others wait for that one: a build takes minutes of all cores. */
async function obtain({ env, log, folder, cached }: Obtaining): Promise<string> {
  await mkdir(folder, { recursive: true });
  const lock = await waitForLock(`${cached}.lock`, log);
  try {
    if ((await troubleWith(cached)) === undefined) return cached;
    log.info('no Temporal CLI found: trying to download it');
    const downloaded = await downloadTemporalCli({ env, log, folder, version: CLI_VERSION, target: cached });
    if (downloaded.ok && (await troubleWith(cached)) === undefined) return cached;
    log.info({ reason: downloaded.ok ? 'it does not run here' : downloaded.reason }, 'no download of the Temporal CLI');
    const built = await buildTemporalCli({ env, log, folder, version: CLI_VERSION, target: cached });
    if (built.ok && (await troubleWith(cached)) === undefined) return cached;
    throw new Error(
      [
        'Holdfast needs Temporal and found none. One of these helps:',
        '  - set TEMPORAL_ADDRESS to a Temporal server that runs (host:port)',
        `  - install the Temporal CLI (https://docs.temporal.io/cli) so that "temporal" is on PATH, or set TEMPORAL_CLI_PATH to it`,
        `  - let this machine reach https://temporal.download (${downloaded.ok ? 'what it gave does not run here' : downloaded.reason})`,
        `  - install Go 1.25 or newer; Holdfast then builds the CLI itself (${built.ok ? 'what it built does not run here' : built.reason})`,
      ].join('\n'),
    );
  } finally {
    await lock.release();
  }
}

async function waitForLock(file: string, log: Logger): Promise<Lock> {
  for (let waits = 0; ; waits++) {
    const lock = await tryLock(file);
    if ('release' in lock) return lock;
    if (waits % 60 === 0)
      log.info({ pid: lock.heldBy }, 'another process is obtaining the Temporal CLI: waiting for it');
    await sleep(500);
  }
}

/** Where files that can be made again are kept for this user. */
export function cacheFolder(env: Environment): string {
  const wished = env['XDG_CACHE_HOME'];
  if (wished !== undefined && wished !== '') return join(wished, 'holdfast');
  const home = env['HOME'] ?? homedir();
  return process.platform === 'darwin' ? join(home, 'Library', 'Caches', 'holdfast') : join(home, '.cache', 'holdfast');
}

/** Why a program is not a Temporal CLI with a development server; undefined when it is one. */
async function troubleWith(file: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(file, ['--version'], { timeout: 10_000 });
    // "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"; another program may have the same name.
    return /\(Server \d/.test(stdout)
      ? undefined
      : `it says "${stdout.trim().slice(0, 80)}" when asked for its version`;
  } catch (error) {
    return (error as Error).message;
  }
}
