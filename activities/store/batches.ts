/** Batches as rows: creating, reading, listing, and the moments of their lives, each written once. */
import { toBigInt } from './attempts.ts';
import { insertLines, type NewLine } from './batch-lines.ts';
import { persist, type Database } from './pool.ts';

export type BatchEnd = 'completed' | 'failed' | 'expired' | 'cancelled';
export type BatchState = 'validating' | 'in_progress' | 'finalizing' | 'cancelling' | BatchEnd;
export type BatchDialect = 'openai' | 'anthropic';

/** What is wrong with a line of the input, or with all of it. */
export type BatchProblem = {
  readonly code: string;
  readonly message: string;
  readonly line?: number;
  readonly param?: string;
};

export type BatchCounts = {
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly expired: number;
};

export type BatchRow = BatchCounts & {
  readonly id: string;
  readonly tenant: string;
  readonly alias: string;
  /** Absent: made with the master key. */
  readonly keyId: string | undefined;
  readonly dialect: BatchDialect;
  readonly endpoint: string;
  readonly inputFileId: string | undefined;
  readonly completionWindow: string;
  readonly metadata: string | undefined;
  readonly template: string | undefined;
  readonly outputExpiresAfterS: number | undefined;
  readonly state: BatchState;
  readonly errors: string | undefined;
  readonly model: string | undefined;
  readonly usage: string | undefined;
  readonly costNano: bigint | undefined;
  readonly outputFileId: string | undefined;
  readonly errorFileId: string | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly inProgressAt: Date | undefined;
  readonly pausedAt: Date | undefined;
  readonly finalizingAt: Date | undefined;
  readonly completedAt: Date | undefined;
  readonly failedAt: Date | undefined;
  readonly expiredAt: Date | undefined;
  readonly cancellingAt: Date | undefined;
  readonly cancelledAt: Date | undefined;
};

type Row = {
  id: string;
  tenant: string;
  alias: string;
  key_id: string | null;
  dialect: BatchDialect;
  endpoint: string;
  input_file_id: string | null;
  completion_window: string;
  metadata: string | null;
  template: string | null;
  output_expires_after_s: number | null;
  state: BatchState;
  errors: string | null;
  model: string | null;
  total: number;
  completed: number;
  failed: number;
  cancelled: number;
  expired: number;
  usage: string | null;
  cost_nano: string | null;
  output_file_id: string | null;
  error_file_id: string | null;
  created_at: Date;
  expires_at: Date;
  in_progress_at: Date | null;
  paused_at: Date | null;
  finalizing_at: Date | null;
  completed_at: Date | null;
  failed_at: Date | null;
  expired_at: Date | null;
  cancelling_at: Date | null;
  cancelled_at: Date | null;
};

const COLUMNS = `id, tenant, alias, key_id, dialect, endpoint, input_file_id, completion_window, metadata, template, output_expires_after_s, state,
  errors, model, total, completed, failed, cancelled, expired, usage, cost_nano, output_file_id, error_file_id, created_at, expires_at,
  in_progress_at, paused_at, finalizing_at, completed_at, failed_at, expired_at, cancelling_at, cancelled_at`;

function fromRow(row: Row): BatchRow {
  return {
    id: row.id,
    tenant: row.tenant,
    alias: row.alias,
    keyId: row.key_id ?? undefined,
    dialect: row.dialect,
    endpoint: row.endpoint,
    inputFileId: row.input_file_id ?? undefined,
    completionWindow: row.completion_window,
    metadata: row.metadata ?? undefined,
    template: row.template ?? undefined,
    outputExpiresAfterS: row.output_expires_after_s ?? undefined,
    state: row.state,
    errors: row.errors ?? undefined,
    model: row.model ?? undefined,
    total: row.total,
    completed: row.completed,
    failed: row.failed,
    cancelled: row.cancelled,
    expired: row.expired,
    usage: row.usage ?? undefined,
    costNano: toBigInt(row.cost_nano),
    outputFileId: row.output_file_id ?? undefined,
    errorFileId: row.error_file_id ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    inProgressAt: row.in_progress_at ?? undefined,
    pausedAt: row.paused_at ?? undefined,
    finalizingAt: row.finalizing_at ?? undefined,
    completedAt: row.completed_at ?? undefined,
    failedAt: row.failed_at ?? undefined,
    expiredAt: row.expired_at ?? undefined,
    cancellingAt: row.cancelling_at ?? undefined,
    cancelledAt: row.cancelled_at ?? undefined,
  };
}

