/** The lines of batches as rows, and how the request of each stands. */
import type { PoolClient } from 'pg';
import { toBigInt } from './attempts.ts';
import type { BatchCounts } from './batches.ts';
import { persist, type Database } from './pool.ts';
import type { RequestState } from './requests.ts';

export type NewLine = {
  readonly n: number;
  readonly customId: string;
  readonly requestId: string;
  /** The request as JSON text. */
  readonly body: string;
};

const FOR_MS = 20_000;

export async function addLines(database: Database, batchId: string, lines: readonly NewLine[]): Promise<void> {
  if (lines.length === 0) return;
  await persist(async () => insertLines(database, batchId, lines), { forMs: FOR_MS });
}

/** On a connection of the caller's choice, so that it can be part of a transaction. */
export async function insertLines(
  connection: Pick<Database, 'query'> | PoolClient,
  batchId: string,
  lines: readonly NewLine[],
): Promise<void> {
  await connection.query({
    name: 'add_lines',
    text: `insert into batch_lines (batch_id, n, custom_id, request_id, body)
           select $1, t.* from unnest($2::integer[], $3::text[], $4::text[], $5::text[]) as t on conflict do nothing`,
    values: [
      batchId,
      lines.map((line) => line.n),
      lines.map((line) => line.customId),
      lines.map((line) => line.requestId),
      lines.map((line) => line.body),
    ],
  });
}

/** Removes what a validation that broke off had added. */
export async function removeLines(database: Database, batchId: string): Promise<void> {
  await persist(async () => database.query('delete from batch_lines where batch_id = $1', [batchId]), {
    forMs: FOR_MS,
  });
}

export type LineToDo = {
  readonly n: number;
  readonly requestId: string;
  /** Undefined: it was not accepted as a request yet. */
  readonly state: 'in_progress' | undefined;
  /** Only of a line that was not accepted yet; otherwise the request has it. */
  readonly body: string | undefined;
};

/** Lines `from` to `to`, both included, that have no answer yet. */
export async function readLinesToDo(
  database: Database,
  batchId: string,
  from: number,
  to: number,
): Promise<readonly LineToDo[]> {
  const { rows } = await persist(
    async () =>
      database.query<{ n: number; request_id: string; state: 'in_progress' | null; body: string | null }>({
        name: 'read_lines',
        text: `select l.n, l.request_id, r.state, case when r.id is null then l.body end as body
               from batch_lines l left join requests r on r.id = l.request_id
               where l.batch_id = $1 and l.n between $2 and $3 and (r.id is null or r.state = 'in_progress') order by l.n`,
        values: [batchId, from, to],
      }),
    { forMs: FOR_MS },
  );
  return rows.map((row) => ({
    n: row.n,
    requestId: row.request_id,
    state: row.state ?? undefined,
    body: row.body ?? undefined,
  }));
}

/** Requests of the batch that are still under way, whoever carries them. */
export async function findOpenLines(database: Database, batchId: string, limit: number): Promise<readonly string[]> {
  const { rows } = await persist(
    async () =>
      database.query<{ id: string }>(
        `select r.id from batch_lines l join requests r on r.id = l.request_id
         where l.batch_id = $1 and r.state = 'in_progress' limit $2`,
        [batchId, limit],
      ),
    { forMs: FOR_MS },
  );
  return rows.map((row) => row.id);
}

export type LineResult = {
  readonly n: number;
  readonly customId: string;
  readonly requestId: string;
  /** Undefined: never accepted as a request, because the batch ended first. */
  readonly state: RequestState | undefined;
  readonly response: string | undefined;
  readonly error: string | undefined;
  readonly usage: string | undefined;
  readonly costNano: bigint | undefined;
};

/** The lines after `afterN`, in order, with what came of them. */
export async function readResults(
  database: Database,
  batchId: string,
  afterN: number,
  limit: number,
): Promise<readonly LineResult[]> {
  const { rows } = await persist(
    async () =>
      database.query<{
        n: number;
        custom_id: string;
        request_id: string;
        state: RequestState | null;
        response: string | null;
        error: string | null;
        usage: string | null;
        cost_nano: string | null;
      }>({
        name: 'read_results',
        text: `select l.n, l.custom_id, l.request_id, r.state, r.response, r.error, r.usage, r.cost_nano
               from batch_lines l left join requests r on r.id = l.request_id
               where l.batch_id = $1 and l.n > $2 order by l.n limit $3`,
        values: [batchId, afterN, limit],
      }),
    { forMs: FOR_MS },
  );
  return rows.map((row) => ({
    n: row.n,
    customId: row.custom_id,
    requestId: row.request_id,
    state: row.state ?? undefined,
    response: row.response ?? undefined,
    error: row.error ?? undefined,
    usage: row.usage ?? undefined,
    costNano: toBigInt(row.cost_nano),
  }));
}

const COUNT = `
select count(*)::integer as total,
  (count(*) filter (where r.state = 'completed'))::integer as completed,
  (count(*) filter (where r.state in ('failed', 'outcome_unknown')))::integer as failed,
  (count(*) filter (where r.state = 'cancelled'))::integer as cancelled
from batch_lines l left join requests r on r.id = l.request_id where l.batch_id = $1`;

/** Counted from the ledger, so that the numbers cannot drift from what happened. */
export async function countLines(database: Database, batchId: string): Promise<BatchCounts> {
  const { rows } = await database.query<Omit<BatchCounts, 'expired'>>({
    name: 'count_lines',
    text: COUNT,
    values: [batchId],
  });
  return { total: 0, completed: 0, failed: 0, cancelled: 0, ...rows[0], expired: 0 };
}
