/** What a campaign stands on: a Postgres and a Temporal of its own, which it may stop, kill and start again on the same ports. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { startPostgres } from '../../activities/embedded/postgres.ts';
import { startTemporal } from '../../activities/embedded/temporal.ts';
import { migrate } from '../../activities/store/migrate.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { withDatabase } from '../support/database-url.ts';
import { endProcessesOf, isAlive } from '../support/processes.ts';
import { suiteLog } from '../support/suite-log.ts';
import { waitFor } from '../support/wait.ts';

/** A server that can be taken away and brought back. */
export type Server = {
  /** As an operator restarts it: what is committed is on disk. Resolves when it has ended. */
  stop(): Promise<void>;
  /** SIGKILL. Resolves when it has ended. */
  kill(): Promise<void>;
  /** On the same port as before. Resolves when it serves. */
  start(): Promise<void>;
};

export type World = {
  readonly home: string;
  readonly main: string;
  readonly postgres: Server;
  readonly temporal: Server & { readonly address: string; readonly uiUrl: string };
  /** A migrated database of its own; its URL. */
  createDatabase(name: string): Promise<string>;
  /** Workflows of this task queue that are still open. */
  openWorkflows(taskQueue: string): Promise<number>;
  /** Whether Temporal knows a workflow of this id. */
  hasWorkflow(id: string): Promise<boolean>;
  /** Keeps the directory when told so. */
  close(options: { readonly keep: boolean }): Promise<void>;
};

type Started = { readonly pid: number; readonly port: number; stop(): Promise<void> };

const TEMPLATE = 'faults_template';

function toServer(first: Started, again: (port: number) => Promise<Started>): Server {
  let current = first;
  return {
    stop: () => current.stop(),
    kill: async () => {
      process.kill(current.pid, 'SIGKILL');
      await waitFor('the killed server to end', () => !isAlive(current.pid));
    },
    start: async () => {
      current = await again(first.port);
    },
  };
}

export async function openWorld(): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), `holdfast-suite-${process.pid}-`));
  // The database runs as another user when we are root, and must be able to pass.
  chmodSync(home, 0o755);
  mkdirSync(join(home, 'rows'));
  const log = suiteLog(home);
  const [postgres, temporal] = await Promise.all([
    startPostgres({ home, log }),
    startTemporal({ home, log, searchAttributes: SEARCH_ATTRIBUTES }),
  ]);
  await runSql(postgres.url, `create database ${TEMPLATE}`);
  await migrate(withDatabase(postgres.url, TEMPLATE));
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection });
  const startPostgresAgain = (port: number): Promise<Started> => startPostgres({ home, log, port });
  const startTemporalAgain = (port: number): Promise<Started> =>
    startTemporal({ home, log, port, uiPort: temporal.uiPort, searchAttributes: SEARCH_ATTRIBUTES });
  const servers = {
    postgres: toServer(postgres, startPostgresAgain),
    temporal: toServer(temporal, startTemporalAgain),
  };
  return {
    home,
    main: fileURLToPath(new URL('../../dist/api/main.js', import.meta.url)),
    postgres: servers.postgres,
    temporal: { ...servers.temporal, address: temporal.address, uiUrl: temporal.uiUrl },
    createDatabase: async (name) => {
      await runSql(postgres.url, `create database ${name} template ${TEMPLATE}`);
      return withDatabase(postgres.url, name);
    },
    openWorkflows: async (taskQueue) => {
      const query = `TaskQueue = '${taskQueue}' and ExecutionStatus = 'Running'`;
      const { count } = await client.workflow.count(query);
      return Number(count);
    },
    hasWorkflow: async (id) => {
      try {
        await client.workflow.getHandle(id).describe();
        return true;
      } catch (error) {
        if ((error as Error).name === 'WorkflowNotFoundError') return false;
        throw error;
      }
    },
    close: async ({ keep }) => {
      await connection.close();
      await Promise.allSettled([servers.temporal.stop(), servers.postgres.stop()]);
      endProcessesOf(home);
      if (!keep) rmSync(home, { recursive: true, force: true });
    },
  };
}

export async function runSql(url: string, statement: string, values: readonly unknown[] = []): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement, [...values]);
  } finally {
    await client.end();
  }
}
