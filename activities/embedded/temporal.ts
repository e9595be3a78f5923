/** A Temporal server of our own, with its Web UI, for installations that name none: the Temporal CLI's development server, kept on disk. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { processVariables } from '../config/environment.ts';
import type { Variables } from '../config/references.ts';
import type { Logger } from '../telemetry/logger.ts';
import { openHome, readIfThere, writeWhole } from './home.ts';
import { accepts, choosePort, LOOPBACK } from './port.ts';
import { adopt, lastLines, launch, runsIn, send, stopProcess, type Running } from './process.ts';
import { registerSearchAttributes, type SearchAttributes } from './search-attributes.ts';
import { findTemporalCli } from './temporal-cli.ts';

export type TemporalServer = Running & {
  readonly port: number;
  readonly uiPort: number;
  readonly address: string;
  readonly uiUrl: string;
  readonly stop: () => Promise<void>;
  /** The same without waiting for it. */
  readonly end: () => void;
};

export type TemporalOptions = {
  readonly home: string;
  readonly log: Logger;
  /** Where the CLI is looked for; the process's own when absent. */
  readonly env?: Variables;
  readonly searchAttributes: SearchAttributes;
  /** The Web UI's port; absent: last time's when it is free, else any. */
  readonly uiPort?: number;
  /** Gives up obtaining the CLI. */
  readonly signal?: AbortSignal;
  /** Exactly this port for gRPC, or fail: clients already know it. */
  readonly port?: number;
};

const NAMESPACE = 'default';
/** A file of gigabytes takes a while to open; milliseconds. */
const READY_WITHIN_MS = 60_000;
/** Its own graceful stop takes 1.5 s; milliseconds. */
const STOP_WITHIN_MS = 15_000;

/** Off or low by default in this server; each was measured on the way of a request. Values are JSON. */
const DYNAMIC_CONFIG: Readonly<Record<string, string>> = {
  // The first activity comes back with the workflow task instead of through a queue: off by default below server 1.32.
  'system.enableActivityEagerExecution': 'true',
  'system.enableEagerWorkflowStart': 'true',
  // One node needs no partitions; each costs a hop.
  'matching.numTaskqueueReadPartitions': '1',
  'matching.numTaskqueueWritePartitions': '1',
  // The limits protect shared clusters; here they would only add seconds of silent client-side retries.
  'frontend.rps': '100000',
  'frontend.namespaceRPS': '100000',
  'frontend.namespaceRPS.visibility': '1000',
  'frontend.namespaceCount': '100000',
  'history.rps': '100000',
  'matching.rps': '100000',
  'frontend.persistenceMaxQPS': '100000',
  'history.persistenceMaxQPS': '100000',
  'matching.persistenceMaxQPS': '100000',
};

type State = { readonly pid: number; readonly port: number; readonly uiPort: number; readonly setup: string };

function parseState(text: string | undefined): Partial<State> {
  try {
    const state = JSON.parse(text ?? '{}') as Partial<State> | null;
    return state ?? {};
  } catch {
    return {};
  }
}

export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const { log, env = processVariables() } = options;
  const home = await openHome(options.home);
  const folder = join(home, 'temporal');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const stateFile = join(folder, 'server.json');
  const logFile = join(home, 'logs', 'temporal.log');
  const last = parseState(await readIfThere(stateFile));
  const cli = await findTemporalCli({
    env,
    log,
    home,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const args = serverArguments();
  const setup = createHash('sha256')
    .update(JSON.stringify([cli, args]))
    .digest('hex')
    .slice(0, 16);

  const orphan = typeof last.pid === 'number' && (await runsIn(last.pid, folder)) ? adopt(last.pid, folder) : undefined;
  if (orphan !== undefined) {
    const wanted =
      last.setup === setup &&
      (options.port ?? last.port) === last.port &&
      (options.uiPort ?? last.uiPort) === last.uiPort &&
      typeof last.port === 'number' &&
      typeof last.uiPort === 'number' &&
      (await accepts(last.port));
    if (wanted) {
      log.info({ pid: orphan.pid, port: last.port }, 'found the Temporal server of an earlier run still running');
      return serve(orphan, last as State, options);
    }
    await stopProcess(orphan, { signal: 'SIGTERM', graceMs: STOP_WITHIN_MS });
  }

  const port = options.port ?? (await choosePort(last.port));
  const uiPort = options.uiPort ?? (await choosePort(last.uiPort === port ? undefined : last.uiPort));
  const running = await launch({
    command: cli,
    args: [...args, '--port', String(port), '--ui-port', String(uiPort)],
    cwd: folder,
    logFile,
  });
  const state: State = { pid: running.pid, port, uiPort, setup };
  await writeWhole(stateFile, `${JSON.stringify(state)}\n`);
  let ended: string | undefined;
  void running.exited.then((reason) => (ended = reason));
  const began = performance.now();
  while (!(await accepts(port))) {
    if (ended !== undefined || performance.now() - began > READY_WITHIN_MS) {
      await stopProcess(running, { signal: 'SIGTERM', graceMs: 1_000 });
      const why = ended ?? `not ready within ${READY_WITHIN_MS / 1000} s`;
      throw new Error(
        `the Temporal server did not start (${why}). The end of ${logFile}:\n${await lastLines(logFile, 6)}`,
      );
    }
    await sleep(15);
  }
  return serve(running, state, options);
}

/** Options of `temporal server start-dev`. The write-ahead log carries three times the workflows per second; a killed process loses nothing by it. */
const SERVER_OPTIONS: readonly (readonly [string, string])[] = [
  ['--ip', LOOPBACK],
  ['--log-level', 'warn'],
  ['--db-filename', 'temporal.db'],
  ['--sqlite-pragma', 'journal_mode=wal'],
  ['--sqlite-pragma', 'synchronous=1'],
];

function serverArguments(): readonly string[] {
  const values = Object.entries(DYNAMIC_CONFIG).map(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]);
  return ['server', 'start-dev', ...SERVER_OPTIONS.flat(), ...values.flat()];
}

async function serve(running: Running, { port, uiPort }: State, options: TemporalOptions): Promise<TemporalServer> {
  const address = `${LOOPBACK}:${port}`;
  const stop = (): Promise<void> => stopProcess(running, { signal: 'SIGTERM', graceMs: STOP_WITHIN_MS });
  try {
    const connection = await Connection.connect({ address, connectTimeout: READY_WITHIN_MS });
    try {
      await registerSearchAttributes(connection, NAMESPACE, options.searchAttributes);
    } finally {
      await connection.close();
    }
  } catch (error) {
    await stop();
    throw new Error(`the Temporal server at ${address} does not answer: ${(error as Error).message}`, { cause: error });
  }
  const end = (): void => void send(running.pid, 'SIGTERM');
  return { ...running, port, uiPort, address, uiUrl: `http://${LOOPBACK}:${uiPort}`, stop, end };
}
