/** The real Temporal server on Postgres, in one process without Docker: the shape of a small production, for measurements and faults. */
import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { stringify } from 'yaml';
import { freePort, run, startServer, stopServer, waitUntil } from './child.ts';
import { Unavailable } from './unavailable.ts';
import { serverConfig, type Ports } from './temporal-server-config.ts';

export const TEMPORAL_SERVER_VERSION = '1.29.1';
const MODULE = 'go.temporal.io/server';

/** A cold build takes about a minute and a half on two cores. */
const BUILD_TIMEOUT_MS = 580_000;

/** It waits many seconds for other members of its cluster to notice; there are none. */
const STOP_GRACE_MS = 2_000;

export type TemporalOptions = {
  readonly cacheDir: string;
  /** Configuration and log of this run. */
  readonly workDir: string;
  /** A server on which the databases are made; its user may create databases. */
  readonly postgresUrl: string;
  /** Names of the two databases. */
  readonly databases: { readonly store: string; readonly visibility: string };
  readonly say: (line: string) => void;
};

export type TemporalServer = {
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
};

type Binaries = { readonly server: string; readonly sqlTool: string; readonly schemaDir: string };

/** Builds server and schema tool once; later runs need no Go. */
const build = async (cacheDir: string, say: (line: string) => void): Promise<Binaries> => {
  const dir = join(cacheDir, `temporal-server-${TEMPORAL_SERVER_VERSION}`);
  const binaries = { server: join(dir, 'server'), sqlTool: join(dir, 'sql'), schemaDir: join(dir, 'schema') };
  const stamp = join(dir, 'complete');
  if (existsSync(stamp)) return binaries;
  await run('go', ['version'], { timeoutMs: 10_000 }).catch((error: unknown) => {
    throw new Unavailable(`needs Go to build Temporal's server (${String(error)})`, { cause: error });
  });
  say(`building Temporal server ${TEMPORAL_SERVER_VERSION} with Go (about two minutes, once)`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const packages = ['cmd/server', 'cmd/tools/sql'].map((path) => `${MODULE}/${path}@v${TEMPORAL_SERVER_VERSION}`);
  await run('go', ['install', ...packages], { cwd: dir, env: { GOBIN: dir }, timeoutMs: BUILD_TIMEOUT_MS });
  const described = await run('go', ['mod', 'download', '-json', `${MODULE}@v${TEMPORAL_SERVER_VERSION}`], {
    cwd: dir,
    timeoutMs: BUILD_TIMEOUT_MS,
  });
  const module: unknown = JSON.parse(described);
  if (typeof module !== 'object' || module === null || !('Dir' in module) || typeof module.Dir !== 'string') {
    throw new Error(`go does not say where ${MODULE} lies`);
  }
  cpSync(join(module.Dir, 'schema', 'postgresql', 'v12'), binaries.schemaDir, { recursive: true });
  // The module cache is read-only, and so would be the copy: its removal would fail.
  await run('chmod', ['-R', 'u+w', binaries.schemaDir], { timeoutMs: 10_000 });
  writeFileSync(stamp, '');
  return binaries;
};

const createSchema = async (binaries: Binaries, options: TemporalOptions): Promise<void> => {
  const url = new URL(options.postgresUrl);
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  const common = ['--plugin', 'postgres12', '--ep', url.hostname, '--port', url.port, '--user', user, '--pw', password];
  const tool = (args: readonly string[]): Promise<string> =>
    run(binaries.sqlTool, [...common, ...args], { timeoutMs: 60_000 });
  const { store, visibility } = options.databases;
  for (const [database, folder] of [
    [store, 'temporal'],
    [visibility, 'visibility'],
  ] as const) {
    await tool(['--db', database, 'create-database']);
    await tool(['--db', database, 'setup-schema', '-v', '0.0']);
    await tool(['--db', database, 'update-schema', '-d', join(binaries.schemaDir, folder, 'versioned')]);
  }
};

/** Registers the namespace `default`, which a server of one's own does not have. */
const registerNamespace = async (address: string, child: ChildProcess): Promise<void> => {
  let connection: Connection | undefined;
  try {
    await waitUntil({
      what: 'Temporal has its namespace',
      check: async () => {
        connection ??= await Connection.connect({ address, connectTimeout: '2s' });
        try {
          await connection.workflowService.registerNamespace({
            namespace: 'default',
            workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
          });
        } catch (error) {
          if (!String(error).includes('ALREADY_EXISTS')) throw error;
        }
        // Services read namespaces through a cache: a start right after the registration may still be refused.
        await connection.workflowService.listOpenWorkflowExecutions({ namespace: 'default', maximumPageSize: 1 });
        return true;
      },
      timeoutMs: 90_000,
      child,
    });
  } finally {
    await connection?.close();
  }
};

/** The server keeps its members' ports in a signed 16-bit column: those that the system hands out by itself are too high. */
const LOWEST_PORT = 17_000;
const HIGHEST_PORT = 32_000;

const choosePorts = async (): Promise<Ports> => {
  const chosen = new Set<number>();
  const next = async (): Promise<number> => {
    for (;;) {
      const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
      if (chosen.has(port) || (await freePort(port).catch(() => undefined)) === undefined) continue;
      chosen.add(port);
      return port;
    }
  };
  return {
    frontend: await next(),
    frontendMembership: await next(),
    history: await next(),
    historyMembership: await next(),
    matching: await next(),
    matchingMembership: await next(),
    worker: await next(),
    workerMembership: await next(),
  };
};

export const startTemporalOnPostgres = async (options: TemporalOptions): Promise<TemporalServer> => {
  const binaries = await build(options.cacheDir, options.say);
  await createSchema(binaries, options);
  const ports = await choosePorts();
  const configDir = join(options.workDir, 'temporal-config');
  mkdirSync(configDir, { recursive: true });
  const limitsFile = join(configDir, 'limits.yaml');
  const { server, limits } = serverConfig({ ...options, ports, limitsFile });
  writeFileSync(join(configDir, 'production.yaml'), stringify(server), { mode: 0o600 });
  writeFileSync(limitsFile, stringify(limits));
  const child = startServer({
    command: binaries.server,
    args: ['--root', options.workDir, '--config', 'temporal-config', '--env', 'production', '--allow-no-auth', 'start'],
    logFile: join(options.workDir, 'temporal.log'),
  });
  const address = `127.0.0.1:${ports.frontend}`;
  try {
    await registerNamespace(address, child);
  } catch (error) {
    await stopServer(child);
    throw error;
  }
  return { address, pid: child.pid ?? 0, stop: () => stopServer(child, STOP_GRACE_MS) };
};