export type NewBatch = {
  readonly id: string;
  readonly tenant: string;
  readonly alias: string;
  readonly keyId?: string;
  readonly dialect: BatchDialect;
  readonly endpoint: string;
  readonly inputFileId?: string;
  readonly completionWindow: string;
  readonly windowMs: number;
  readonly metadata?: string;
  readonly template?: string;
  readonly outputExpiresAfterS?: number;
  readonly webhookUrl?: string;
};

const CREATE = `
insert into batches (id, tenant, alias, dialect, endpoint, input_file_id, completion_window, expires_at, metadata, template,
  output_expires_after_s, webhook_url, key_id)
values ($1, $2, $3, $4, $5, $6, $7, now() + $8 * interval '1 millisecond', $9, $10, $11, $12, $13) on conflict (id) do nothing`;

/** Together with its lines, where these came with the order and not in a file: all of it is accepted, or nothing. */
export async function createBatchOfLines(
  database: Database,
  batch: NewBatch,
  lines: readonly NewLine[],
): Promise<void> {
  const client = await database.connect();
  try {
    await client.query('begin');
    await client.query(CREATE, valuesOf(batch));
    for (let from = 0; from < lines.length; from += LINES_AT_ONCE)
      await insertLines(client, batch.id, lines.slice(from, from + LINES_AT_ONCE));
    await client.query('update batches set total = $2 where id = $1', [batch.id, lines.length]);
    await client.query('commit');
    client.release();
  } catch (error) {
    // The connection is closed, and the transaction with it.
    client.release(true);
    throw error;
  }
}

const LINES_AT_ONCE = 500;

/** Committed, a batch will be worked on, whatever becomes of this process. */
export async function createBatch(database: Database, batch: NewBatch): Promise<void> {
  await persist(async () => database.query(CREATE, valuesOf(batch)), { forMs: FOR_MS });
}

function valuesOf(batch: NewBatch): unknown[] {
  return [
    batch.id,
    batch.tenant,
    batch.alias,
    batch.dialect,
    batch.endpoint,
    batch.inputFileId ?? null,
    batch.completionWindow,
    batch.windowMs,
    batch.metadata ?? null,
    batch.template ?? null,
    batch.outputExpiresAfterS ?? null,
    batch.webhookUrl ?? null,
    batch.keyId ?? null,
  ];
}

/** Forgets a batch that has ended. False while it has not. */
export async function removeBatch(database: Database, id: string): Promise<boolean> {
  const { rowCount } = await database.query(
    "delete from batches where id = $1 and state in ('failed', 'completed', 'expired', 'cancelled')",
    [id],
  );
  return rowCount === 1;
}

const FOR_MS = 20_000;

export async function findBatch(database: Database, id: string): Promise<BatchRow | undefined> {
  const { rows } = await database.query<Row>({
    name: 'find_batch',
    text: `select ${COLUMNS} from batches where id = $1`,
    values: [id],
  });
  return rows[0] && fromRow(rows[0]);
}

export type BatchFilter = {
  readonly tenant?: string;
  readonly dialect: BatchDialect;
  readonly after?: string;
  readonly before?: string;
  readonly limit: number;
};

/** Newest first; with `before`, the ones right above it. */
export async function listBatches(database: Database, filter: BatchFilter): Promise<readonly BatchRow[]> {
  const order = filter.before === undefined ? 'desc' : 'asc';
  const { rows } = await database.query<Row>(
    `select ${COLUMNS} from batches where ($1::text is null or tenant = $1) and dialect = $2 and ($3::text is null or id < $3)
       and ($4::text is null or id > $4) order by id ${order} limit $5`,
    [filter.tenant ?? null, filter.dialect, filter.after ?? null, filter.before ?? null, filter.limit],
  );
  return rows.map(fromRow);
}

/** The input is in order: its lines may be worked on. One that is being cancelled stays that. */
export async function beginBatch(
  database: Database,
  id: string,
  facts: { readonly total: number; readonly model?: string },
): Promise<void> {
  await persist(
    async () =>
      database.query(
        `update batches set total = $2, model = $3, in_progress_at = coalesce(in_progress_at, now()),
           state = case when state = 'validating' then 'in_progress' else state end where id = $1`,
        [id, facts.total, facts.model ?? null],
      ),
    { forMs: FOR_MS },
  );
}

