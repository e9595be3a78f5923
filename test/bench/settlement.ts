/** When a Holdfast gateway is done: nothing in progress in its ledger and no workflow open in its Temporal. */
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { pause } from './child.ts';
import type { Ledger } from './contender.ts';

const NAMESPACE = 'default';
const POLL_MS = 25;

/** A backlog that takes longer was not sustained. */
const SETTLE_TIMEOUT_MS = 60_000;

const LEDGER_SQL = `
  select count(*) filter (where state = 'completed')::int as completed,
         count(*) filter (where state <> 'in_progress' and carrier is null)::int as unacknowledged,
         count(distinct carrier)::int as workflows
    from requests`;

const IN_PROGRESS_SQL = `select count(*)::int as open from requests where state = 'in_progress'`;

export class Settlement {
  private readonly database: pg.Client;
  private readonly temporal: Connection;
  /** Workflows that are open while the gateway is idle: schedules and sweepers run for ever. */
  private readonly idleWorkflows: number;

  private constructor(database: pg.Client, temporal: Connection, idleWorkflows: number) {
    this.database = database;
    this.temporal = temporal;
    this.idleWorkflows = idleWorkflows;
  }

  /** To be called while the gateway is idle. */
  static async open(databaseUrl: string, temporalAddress: string): Promise<Settlement> {
    const database = new pg.Client({ connectionString: databaseUrl });
    // The server may be stopped before this client is closed.
    database.on('error', () => undefined);
    await database.connect();
    const temporal = await Connection.connect({ address: temporalAddress });
    return new Settlement(database, temporal, await countOpen(temporal));
  }

  async settled(): Promise<void> {
    const endsAtMs = performance.now() + SETTLE_TIMEOUT_MS;
    for (;;) {
      const { rows } = await this.database.query<{ open: number }>(IN_PROGRESS_SQL);
      const requests = rows[0]?.open ?? 0;
      const workflows = requests > 0 ? Number.NaN : (await countOpen(this.temporal)) - this.idleWorkflows;
      if (requests === 0 && workflows <= 0) return;
      if (performance.now() > endsAtMs) {
        throw new Error(
          `not settled within ${SETTLE_TIMEOUT_MS / 1_000} s: ${requests} requests, ${workflows} workflows open`,
        );
      }
      await pause(POLL_MS);
    }
  }

  async ledger(): Promise<Ledger> {
    const { rows } = await this.database.query<Ledger>(LEDGER_SQL);
    return rows[0] ?? { completed: 0, unacknowledged: 0, workflows: 0 };
  }

  async close(): Promise<void> {
    await this.database.end().catch(() => undefined);
    await this.temporal.close().catch(() => undefined);
  }
}

const countOpen = async (temporal: Connection): Promise<number> => {
  const { count } = await temporal.workflowService.countWorkflowExecutions({
    namespace: NAMESPACE,
    query: 'ExecutionStatus = "Running"',
  });
  return Number(count);
};
