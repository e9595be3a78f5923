/** Requests as rows: reading, listing, ending without an attempt, cancelling, and finding those that nobody carries. */
import type { RequestEnd } from './settlements.ts';
import { toBigInt } from './attempts.ts';
import { CHANNEL } from './notices.ts';
import { persist, type Database } from './pool.ts';
import { isDead } from './processes.ts';

export type RequestState = 'in_progress' | RequestEnd;

export type RequestRow = {
  readonly id: string;
  readonly tenant: string;
  readonly alias: string;
  readonly kind: string;
  readonly model: string;
  readonly streaming: boolean;
  readonly state: RequestState;
  readonly origin: string;
  readonly carrier: string | undefined;
  readonly plan: string;
  readonly response: string | undefined;
  readonly error: string | undefined;
  readonly usage: string | undefined;
  readonly costNano: bigint | undefined;
  readonly cancelRequested: boolean;
  /** Whether its end is told to a webhook. */
  readonly told: boolean;
  readonly createdAt: Date;
  readonly completedAt: Date | undefined;
};

type Row = {
  id: string;
  tenant: string;
  alias: string;
  kind: string;
  model: string;
  streaming: boolean;
  state: RequestState;
  origin: string;
  carrier: string | null;
  plan: string;
  response: string | null;
  error: string | null;
  usage: string | null;
  cost_nano: string | null;
  cancel_requested: boolean;
  told: boolean;
  created_at: Date;
  completed_at: Date | null;
};

const COLUMNS = `id, tenant, alias, kind, model, streaming, state, origin, carrier, plan, response, error, usage, cost_nano,
  cancel_requested_at is not null as cancel_requested, webhook_url is not null as told, created_at, completed_at`;

function fromRow(row: Row): RequestRow {
  return {
    id: row.id,
    tenant: row.tenant,
    alias: row.alias,
    kind: row.kind,
    model: row.model,
    streaming: row.streaming,
    state: row.state,
    origin: row.origin,
    carrier: row.carrier ?? undefined,
    plan: row.plan,
    response: row.response ?? undefined,
    error: row.error ?? undefined,
    usage: row.usage ?? undefined,
    costNano: toBigInt(row.cost_nano),
    cancelRequested: row.cancel_requested,
    told: row.told,
    createdAt: row.created_at,
    completedAt: row.completed_at ?? undefined,
  };
}

export async function readRequest(database: Database, id: string): Promise<RequestRow | undefined> {
  const { rows } = await database.query<Row>({
    name: 'read_request',
    text: `select ${COLUMNS} from requests where id = $1`,
    values: [id],
  });
  return rows[0] && fromRow(rows[0]);
}

/** The request body as it was accepted. */
export async function readBody(database: Database, id: string): Promise<string> {
  const { rows } = await database.query<{ body: string }>('select body from requests where id = $1', [id]);
  if (rows[0] === undefined) throw new Error(`Request ${id} is missing.`);
  return rows[0].body;
}

/** The same for an attempt in this group: a caller may want something else asked of a fallback. */
export async function readBodyFor(database: Database, id: string, group: string): Promise<string> {
  const { rows } = await database.query<{ body: string; overrides: string | null }>(
    'select body, overrides from requests where id = $1',
    [id],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`Request ${id} is missing.`);
  if (row.overrides === null) return row.body;
  const overrides = JSON.parse(row.overrides) as Readonly<Record<string, unknown>>;
  return Object.hasOwn(overrides, group) ? JSON.stringify(overrides[group]) : row.body;
}

/** Those of `ids` that have ended, each with what it ended with. */
export async function readEnded(database: Database, ids: readonly string[]): Promise<readonly RequestRow[]> {
  const { rows } = await database.query<Row>(
    `select ${COLUMNS} from requests where id = any($1::text[]) and state <> 'in_progress'`,
    [ids],
  );
  return rows.map(fromRow);
}

