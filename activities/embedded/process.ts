/** Child processes that outlive us: started in a group of their own, found again by the folder they run in, stopped by pid. */
import { spawn } from 'node:child_process';
import { open, readFile, readlink, rename, stat } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export type Running = {
  readonly pid: number;
  /** Resolves when the process is gone, with words for the log ("exit code 1", "signal SIGKILL"). */
  readonly exited: Promise<string>;
};

const run = promisify(execFile);

/** A log is started afresh past this size, the previous one kept as `.1`; bytes. */
const MAX_LOG_BYTES = 10_000_000;

/** Whether a process with this id exists and is more than a zombie. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  // In a container without an init, nobody reaps orphans: they would look alive for ever.
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return status !== '' && !/^\d+ \(.*\) Z/s.test(status);
}

/**
 * Whether the process works in exactly this folder. A pid file alone proves nothing: pids are reused after a reboot, and a copied
 * folder carries the original's pid file with it.
 */
export async function runsIn(pid: number, folder: string): Promise<boolean> {
  if (!(await isAlive(pid))) return false;
  if (process.platform === 'linux') {
    try {
      const [theirs, ours] = await Promise.all([stat(`/proc/${pid}/cwd`), stat(folder)]);
      return theirs.dev === ours.dev && theirs.ino === ours.ino;
    } catch {
      const target = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      return target === folder;
    }
  }
  const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.includes(folder);
}

export type Launch = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly logFile: string;
  readonly user?: { readonly uid: number; readonly gid: number };
};

/**
 * Starts a process that a terminal's Ctrl-C does not reach (we stop it ourselves, in order) and whose output goes to a file: a pipe to
 * us would kill it with SIGPIPE once we are gone.
 */
export async function launch(options: Launch): Promise<Running> {
  const size = await stat(options.logFile).then(
    (file) => file.size,
    () => 0,
  );
  if (size > MAX_LOG_BYTES) await rename(options.logFile, `${options.logFile}.1`);
  const log = await open(options.logFile, 'a', 0o600);
  try {
    const child = spawn(options.command, options.args, {
      cwd: options.cwd,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...options.user,
    });
    const exited = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
      child.once('error', (error) => resolve(error.message));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(new Error(`cannot start ${options.command}: ${error.message}`, { cause: error })),
      );
    });
    child.unref();
    if (child.pid === undefined) throw new Error(`cannot start ${options.command}`);
    return { pid: child.pid, exited };
  } finally {
    await log.close();
  }
}

/** Watches a process that an earlier run of ours started: not our child, so its end must be polled for. */
export function adopt(pid: number, folder: string): Running {
  const watch = async (): Promise<string> => {
    while (await runsIn(pid, folder)) await sleep(200, undefined, { ref: false });
    return 'gone';
  };
  return { pid, exited: watch() };
}

/** Asks with `signal`, waits, then kills. Resolves when the process is gone. */
export async function stopProcess(
  running: Running,
  options: { readonly signal: NodeJS.Signals; readonly graceMs: number },
): Promise<void> {
  const gone = async (withinMs: number): Promise<boolean> => {
    const abort = new AbortController();
    const late = sleep(withinMs, false, { signal: abort.signal }).catch(() => false);
    const done = await Promise.race([running.exited.then(() => true), late]);
    abort.abort();
    return done;
  };
  if (!send(running.pid, options.signal)) return;
  if (await gone(options.graceMs)) return;
  send(running.pid, 'SIGKILL');
  await gone(5_000);
}

/** Sends a signal; false when the process is gone. */
export function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** The end of a log file, for an error message. */
export async function lastLines(file: string, count = 12): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
