/** Child processes of the bench: started with a clean environment, ended by pid, never left behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { familyOf } from './processes.ts';

/** Longer than a graceful stop of a gateway with its services takes. */
const STOP_TIMEOUT_MS = 20_000;

const POLL_MS = 50;

/** Settings of the caller's own gateways, which would turn a measurement into one of something else. */
const FOREIGN_VARIABLE =
  /^(DATABASE_URL|REDIS_.*|LITELLM_.*|HOLDFAST_.*|TEMPORAL_(?!CLI_PATH$).*|.*_API_KEY|CONFIG_FILE_PATH|PORT|HOST|NODE_OPTIONS)$/;

const running = new Set<ChildProcess>();

const logFiles = new WeakMap<ChildProcess, string>();

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
};

/** Ends on exit whatever still runs: our children, and services they detached, which are known by the run's folder. */
export const endAllOnExit = (folder: string): void => {
  process.on('exit', () => {
    const pids = [...running].flatMap((child) => child.pid ?? []);
    for (const { pid } of familyOf({ pids, folder })) kill(pid);
  });
};

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const cleanEnvironment = (extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN_VARIABLE.test(name))),
  ...extra,
});

export type ServerOptions = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly logFile: string;
};

/** A long-running child whose output goes to a file. */
export const startServer = (options: ServerOptions): ChildProcess => {
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.command, options.args, {
    env: cleanEnvironment(options.env),
    stdio: ['ignore', log, log],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  running.add(child);
  logFiles.set(child, options.logFile);
  child.on('exit', () => running.delete(child));
  child.on('error', () => running.delete(child));
  return child;
};

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

/** Asks the child to end; past the time, ends it and what it started. */
export const stopServer = async (child: ChildProcess, graceMs = STOP_TIMEOUT_MS): Promise<void> => {
  if (child.pid === undefined || hasEnded(child)) return;
  const exited = once(child, 'exit');
  const members = familyOf({ pids: [child.pid] });
  child.kill('SIGTERM');
  const inTime = await Promise.race([exited.then(() => true), pause(graceMs).then(() => false)]);
  if (inTime) return;
  for (const { pid } of members) kill(pid);
  await exited;
};

/** Runs a command to its end; its output is the error's message when it fails. */
export const run = async (
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>>; readonly timeoutMs: number },
): Promise<string> => {
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  running.add(child);
  let output = '';
  let errors = '';
  child.stdout.on('data', (bytes: Buffer) => void (output += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => void (errors += bytes.toString()));
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0)
      throw new Error(`${command} ${args[0] ?? ''}: ${(errors.trim() || output.trim()).split('\n').at(-1) ?? ''}`);
    return output;
  } finally {
    running.delete(child);
  }
};

/** The wished port must be free; any without one. */
export const freePort = async (wished = 0): Promise<number> => {
  const server = createServer().listen(wished, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
};

/** The log lies in a folder that is removed with the run: its end is what there is to know. */
const lastWords = (child: ChildProcess): string => {
  const file = logFiles.get(child);
  const text = file === undefined ? '' : readFileSync(file, 'utf8').trimEnd();
  return (text.split('\n').at(-1) ?? '').slice(0, 500);
};

/** Waits until `check` holds; a child that ended meanwhile ends the wait at once. */
export const waitUntil = async (options: {
  readonly what: string;
  readonly check: () => Promise<boolean>;
  readonly timeoutMs: number;
  readonly child?: ChildProcess;
}): Promise<void> => {
  const endsAtMs = performance.now() + options.timeoutMs;
  for (;;) {
    if (await options.check().catch(() => false)) return;
    if (options.child !== undefined && hasEnded(options.child)) {
      throw new Error(`ended before ${options.what}: ${lastWords(options.child)}`);
    }
    if (performance.now() > endsAtMs) throw new Error(`${options.what}: not within ${options.timeoutMs / 1_000} s`);
    await pause(POLL_MS);
  }
};

/** True when the address answers with a 2xx. */
export const answers = async (url: string, headers: Readonly<Record<string, string>> = {}): Promise<boolean> =>
  (await fetch(url, { headers, signal: AbortSignal.timeout(2_000) })).ok;
