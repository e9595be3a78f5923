/** Attempts after the first: claiming one, declaring one lost, and what a workflow sees of them all. */
import { lostReply } from '../telemetry/fault-points.ts';
import type { ClaimColumns } from './admissions.ts';
import { persist, type Database } from './pool.ts';
import { isDead } from './processes.ts';

export type AttemptState = 'dispatching' | 'completed' | 'failed' | 'lost' | 'cancelled';

export type AttemptRow = {
  readonly n: number;
  readonly owner: string;
  readonly ownerDead: boolean;
  readonly state: AttemptState;
  readonly deployment: string;
  readonly provider: string;
  readonly model: string;
  readonly group: string;
  readonly startedAt: Date;
  readonly endedAt: Date | undefined;
  readonly error: string | undefined;
  readonly usage: string | undefined;
  readonly costNano: bigint | undefined;
  readonly costMinNano: bigint | undefined;
  readonly costMaxNano: bigint | undefined;
  readonly estimated: boolean;
};

// One attempt at a time: a claim is refused while an earlier attempt may still be under way.
const CLAIM = `
insert into attempts (request_id, n, owner, token, deployment, provider, model, model_group)
select r.id, $2, $3, $4, $5, $6, $7, $8 from requests r
where r.id = $1 and r.state = 'in_progress' and r.cancel_requested_at is null
  and not exists (select 1 from attempts a where a.request_id = r.id and (a.state = 'dispatching' or a.n >= $2))
on conflict do nothing`;

/** True when this process, and no other, may now send attempt `n`. */
export async function claimAttempt(database: Database, id: string, n: number, claim: ClaimColumns): Promise<boolean> {
  let repeated = false;
  return persist(
    async () => {
      const values = [id, n, claim.owner, claim.token, claim.deployment, claim.provider, claim.model, claim.group];
      await database.query({ name: 'claim', text: CLAIM, values });
      if (!repeated) {
        repeated = true;
        lostReply('claim.reply');
      }
      // Asked back rather than counted: after a lost reply the row is there, ours by its token, and nothing was sent yet.
      const { rowCount } = await database.query(
        'select 1 from attempts where request_id = $1 and n = $2 and token = $3',
        [id, n, claim.token],
      );
      return rowCount === 1;
    },
    { forMs: 10_000 },
  );
}

const READ = `
select n, owner, ${isDead('a.owner')} as owner_dead, state, deployment, provider, model, model_group, started_at, ended_at, error, usage,
  cost_nano, cost_min_nano, cost_max_nano, estimated
from attempts a where request_id = $1 order by n`;

type Row = {
  n: number;
  owner: string;
  owner_dead: boolean;
  state: AttemptState;
  deployment: string;
  provider: string;
  model: string;
  model_group: string;
  started_at: Date;
  ended_at: Date | null;
  error: string | null;
  usage: string | null;
  cost_nano: string | null;
  cost_min_nano: string | null;
  cost_max_nano: string | null;
  estimated: boolean;
};

export async function readAttempts(database: Database, id: string): Promise<readonly AttemptRow[]> {
  const { rows } = await database.query<Row>({ name: 'read_attempts', text: READ, values: [id] });
  return rows.map((row) => ({
    n: row.n,
    owner: row.owner,
    ownerDead: row.owner_dead,
    state: row.state,
    deployment: row.deployment,
    provider: row.provider,
    model: row.model,
    group: row.model_group,
    startedAt: row.started_at,
    endedAt: row.ended_at ?? undefined,
    error: row.error ?? undefined,
    usage: row.usage ?? undefined,
    costNano: toBigInt(row.cost_nano),
    costMinNano: toBigInt(row.cost_min_nano),
    costMaxNano: toBigInt(row.cost_max_nano),
    estimated: row.estimated,
  }));
}

export function toBigInt(value: string | null): bigint | undefined {
  return value === null ? undefined : BigInt(value.split('.')[0] ?? '0');
}

const SPEAKING = `
select n from attempts a where request_id = $1 and (state = 'completed' or (state = 'dispatching' and not ${isDead('a.owner')}))
order by n desc limit 1`;

/** The attempt whose chunks are worth showing: the one that answered, or that a living process makes. */
export async function readSpeaking(database: Database, id: string): Promise<number | undefined> {
  const { rows } = await database.query<{ n: number }>({ name: 'read_speaking', text: SPEAKING, values: [id] });
  return rows[0]?.n;
}

export type CostBounds = { readonly minNano: bigint; readonly maxNano: bigint };

const LOSE = `
update attempts a set state = 'lost', ended_at = now(), estimated = true, cost_min_nano = $4, cost_max_nano = $5, error = $6
where a.request_id = $1 and a.n = $2 and a.owner = $3 and a.state = 'dispatching' and (a.owner = $7 or ${isDead('a.owner')})`;

/** Fences an attempt whose owner is gone: from now on the owner, should it wake up, can neither append nor settle. */
export async function loseAttempt(
  database: Database,
  attempt: { id: string; n: number; owner: string },
  bounds: CostBounds | undefined,
  error: string,
  /** This process, which may give up an attempt of its own that it no longer knows. */
  self: string,
): Promise<boolean> {
  const { rowCount } = await database.query(LOSE, [
    attempt.id,
    attempt.n,
    attempt.owner,
    bounds?.minNano.toString() ?? null,
    bounds?.maxNano.toString() ?? null,
    error,
    self,
  ]);
  return rowCount === 1;
}
