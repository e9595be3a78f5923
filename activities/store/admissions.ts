/** Commit 1: a request is accepted, its idempotency key is taken and its first attempt is claimed, together with its neighbours'. */
import { persist, type Database } from './pool.ts';
import { createGroup } from './group.ts';
import { lostReply, reach } from '../telemetry/fault-points.ts';

export type Admission = {
  readonly id: string;
  readonly tenant: string;
  readonly alias: string;
  readonly kind: string;
  readonly model: string;
  readonly streaming: boolean;
  readonly tags?: readonly string[];
  /** Where its end is told. */
  readonly webhookUrl?: string;
  /** The process that accepts. */
  readonly origin: string;
  /** The request as JSON text. */
  readonly body: string;
  /** Bodies for single fallback groups, as JSON text. */
  readonly overrides?: string;
  /** Hash of a stored plan. */
  readonly plan: string;
  readonly idempotency?: { readonly keyHash: Buffer; readonly bodyHash: Buffer };
  /** The first attempt, when this process makes it itself. */
  readonly claim?: ClaimColumns;
};

export type ClaimColumns = {
  readonly owner: string;
  readonly token: string;
  readonly deployment: string;
  readonly provider: string;
  readonly model: string;
  readonly group: string;
};

export type Admitted =
  { readonly kind: 'admitted' } | { readonly kind: 'known'; readonly id: string; readonly sameBody: boolean };

// Keys are inserted in the order of their hashes: two groups that hold the same two keys in opposite order would deadlock.
const ADMIT = `
with input as (
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[], $8::text[], $9::text[],
    $10::bytea[], $11::bytea[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[])
  as t(id, tenant, alias, kind, model, streaming, origin, body, plan, key_hash, body_hash, owner, token, deployment, provider, upstream, model_group, tags, webhook_url, overrides)
), keyed as (
  insert into idempotency_keys (tenant, key_hash, request_id, body_hash)
  select tenant, key_hash, id, body_hash from input where key_hash is not null order by tenant, key_hash
  on conflict (tenant, key_hash) do nothing
  returning request_id
), fresh as (
  select * from input where key_hash is null or id in (select request_id from keyed)
), accepted as (
  insert into requests (id, tenant, alias, kind, model, streaming, origin, body, plan, tags, webhook_url, overrides)
  select id, tenant, alias, kind, model, streaming, origin, body, plan, tags, webhook_url, overrides from fresh
  on conflict (id) do nothing
  returning id
), claimed as (
  insert into attempts (request_id, n, owner, token, deployment, provider, model, model_group)
  select id, 1, owner, token, deployment, provider, upstream, model_group from fresh where owner is not null and id in (select id from accepted)
)
select id from accepted`;

const FIND_KNOWN = `
select k.tenant, k.key_hash, k.request_id, k.body_hash
from unnest($1::text[], $2::bytea[]) as t(tenant, key_hash) join idempotency_keys k using (tenant, key_hash)`;

const FIND_OWN = 'select id from requests where id = any($1::text[]) and origin = $2';

/** Several times the time limit of one statement, so that a lost reply is asked for again. */
const FOR_MS = 20_000;

export function createAdmissions(database: Database): (admission: Admission) => Promise<Admitted> {
  return createGroup<Admission, Admitted>({
    maxItems: 200,
    maxInFlight: 2,
    write: async (items) => {
      reach('admit.before_commit');
      let repeated = false;
      const results = await persist(
        async () => {
          const inserted = await insert(database, items);
          if (!repeated) {
            repeated = true;
            lostReply('admit.reply');
          }
          return inserted.size === items.length
            ? items.map((): Admitted => ({ kind: 'admitted' }))
            : resolve(database, items, inserted);
        },
        { forMs: FOR_MS },
      );
      reach('admit.after_commit');
      return results;
    },
  });
}

async function insert(database: Database, items: readonly Admission[]): Promise<ReadonlySet<string>> {
  const { rows } = await database.query<{ id: string }>({
    name: 'admit',
    text: ADMIT,
    values: [
      items.map((item) => item.id),
      items.map((item) => item.tenant),
      items.map((item) => item.alias),
      items.map((item) => item.kind),
      items.map((item) => item.model),
      items.map((item) => item.streaming),
      items.map((item) => item.origin),
      items.map((item) => item.body),
      items.map((item) => item.plan),
      items.map((item) => item.idempotency?.keyHash ?? null),
      items.map((item) => item.idempotency?.bodyHash ?? null),
      items.map((item) => item.claim?.owner ?? null),
      items.map((item) => item.claim?.token ?? null),
      items.map((item) => item.claim?.deployment ?? null),
      items.map((item) => item.claim?.provider ?? null),
      items.map((item) => item.claim?.model ?? null),
      items.map((item) => item.claim?.group ?? null),
      items.map((item) => (item.tags === undefined ? null : JSON.stringify(item.tags))),
      items.map((item) => item.webhookUrl ?? null),
      items.map((item) => item.overrides ?? null),
    ],
  });
  return new Set(rows.map((row) => row.id));
}

/** Some rows were there already: an earlier request under the same key, or our own, committed by a statement whose reply was lost. */
async function resolve(
  database: Database,
  items: readonly Admission[],
  inserted: ReadonlySet<string>,
): Promise<readonly Admitted[]> {
  const rest = items.filter((item) => !inserted.has(item.id));
  const keyed = rest.filter((item) => item.idempotency !== undefined);
  const known = new Map<string, { request_id: string; body_hash: Buffer }>();
  if (keyed.length > 0) {
    const { rows } = await database.query<{ tenant: string; key_hash: Buffer; request_id: string; body_hash: Buffer }>(
      FIND_KNOWN,
      [keyed.map((item) => item.tenant), keyed.map((item) => item.idempotency?.keyHash)],
    );
    for (const row of rows) known.set(keyOf(row.tenant, row.key_hash), row);
  }
  const own = await database.query<{ id: string }>(FIND_OWN, [rest.map((item) => item.id), rest[0]?.origin]);
  const ownIds = new Set(own.rows.map((row) => row.id));
  return items.map((item): Admitted => {
    if (inserted.has(item.id) || ownIds.has(item.id)) return { kind: 'admitted' };
    // The same id from elsewhere: a line of a batch whose chunk two processes work on, one of them given up for dead.
    if (item.idempotency === undefined) return { kind: 'known', id: item.id, sameBody: true };
    const row = known.get(keyOf(item.tenant, item.idempotency.keyHash));
    // The key's row was deleted between the two statements (it expired): the caller may simply ask again.
    if (row === undefined) throw new Error('The idempotency key expired while it was read.');
    return { kind: 'known', id: row.request_id, sameBody: row.body_hash.equals(item.idempotency.bodyHash) };
  });
}

function keyOf(tenant: string, keyHash: Buffer): string {
  return `${tenant} ${keyHash.toString('base64')}`;
}