export type RequestFilter = {
  /** Absent: all tenants (the operator). */
  readonly tenant?: string;
  /** Alias of the key. */
  readonly alias?: string;
  readonly state?: RequestState;
  readonly model?: string;
  readonly tag?: string;
  /** Milliseconds since 1970; from inclusive, before exclusive. */
  readonly createdFromMs?: number;
  readonly createdBeforeMs?: number;
  /** Ids below this one: requests are listed newest first. */
  readonly before?: string;
  readonly limit: number;
};

const LIST = `
select ${COLUMNS.replace('response,', 'null as response,')} from requests
where ($1::text is null or tenant = $1) and ($2::text is null or state = $2) and ($3::text is null or model = $3)
  and ($4::double precision is null or created_at >= to_timestamp($4 / 1000)) and ($5::double precision is null or created_at < to_timestamp($5 / 1000))
  and ($6::text is null or id < $6) and ($7::text is null or alias = $7) and ($8::text is null or tags::jsonb ? $8)
order by id desc limit $9`;

/** Without the answers themselves. */
export async function listRequests(database: Database, filter: RequestFilter): Promise<readonly RequestRow[]> {
  const { rows } = await database.query<Row>(LIST, [
    filter.tenant ?? null,
    filter.state ?? null,
    filter.model ?? null,
    filter.createdFromMs ?? null,
    filter.createdBeforeMs ?? null,
    filter.before ?? null,
    filter.alias ?? null,
    filter.tag ?? null,
    filter.limit,
  ]);
  return rows.map(fromRow);
}

const END = `
with ended as (
update requests r set state = $2, error = $3, completed_at = now(),
  cost_nano = (select sum(a.cost_nano) from attempts a where a.request_id = r.id),
  carrier = coalesce(r.carrier, $4)
where r.id = $1 and r.state = 'in_progress'
  and not exists (select 1 from attempts a where a.request_id = r.id and a.state = 'dispatching')
returning r.id
)
select pg_notify('${CHANNEL}', 'e ' || id) from ended`;

/**
 * Ends a request that has no attempt under way. Idempotent: a request that has ended stays as it ended.
 * Returns false when it had ended before, or while an attempt is under way.
 */
export async function endRequest(
  database: Database,
  id: string,
  end: { readonly state: RequestEnd; readonly error: string; readonly carrier?: string },
): Promise<boolean> {
  const { rowCount } = await persist(async () => database.query(END, [id, end.state, end.error, end.carrier ?? null]), {
    forMs: 10_000,
  });
  return rowCount === 1;
}

/** Remembers that the caller wants it stopped. Whoever carries the request sees it; no new attempt can be claimed from now on. */
export async function requestCancel(database: Database, id: string): Promise<void> {
  await database.query(
    `with asked as (
       update requests set cancel_requested_at = coalesce(cancel_requested_at, now()) where id = $1 and state = 'in_progress' returning id
     ) select pg_notify('${CHANNEL}', 'c ' || id) from asked`,
    [id],
  );
}

/** Of this process's attempts under way, those whose request is to be cancelled. */
export async function findCancelled(
  database: Database,
  owner: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const { rows } = await database.query<{ id: string }>(
    `select r.id from requests r join attempts a on a.request_id = r.id and a.owner = $1 and a.state = 'dispatching'
     where r.id = any($2::text[]) and r.cancel_requested_at is not null`,
    [owner, ids],
  );
  return rows.map((row) => row.id);
}

/** Notes which workflow carries the requests that have none noted yet. */
export async function noteCarrier(database: Database, ids: readonly string[], carrier: string): Promise<void> {
  await persist(
    async () =>
      database.query({
        name: 'note_carrier',
        text: 'update requests set carrier = $2 where id = any($1::text[]) and carrier is null',
        values: [ids, carrier],
      }),
    { forMs: 10_000 },
  );
}

export type Orphan = {
  readonly id: string;
  readonly kind: string;
  readonly model: string;
  readonly alias: string;
  readonly tenant: string;
  readonly streaming: boolean;
};

