/** Commit 2: what came of an attempt, and of its request when that ends with it, together with its neighbours'. Exactly once. */
import { persist, type Database } from './pool.ts';
import { createGroup } from './group.ts';
import { tellOthers } from './notices.ts';
import { lostReply, reach } from '../telemetry/fault-points.ts';

export type RequestEnd = 'completed' | 'failed' | 'cancelled' | 'outcome_unknown';

export type Settlement = {
  readonly id: string;
  readonly n: number;
  readonly owner: string;
  readonly state: 'completed' | 'failed' | 'cancelled';
  readonly usage?: string;
  /** Absent when the price is unknown: unknown is null, never 0. */
  readonly costNano?: bigint;
  /** The cost is computed from our own count because the provider gave none. */
  readonly estimated?: boolean;
  readonly costMinNano?: bigint;
  readonly costMaxNano?: bigint;
  readonly error?: string;
  /** Present when the request ends with this attempt. */
  readonly end?: { readonly state: RequestEnd; readonly response?: string; readonly error?: string };
  /** The workflow that carries the request, once its start was acknowledged. */
  readonly carrier?: string;
};

/** `refused`: the attempt or the request had been ended by somebody else before; what they wrote counts. */
export type Settled = 'settled' | 'refused';

const SETTLE = `
with input as (
  select * from unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::numeric[], $7::boolean[], $8::numeric[], $9::numeric[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])
  as t(id, n, owner, state, usage, cost, estimated, cost_min, cost_max, error, request_state, response, request_error, carrier)
), attempt as (
  update attempts a set state = i.state, ended_at = now(), usage = i.usage, cost_nano = i.cost, estimated = i.estimated,
    cost_min_nano = i.cost_min, cost_max_nano = i.cost_max, error = i.error
  from input i
  where a.request_id = i.id and a.n = i.n and a.owner = i.owner and a.state = 'dispatching'
  returning a.request_id
), request as (
  update requests r set state = i.request_state, response = i.response, error = i.request_error, usage = i.usage,
    cost_nano = coalesce((select sum(p.cost_nano) from attempts p where p.request_id = r.id and p.n <> i.n), 0) + i.cost,
    completed_at = now(), carrier = coalesce(r.carrier, i.carrier)
  from input i
  where r.id = i.id and i.request_state is not null and r.state = 'in_progress' and i.id in (select request_id from attempt)
  returning r.id
), told as (${tellOthers('e', 'request', '$3[1]')})
select i.id, a.request_id is not null as attempt, r.id is not null as request, (select count(*) from told) as told
from input i left join attempt a on a.request_id = i.id left join request r on r.id = i.id`;

const FIND_SETTLED = `
select a.request_id as id, a.state, r.state as request_state
from unnest($1::text[], $2::integer[], $3::text[]) as t(id, n, owner)
join attempts a on a.request_id = t.id and a.n = t.n and a.owner = t.owner
join requests r on r.id = t.id`;

/** An answer in hand is kept for as long as the database may need to come back: it was paid for. */
const FOR_MS = 10 * 60_000;

export function createSettlements(database: Database): (settlement: Settlement) => Promise<Settled> {
  return createGroup<Settlement, Settled>({
    maxItems: 200,
    maxInFlight: 2,
    write: async (items) => {
      let repeated = false;
      const results = await persist(
        async () => {
          const again = repeated;
          repeated = true;
          const written = await settle(database, items);
          if (!again) lostReply('settle.reply');
          return again ? settledBefore(database, items, written) : written;
        },
        { forMs: FOR_MS },
      );
      reach('settle.after_commit');
      return results;
    },
  });
}

async function settle(database: Database, items: readonly Settlement[]): Promise<readonly Settled[]> {
  const { rows } = await database.query<{ id: string; attempt: boolean; request: boolean }>({
    name: 'settle',
    text: SETTLE,
    values: [
      items.map((item) => item.id),
      items.map((item) => item.n),
      items.map((item) => item.owner),
      items.map((item) => item.state),
      items.map((item) => item.usage ?? null),
      items.map((item) => item.costNano?.toString() ?? null),
      items.map((item) => item.estimated ?? false),
      items.map((item) => item.costMinNano?.toString() ?? null),
      items.map((item) => item.costMaxNano?.toString() ?? null),
      items.map((item) => item.error ?? null),
      items.map((item) => item.end?.state ?? null),
      items.map((item) => item.end?.response ?? null),
      items.map((item) => item.end?.error ?? null),
      items.map((item) => item.carrier ?? null),
    ],
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  return items.map((item) => {
    const row = byId.get(item.id);
    return row?.attempt === true && (item.end === undefined || row.request) ? 'settled' : 'refused';
  });
}

/** After a repeated statement "nothing was updated" may mean that the first one, whose reply was lost, did it. */
async function settledBefore(
  database: Database,
  items: readonly Settlement[],
  written: readonly Settled[],
): Promise<readonly Settled[]> {
  const doubtful = items.filter((_, index) => written[index] === 'refused');
  if (doubtful.length === 0) return written;
  const { rows } = await database.query<{ id: string; state: string; request_state: string }>(FIND_SETTLED, [
    doubtful.map((item) => item.id),
    doubtful.map((item) => item.n),
    doubtful.map((item) => item.owner),
  ]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return items.map((item, index) => {
    const row = byId.get(item.id);
    const ours =
      row !== undefined && row.state === item.state && (item.end === undefined || row.request_state === item.end.state);
    return written[index] === 'settled' || ours ? 'settled' : 'refused';
  });
}
