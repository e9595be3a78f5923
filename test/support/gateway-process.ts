/** The built product as a process of its own, started as a user starts it and awaited until it says that it is ready. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { waitFor } from './wait.ts';

export type GatewayProcessOptions = {
  /** dist/api/main.js. */
  readonly main: string;
  /** The process's own directory: its configuration, its log, its home. */
  readonly directory: string;
  /** YAML text, or an object that becomes it. */
  readonly config: string | Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
  readonly masterKey: string;
  readonly role?: 'all' | 'api' | 'worker';
  readonly port?: number;
  /** `HOLDFAST_FAULT` of the first start; a restart is without it. */
  readonly fault?: string;
};

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type GatewayProcess = {
  readonly url: string;
  readonly port: number;
  readonly masterKey: string;
  readonly logFile: string;
  pid(): number;
  running(): boolean;
  /** What it has said so far, on both outputs. */
  log(): string;
  /** Sends a signal; SIGKILL unless told otherwise. */
  kill(signal?: NodeJS.Signals): void;
  /** Resolves when the present process has ended. */
  exited(): Promise<Exit>;
  /** SIGTERM, and the exit that follows. Errors: it did not end within the time. */
  stop(forMs?: number): Promise<Exit>;
  /** Starts it again after it has ended, on the same port. */
  restart(options?: { readonly fault?: string; readonly env?: Readonly<Record<string, string>> }): Promise<void>;
  /** Resolves when `/health/readiness` answers 200. */
  ready(forMs?: number): Promise<void>;
};

/** On a busy machine of two cores a cold start takes seconds, not a minute; milliseconds. */
const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 30_000;

/** A port that was free a moment ago; nobody else picks ports on purpose in a test run. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Only what a program needs to run: keys and settings of the developer's shell must not decide a test. */
function plainEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TEMPORAL_CLI_PATH'];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

export async function spawnGateway(options: GatewayProcessOptions): Promise<GatewayProcess> {
  const { directory, masterKey, role = 'all' } = options;
  mkdirSync(directory, { recursive: true });
  const configFile = join(directory, 'config.yaml');
  const logFile = join(directory, 'gateway.log');
  writeFileSync(configFile, typeof options.config === 'string' ? options.config : stringify(options.config));
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess;
  let exit: Promise<Exit>;
  let ended: Exit | undefined;
  let saidBefore = 0;

  const start = (fault: string | undefined, env: Readonly<Record<string, string>>): void => {
    const log = openSync(logFile, 'a');
    saidBefore = fstatSync(log).size;
    ended = undefined;
    child = spawn(
      process.execPath,
      [options.main, '--config', configFile, '--port', String(port), '--role', role, '--home', join(directory, 'home')],
      {
        cwd: directory,
        stdio: ['ignore', log, log],
        env: {
          ...plainEnvironment(),
          LITELLM_MASTER_KEY: masterKey,
          ...options.env,
          ...env,
          ...(fault === undefined ? {} : { HOLDFAST_FAULT: fault }),
        },
      },
    );
    closeSync(log);
    exit = new Promise((resolve) => {
      child.once('error', () => resolve({ code: -1, signal: null }));
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    void exit.then((value) => (ended = value));
  };
  const log = (): string => readFileSync(logFile, 'utf8');
  const ready = async (forMs = READY_WITHIN_MS): Promise<void> => {
    // A worker has no API to ask; it prints its banner when it is ready.
    const path = role === 'worker' ? undefined : `${url}/health/readiness`;
    try {
      await waitFor(
        `the gateway to be ready`,
        async () => {
          if (ended !== undefined) throw new Error(`it ended with ${ended.signal ?? ended.code}`);
          if (path === undefined) return statSync(logFile).size > saidBefore;
          const answer = await fetch(path, { signal: AbortSignal.timeout(5_000) });
          if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
          return true;
        },
        { forMs, everyMs: 30 },
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}\nThe end of ${logFile}:\n${log().slice(-3_000)}`, { cause: error });
    }
  };

  start(options.fault, {});
  const gateway: GatewayProcess = {
    url,
    port,
    masterKey,
    logFile,
    pid: () => child.pid ?? -1,
    running: () => ended === undefined,
    log,
    kill: (signal = 'SIGKILL') => void child.kill(signal),
    exited: () => exit,
    stop: async (forMs = STOP_WITHIN_MS) => {
      if (ended !== undefined) return ended;
      child.kill('SIGTERM');
      try {
        return await waitFor('the gateway to stop', () => ended, { forMs });
      } catch (error) {
        child.kill('SIGKILL');
        throw new Error(`${(error as Error).message}\nThe end of ${logFile}:\n${log().slice(-3_000)}`, {
          cause: error,
        });
      }
    },
    restart: async ({ fault, env = {} } = {}) => {
      if (ended === undefined) throw new Error('it still runs: kill or stop it first');
      start(fault, env);
      await ready();
    },
    ready,
  };
  try {
    await ready();
  } catch (error) {
    // A start that fails leaves no process behind. (A fault may have been meant to kill it this early: then it is gone already.)
    gateway.kill();
    throw error;
  }
  return gateway;
}