// Its accepting process is gone and nobody makes a call for it: its workflow may never have been started. One that is known to have
// a workflow of its own may be waiting there for hours, and is left alone.
const ORPHANS = `
select r.id, r.kind, r.model, r.alias, r.tenant, r.streaming from requests r
where r.state = 'in_progress' and ${isDead('r.origin')} and r.carrier is distinct from r.id
  and not exists (select 1 from attempts a where a.request_id = r.id and a.state = 'dispatching' and not ${isDead('a.owner')})
order by r.id limit $1`;

export async function findOrphans(database: Database, limit: number): Promise<readonly Orphan[]> {
  const { rows } = await database.query<Orphan>(ORPHANS, [limit]);
  return rows;
}

/**
 * Open requests that have a workflow of their own and no call under way, accepted more than a minute ago, in the order of their ids:
 * should an operator have terminated the workflow, nothing else would ever end them.
 */
export async function findWaiting(database: Database, afterId: string, limit: number): Promise<readonly Orphan[]> {
  const { rows } = await database.query<Orphan>(
    `select r.id, r.kind, r.model, r.alias, r.tenant, r.streaming from requests r where r.state = 'in_progress' and r.carrier = r.id and r.created_at < now() - interval '1 minute' and r.id > $1
       and not exists (select 1 from attempts a where a.request_id = r.id and a.state = 'dispatching')
     order by r.id limit $2`,
    [afterId, limit],
  );
  return rows;
}

/** Attempts that this process claimed a while ago and that are still open: it must know them as running, or they are nobody's. */
export async function findStale(
  database: Database,
  owner: string,
  limit: number,
): Promise<readonly (Orphan & { readonly n: number })[]> {
  const { rows } = await database.query<Orphan & { readonly n: number }>(
    `select r.id, r.kind, r.model, r.alias, r.tenant, r.streaming, a.n from requests r join attempts a on a.request_id = r.id
     where r.state = 'in_progress' and a.owner = $1 and a.state = 'dispatching' and a.started_at < now() - interval '15 seconds'
     order by r.id limit $2`,
    [owner, limit],
  );
  return rows;
}

/** Ended requests without a workflow (Temporal was down, or the process died before it noted it), older than a moment. */
export async function findWithoutWorkflow(database: Database, limit: number): Promise<readonly Orphan[]> {
  const { rows } = await database.query<Orphan>(
    `select id, kind, model, alias, tenant, streaming from requests
     where carrier is null and state <> 'in_progress' and completed_at < now() - interval '5 seconds' order by id limit $1`,
    [limit],
  );
  return rows;
}

/** Forgets what an ended request said and was told; its costs stay. Returns false while it is under way. */
export async function eraseContent(database: Database, id: string): Promise<boolean> {
  const { rowCount } = await database.query(
    "update requests set body = '{}', overrides = null, response = null where id = $1 and state <> 'in_progress'",
    [id],
  );
  if (rowCount !== 1) return false;
  await database.query('delete from stream_chunks where request_id = $1', [id]);
  return true;
}

/** Deletes what is past its retention, some at a time; answers that a running batch will write down stay. Returns how many requests went. */
export async function forgetRequests(database: Database, retentionMs: number, limit: number): Promise<number> {
  const old = "now() - $1 * interval '1 millisecond'";
  const { rows } = await database.query<{ id: string }>(
    `delete from requests where id in (select id from requests r where state <> 'in_progress' and completed_at < ${old}
       and not exists (select 1 from batch_lines l where l.request_id = r.id) order by id limit $2) returning id`,
    [retentionMs, limit],
  );
  const ids = rows.map((row) => row.id);
  if (ids.length > 0) {
    await database.query('delete from stream_chunks where request_id = any($1::text[])', [ids]);
    await database.query('delete from attempts where request_id = any($1::text[])', [ids]);
  }
  await database.query(`delete from idempotency_keys where created_at < ${old}`, [retentionMs]);
  return ids.length;
}
