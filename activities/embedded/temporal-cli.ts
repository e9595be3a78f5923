/** Finds the Temporal CLI, whose development server carries the embedded workflows, or obtains it. */
import { execFile } from 'node:child_process';
import { access, constants, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Variables } from '../config/references.ts';
import type { Logger } from '../telemetry/logger.ts';
import { findOnPath } from './executable.ts';
import { tryLock, type Lock } from './lock.ts';
import { buildTemporalCli } from './temporal-build.ts';
import { downloadTemporalCli, type Obtained } from './temporal-download.ts';

/** The newest whose module can be installed by version: later ones carry a `replace`, which `go install` refuses. Server 1.29.1, UI 2.42.1. */
export const CLI_VERSION = '1.5.1';

const CACHED_NAME = `temporal-${CLI_VERSION}`;

export type CliOptions = {
  /** TEMPORAL_CLI_PATH, PATH, XDG_CACHE_HOME, HOME and what the network needs (proxies). */
  readonly env: Variables;
  readonly log: Logger;
  /** The home folder: holds what is obtained where the user's own cache cannot be written (service accounts often have none). */
  readonly home: string;
  /** Gives up: what was begun is removed. */
  readonly signal?: AbortSignal;
};

const run = promisify(execFile);

/** A Temporal CLI that is here already; undefined when there is none. Throws when the one that was named does not run. */
export async function locateTemporalCli(env: Variables, home: string): Promise<string | undefined> {
  const named = env['TEMPORAL_CLI_PATH'];
  if (named !== undefined && named !== '') {
    const trouble = await troubleWith(named);
    if (trouble === undefined) return named;
    throw new Error(`TEMPORAL_CLI_PATH is ${named}, which does not run: ${trouble}`);
  }
  const onPath = await findOnPath('temporal', env);
  if (onPath !== undefined && (await troubleWith(onPath)) === undefined) return onPath;
  for (const folder of cacheFolders(env, home)) {
    const cached = join(folder, CACHED_NAME);
    if ((await troubleWith(cached)) === undefined) return cached;
  }
  return undefined;
}

/** The path of a Temporal CLI that runs, obtained when need be. Throws with every way to get one when that fails. */
export async function findTemporalCli(options: CliOptions): Promise<string> {
  const { env, log, home, signal } = options;
  const here = await locateTemporalCli(env, home);
  if (here !== undefined) return here;
  const folder = await writableFolder(cacheFolders(env, home));
  const target = join(folder, CACHED_NAME);
  // One process obtains it, the others wait for that one: a build takes minutes of all cores.
  const lock = await waitForLock(`${target}.lock`, log, signal);
  try {
    if ((await troubleWith(target)) === undefined) return target;
    log.info('no Temporal CLI found: trying to download it');
    const how = { env, log, folder, target, version: CLI_VERSION, ...(signal === undefined ? {} : { signal }) };
    const downloaded = await settle(target, await downloadTemporalCli(how));
    if (downloaded === undefined) return target;
    signal?.throwIfAborted();
    log.info({ reason: downloaded }, 'no download of the Temporal CLI');
    const built = await settle(target, await buildTemporalCli(how));
    if (built === undefined) return target;
    signal?.throwIfAborted();
    throw new Error(
      [
        'Holdfast needs Temporal and found none. One of these helps:',
        '  - set TEMPORAL_ADDRESS to a Temporal server that runs (host:port)',
        '  - install the Temporal CLI (https://docs.temporal.io/cli) so that "temporal" is on PATH, or set TEMPORAL_CLI_PATH to it',
        `  - let this machine reach https://temporal.download (${downloaded})`,
        `  - install Go 1.25 or newer; Holdfast then builds the CLI itself (${built})`,
      ].join('\n'),
    );
  } finally {
    await lock.release();
  }
}

/** Why an attempt to obtain it failed; undefined when there is one that runs now. */
async function settle(target: string, obtained: Obtained): Promise<string | undefined> {
  if (!obtained.ok) return obtained.reason;
  const trouble = await troubleWith(target);
  return trouble === undefined ? undefined : `what it gave does not run: ${trouble}`;
}

async function writableFolder([first, ...others]: readonly string[]): Promise<string> {
  if (first === undefined) throw new Error('no folder for the Temporal CLI can be written');
  try {
    await mkdir(first, { recursive: true });
    await access(first, constants.W_OK);
    return first;
  } catch (error) {
    if (others.length === 0) throw error;
    return writableFolder(others);
  }
}

async function waitForLock(file: string, log: Logger, signal?: AbortSignal): Promise<Lock> {
  for (let waits = 0; ; waits++) {
    const lock = await tryLock(file);
    if ('release' in lock) return lock;
    if (waits % 60 === 0)
      log.info({ pid: lock.heldBy }, 'another process is obtaining the Temporal CLI: waiting for it');
    await sleep(500, undefined, { signal });
  }
}

/** Where files that can be made again are kept: for this user, else for this installation. */
function cacheFolders(env: Variables, home: string): readonly string[] {
  const wished = env['XDG_CACHE_HOME'];
  const user = env['HOME'] ?? homedir();
  const usual = process.platform === 'darwin' ? join(user, 'Library', 'Caches') : join(user, '.cache');
  return [join(wished === undefined || wished === '' ? usual : wished, 'holdfast'), join(home, 'cache')];
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