export async function failBatch(database: Database, id: string, problems: readonly BatchProblem[]): Promise<void> {
  await persist(
    async () =>
      database.query(
        `update batches set state = 'failed', failed_at = now(), errors = $2
         where id = $1 and state in ('validating', 'in_progress', 'finalizing', 'cancelling')`,
        [id, JSON.stringify(problems)],
      ),
    { forMs: FOR_MS },
  );
}

/** Asks for a stop. One that has ended, or whose results are being written, stays as it is. */
export async function cancelBatch(database: Database, id: string): Promise<void> {
  await database.query(
    `update batches set state = 'cancelling', cancelling_at = now() where id = $1 and state in ('validating', 'in_progress')`,
    [id],
  );
}

export async function pauseBatch(database: Database, id: string, paused: boolean): Promise<void> {
  await database.query(
    `update batches set paused_at = case when $2 then coalesce(paused_at, now()) end
     where id = $1 and state in ('validating', 'in_progress')`,
    [id, paused],
  );
}

export async function markFinalizing(database: Database, id: string): Promise<void> {
  await persist(
    async () =>
      database.query(
        `update batches set finalizing_at = coalesce(finalizing_at, now()),
           state = case when state = 'in_progress' then 'finalizing' else state end where id = $1`,
        [id],
      ),
    { forMs: FOR_MS },
  );
}

export type BatchResult = BatchCounts & {
  readonly end: Exclude<BatchEnd, 'failed'>;
  readonly outputFileId?: string;
  readonly errorFileId?: string;
  readonly usage?: string;
  readonly costNano?: bigint;
};

const END = `
with ended as (
update batches set state = $2, completed = $3, failed = $4, cancelled = $5, expired = $6, output_file_id = $7, error_file_id = $8,
  usage = $9, cost_nano = $10, paused_at = null,
  completed_at = case when $2 = 'completed' then now() end,
  expired_at = case when $2 = 'expired' then now() end,
  cancelled_at = case when $2 = 'cancelled' then now() end
where id = $1 and state in ('validating', 'in_progress', 'finalizing', 'cancelling') returning id
) delete from batch_lines where batch_id in (select id from ended)`;

/** The end of a batch, and the end of its lines' snapshot: what they were answered with is in the files. */
export async function endBatch(database: Database, id: string, result: BatchResult): Promise<void> {
  await persist(
    async () =>
      database.query(END, [
        id,
        result.end,
        result.completed,
        result.failed,
        result.cancelled,
        result.expired,
        result.outputFileId ?? null,
        result.errorFileId ?? null,
        result.usage ?? null,
        result.costNano?.toString() ?? null,
      ]),
    { forMs: FOR_MS },
  );
}

export async function markBatchStarted(database: Database, id: string): Promise<void> {
  await database.query('update batches set started = true where id = $1', [id]);
}

/** Batches whose workflow Temporal has not acknowledged; the process that accepted them is given a moment. */
export async function findBatchesToStart(database: Database, limit: number): Promise<readonly BatchRow[]> {
  const { rows } = await database.query<Row>(
    `select ${COLUMNS} from batches where not started and created_at < now() - interval '2 seconds' order by id limit $1`,
    [limit],
  );
  return rows.map(fromRow);
}

/** Batches that should have a workflow which runs. */
export async function findOpenBatches(database: Database, limit: number): Promise<readonly BatchRow[]> {
  const { rows } = await database.query<Row>(
    `select ${COLUMNS} from batches where started and state in ('validating', 'in_progress', 'finalizing', 'cancelling')
       and created_at < now() - interval '1 minute' order by id limit $1`,
    [limit],
  );
  return rows.map(fromRow);
}

/** Deletes batches that ended longer ago than results are kept. */
export async function forgetBatches(database: Database, retentionMs: number, limit: number): Promise<void> {
  await database.query(
    `delete from batches where id in (
       select id from batches where state in ('failed', 'completed', 'expired', 'cancelled')
         and coalesce(failed_at, completed_at, expired_at, cancelled_at) < now() - $1 * interval '1 millisecond' limit $2)`,
    [retentionMs, limit],
  );
}
