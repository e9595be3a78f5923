/** News of what has ended, as rows: written by triggers in the very commit that ends it; here they are read, tried and closed. */
import { persist, type Database } from './pool.ts';

export type DeliveryState = 'pending' | 'delivered' | 'failed';

export type DeliveryTry = {
  readonly n: number;
  readonly at: Date;
  readonly status: number | undefined;
  readonly error: string | undefined;
  readonly durationMs: number;
};

export type DeliveryRow = {
  readonly id: string;
  readonly tenant: string;
  /** The request or the batch. */
  readonly subject: string;
  readonly url: string;
  readonly type: string;
  readonly payload: string;
  readonly state: DeliveryState;
  readonly createdAt: Date;
  readonly endedAt: Date | undefined;
  readonly tries: readonly DeliveryTry[];
};

type Row = {
  id: string;
  tenant: string;
  subject: string;
  url: string;
  type: string;
  payload: string;
  state: DeliveryState;
  created_at: Date;
  ended_at: Date | null;
  tries: { n: number; at: string; status: number | null; error: string | null; duration_ms: number }[] | null;
};

const SELECT = `
select id, tenant, subject, url, type, payload, state, created_at, ended_at, (
  select json_agg(json_build_object('n', n, 'at', at, 'status', status, 'error', error, 'duration_ms', duration_ms) order by n)
  from webhook_tries t where t.delivery_id = d.id
) as tries from webhook_deliveries d`;

function fromRow(row: Row): DeliveryRow {
  return {
    id: row.id,
    tenant: row.tenant,
    subject: row.subject,
    url: row.url,
    type: row.type,
    payload: row.payload,
    state: row.state,
    createdAt: row.created_at,
    endedAt: row.ended_at ?? undefined,
    tries: (row.tries ?? []).map((one) => ({
      n: one.n,
      at: new Date(one.at),
      status: one.status ?? undefined,
      error: one.error ?? undefined,
      durationMs: one.duration_ms,
    })),
  };
}

export async function findDelivery(database: Database, id: string): Promise<DeliveryRow | undefined> {
  const { rows } = await database.query<Row>(`${SELECT} where id = $1`, [id]);
  return rows[0] && fromRow(rows[0]);
}

export type DeliveryFilter = {
  /** Absent: all tenants (the operator). */
  readonly tenant?: string;
  readonly state?: DeliveryState;
  readonly subject?: string;
  readonly after?: string;
  readonly limit: number;
};

/** Newest first. */
export async function listDeliveries(database: Database, filter: DeliveryFilter): Promise<readonly DeliveryRow[]> {
  const { rows } = await database.query<Row>(
    `${SELECT} where ($1::text is null or tenant = $1) and ($2::text is null or state = $2) and ($3::text is null or subject = $3)
       and ($4::text is null or id < $4) order by id desc limit $5`,
    [filter.tenant ?? null, filter.state ?? null, filter.subject ?? null, filter.after ?? null, filter.limit],
  );
  return rows.map(fromRow);
}

export type Tried = { readonly status?: number; readonly error?: string; readonly durationMs: number };

/** Notes a try and, where it was the last one, how the delivery ended. */
export async function noteTry(
  database: Database,
  id: string,
  tried: Tried,
  end: Exclude<DeliveryState, 'pending'> | undefined,
): Promise<void> {
  await persist(
    async () =>
      database.query(
        `with tried as (
           insert into webhook_tries (delivery_id, n, status, error, duration_ms)
           select $1, coalesce(max(n), 0) + 1, $2, $3, $4 from webhook_tries where delivery_id = $1
         )
         update webhook_deliveries set state = coalesce($5, state), ended_at = case when $5::text is null then ended_at else now() end
         where id = $1`,
        [id, tried.status ?? null, tried.error ?? null, tried.durationMs, end ?? null],
      ),
    { forMs: 20_000 },
  );
}

/** It is to be delivered once more. */
export async function reopenDelivery(database: Database, id: string): Promise<void> {
  await database.query(
    "update webhook_deliveries set state = 'pending', ended_at = null, started = false where id = $1",
    [id],
  );
}

export async function markDeliveryStarted(database: Database, id: string): Promise<void> {
  await database.query('update webhook_deliveries set started = true where id = $1', [id]);
}

export async function findDeliveriesToStart(database: Database, limit: number): Promise<readonly string[]> {
  const { rows } = await database.query<{ id: string }>({
    name: 'deliveries_to_start',
    text: 'select id from webhook_deliveries where not started order by id limit $1',
    values: [limit],
  });
  return rows.map(({ id }) => id);
}

/** Deliveries that should have a workflow which runs, in the order of their ids. */
export async function findOpenDeliveries(
  database: Database,
  afterId: string,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await database.query<{ id: string }>(
    `select id from webhook_deliveries where started and state = 'pending' and created_at < now() - interval '1 minute' and id > $1
     order by id limit $2`,
    [afterId, limit],
  );
  return rows.map(({ id }) => id);
}

/** Deletes news that was delivered, or given up, longer ago than results are kept. */
export async function forgetDeliveries(database: Database, retentionMs: number, limit: number): Promise<void> {
  const { rows } = await database.query<{ id: string }>(
    `delete from webhook_deliveries where id in (
       select id from webhook_deliveries where state <> 'pending' and ended_at < now() - $1 * interval '1 millisecond' limit $2)
     returning id`,
    [retentionMs, limit],
  );
  if (rows.length > 0)
    await database.query('delete from webhook_tries where delivery_id = any($1::text[])', [rows.map(({ id }) => id)]);
}
