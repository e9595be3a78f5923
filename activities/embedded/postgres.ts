/** A PostgreSQL server of our own, for installations that name none. Its data stay in the home folder. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../telemetry/logger.ts';
import { openHome, readIfThere, writeWhole } from './home.ts';
import { choosePort, LOOPBACK } from './port.ts';
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts';
import { openCluster, SUPERUSER, type Cluster } from './postgres-cluster.ts';
import { adopt, isAlive, lastLines, launch, runsIn, send, stopProcess, type Running } from './process.ts';
import { asServerUser, serverUser, type ServerUser } from './server-user.ts';

export type Postgres = Running & {
  readonly url: string;
  readonly port: number;
  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  readonly stop: () => Promise<void>;
  /** The same without waiting for it. */
  readonly end: () => void;
};

export type PostgresOptions = {
  readonly home: string;
  readonly log: Logger;
  /** Exactly this port, or fail: clients already know it. Absent: last time's when it is free, else any. */
  readonly port?: number;
};

/** Crash recovery replays at most `max_wal_size`; minutes on a slow disk, milliseconds. */
const READY_WITHIN_MS = 300_000;
/** Backends of a postmaster that was killed notice within moments; until then a new one is refused, milliseconds. */
const LEFTOVERS_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 30_000;

/** Sized for a small machine; durable: an answer is only given after its commit is on disk. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: LOOPBACK,
  unix_socket_directories: '',
  shared_buffers: '128MB',
  max_connections: '100',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_compression: 'on',
  jit: 'off',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
  cluster_name: 'holdfast',
};

/** postmaster.pid, which the server itself writes: pid, folder, start time, port, socket folder, address, shared memory, state. */
type PidFile = { readonly pid: number; readonly port: number; readonly state: string };

async function readPidFile(dataDir: string): Promise<PidFile | undefined> {
  const lines = (await readIfThere(join(dataDir, 'postmaster.pid')))?.split('\n') ?? [];
  const [pid, , , port, , , , state] = lines;
  if (pid === undefined || pid.trim() === '') return undefined;
  return { pid: Math.abs(Number(pid)), port: Number(port ?? Number.NaN), state: state?.trim() ?? '' };
}

export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { log } = options;
  const home = await openHome(options.home);
  const dataDir = join(home, 'postgres');
  const [binaries, user] = await Promise.all([findPostgres(), serverUser(dataDir)]);
  const cluster = await openCluster({ home, dataDir, binaries, user, log });
  const logFile = join(home, 'logs', 'postgres.log');
  const found = await adoptServer(cluster, log);
  if (found !== undefined && (options.port === undefined || options.port === found.port))
    return serve(found.running, found.port, cluster);
  if (found !== undefined) await stopProcess(found.running, { signal: 'SIGINT', graceMs: STOP_WITHIN_MS });
  const portFile = join(home, 'postgres-port');
  const until = performance.now() + LEFTOVERS_WITHIN_MS;
  for (;;) {
    const wished = options.port ?? (await choosePort(Number((await readIfThere(portFile)) ?? '0')));
    const running = await launchServer({ cluster, binaries, user, logFile, port: wished });
    const failure = await ready(running, dataDir, log);
    if (failure === undefined) {
      await writeWhole(portFile, `${wished}\n`);
      return serve(running, wished, cluster);
    }
    const said = await lastLines(logFile, 6);
    const passing = /shared memory block .* still in use|could not bind|Address already in use/.test(said);
    if (!passing || performance.now() > until) {
      throw new Error(`PostgreSQL did not start (${failure}). The end of ${logFile}:\n${said}`);
    }
    await sleep(200);
  }
}

function serve(running: Running, port: number, { password }: Cluster): Postgres {
  return {
    ...running,
    port,
    url: `postgres://${SUPERUSER}:${password}@${LOOPBACK}:${port}/postgres`,
    end: () => void send(running.pid, 'SIGINT'),
    stop: () => stopProcess(running, { signal: 'SIGINT', graceMs: STOP_WITHIN_MS }),
  };
}

type Launching = {
  readonly cluster: Cluster;
  readonly binaries: PostgresBinaries;
  readonly user: ServerUser | undefined;
  readonly logFile: string;
  readonly port: number;
};

async function launchServer({ cluster, binaries, user, logFile, port }: Launching): Promise<Running> {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-D', cluster.dataDir, '-p', String(port), ...settings];
  const command = await asServerUser(user, binaries.postgres, args, [binaries.postgres, cluster.dataDir]);
  return launch({ ...command, cwd: cluster.dataDir, logFile });
}

/** Waits until the server says so itself in its pid file; the reason when it ended instead. */
async function ready(running: Running, dataDir: string, log: Logger): Promise<string | undefined> {
  let ended: string | undefined;
  void running.exited.then((reason) => (ended = reason));
  const began = performance.now();
  let announceMs = 5_000;
  while (performance.now() - began < READY_WITHIN_MS) {
    if (ended !== undefined) return ended;
    const file = await readPidFile(dataDir);
    if (file?.pid === running.pid && file.state === 'ready') return undefined;
    if (performance.now() - began > announceMs) {
      log.info(
        { seconds: Math.round(announceMs / 1000) },
        'waiting for the database: it recovers from an interrupted run',
      );
      announceMs += 10_000;
    }
    await sleep(15);
  }
  await stopProcess(running, { signal: 'SIGQUIT', graceMs: 5_000 });
  return `not ready within ${READY_WITHIN_MS / 1000} s`;
}

/**
 * A gateway that was killed leaves its database running: use it, it has everything warm. A pid file without its server is a leftover of a
 * crash or a copied folder; the server would take it for a living one when the pid belongs to another program of the same user by now.
 */
async function adoptServer(
  cluster: Cluster,
  log: Logger,
): Promise<{ readonly running: Running; readonly port: number } | undefined> {
  const { dataDir } = cluster;
  const until = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const file = await readPidFile(dataDir);
    if (file === undefined) return undefined;
    if (!(await runsIn(file.pid, dataDir))) {
      if (!(await isAlive(file.pid))) return undefined;
      await rm(join(dataDir, 'postmaster.pid'), { force: true });
      return undefined;
    }
    const running = adopt(file.pid, dataDir);
    if (file.state === 'ready' && (await answers(file.port, cluster))) {
      log.info({ pid: file.pid, port: file.port }, 'found the database of an earlier run still running');
      return { running, port: file.port };
    }
    if (performance.now() > until)
      throw new Error(`the database server ${file.pid} runs in ${dataDir} and does not answer: stop it`);
    await sleep(50);
  }
}

async function answers(port: number, { password }: Cluster): Promise<boolean> {
  const client = new pg.Client({
    host: LOOPBACK,
    port,
    user: SUPERUSER,
    password,
    database: 'postgres',
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
