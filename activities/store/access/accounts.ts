/** The accounts of budgets: what may be spent, by when it starts anew, what was spent. Written here by the manager, by requests elsewhere. */
import { nextReset } from './budget-period.ts';
import type { Session } from './transaction.ts';

export type Account = {
  readonly scope: string;
  readonly id: string;
  /** A member, a model; else empty. */
  readonly detail: string;
  /** Empty for the budget proper; else the duration of a further window. */
  readonly period: string;
  readonly maxNano?: bigint;
  readonly softNano?: bigint;
  readonly extraNano: bigint;
  readonly extraUntil?: Date;
  readonly budgetId?: string;
  readonly duration?: string;
  readonly resetsAt?: Date;
  readonly spendNano: bigint;
  readonly heldNano: bigint;
  readonly totalNano: bigint;
};

/** Absent: as it is; null: none. */
export type Terms = {
  readonly maxNano?: bigint | null;
  readonly softNano?: bigint | null;
  readonly duration?: string | null;
  readonly budgetId?: string | null;
  readonly extra?: { readonly nano: bigint; readonly until: Date } | null;
};

export type Place = { readonly scope: string; readonly id: string; readonly detail?: string; readonly period?: string };

type Raw = Record<string, string | Date | null>;

const COLUMNS = `scope, id, detail, period, max_nano, soft_nano, extra_nano, extra_until, budget_id, duration, resets_at,
  spend_nano, held_nano, total_nano`;

/** Of all ids of one scope, the windows and, for a scope with models, theirs too. */
export async function readAccounts(
  session: Session,
  scopes: readonly string[],
  ids: readonly string[],
): Promise<readonly Account[]> {
  if (ids.length === 0) return [];
  const { rows } = await session.query<Raw>(
    `select ${COLUMNS} from budget_accounts where scope = any($1::text[]) and id = any($2::text[]) order by scope, id, detail, period`,
    [scopes, ids],
  );
  return rows.map(toAccount);
}

function toAccount(raw: Raw): Account {
  const money = (value: Raw[string] | undefined): bigint => BigInt(String(value ?? '0').split('.')[0] ?? '0');
  const { max_nano: max, soft_nano: soft, extra_until: until, budget_id: budget, duration, resets_at: resets } = raw;
  return {
    scope: String(raw['scope']),
    id: String(raw['id']),
    detail: String(raw['detail']),
    period: String(raw['period']),
    extraNano: money(raw['extra_nano']),
    spendNano: money(raw['spend_nano']),
    heldNano: money(raw['held_nano']),
    totalNano: money(raw['total_nano']),
    ...(max === null ? {} : { maxNano: money(max) }),
    ...(soft === null ? {} : { softNano: money(soft) }),
    ...(until instanceof Date ? { extraUntil: until } : {}),
    ...(typeof budget === 'string' ? { budgetId: budget } : {}),
    ...(typeof duration === 'string' ? { duration } : {}),
    ...(resets instanceof Date ? { resetsAt: resets } : {}),
  };
}

/** Opens the account, or changes its terms. What was spent stays; a new duration starts its own period. */
export async function setTerms(session: Session, place: Place, terms: Terms, now: Date): Promise<void> {
  const { scope, id, detail = '', period = '' } = place;
  await session.query(
    `insert into budget_accounts (scope, id, detail, period) values ($1, $2, $3, $4) on conflict do nothing`,
    [scope, id, detail, period],
  );
  const values: unknown[] = [scope, id, detail, period];
  const sets: string[] = [];
  const set = (column: string, value: unknown): void => {
    sets.push(`${column} = $${values.push(value)}`);
  };
  if (terms.maxNano !== undefined) set('max_nano', terms.maxNano?.toString() ?? null);
  if (terms.softNano !== undefined) set('soft_nano', terms.softNano?.toString() ?? null);
  if (terms.budgetId !== undefined) set('budget_id', terms.budgetId);
  if (terms.extra !== undefined) {
    set('extra_nano', terms.extra?.nano.toString() ?? '0');
    set('extra_until', terms.extra?.until ?? null);
  }
  if (terms.duration !== undefined) {
    // An unchanged duration keeps its date: saving a form must not give a spent budget another period.
    values.push(terms.duration, terms.duration === null ? null : nextReset(terms.duration, now));
    const [duration, resets] = [`$${values.length - 1}`, `$${values.length}`];
    sets.push(
      `resets_at = case when duration is distinct from ${duration}::text or resets_at is null then ${resets}::timestamptz else resets_at end`,
    );
    sets.push(`duration = ${duration}::text`);
  }
  if (sets.length === 0) return;
  await session.query(
    `update budget_accounts set ${sets.join(', ')} where scope = $1 and id = $2 and detail = $3 and period = $4`,
    values,
  );
}

/** Further windows, or models, that are named no more lose their account; with it what was counted there. */
export async function closeAccounts(
  session: Session,
  scope: string,
  id: string,
  keep: { readonly details?: readonly string[]; readonly periods?: readonly string[] },
): Promise<void> {
  if (keep.periods !== undefined)
    await session.query(
      `delete from budget_accounts where scope = $1 and id = $2 and period <> '' and not period = any($3::text[])`,
      [scope, id, keep.periods],
    );
  if (keep.details !== undefined)
    await session.query(
      `delete from budget_accounts where scope = $1 and id = $2 and detail <> '' and not detail = any($3::text[])`,
      [scope, id, keep.details],
    );
}

/** Of something that is deleted: its limit goes, so that nothing is held against it; what was spent can still be told. */
export async function endAccounts(session: Session, scope: string, id: string): Promise<void> {
  await session.query(
    `delete from budget_accounts where scope = any($1::text[]) and id = $2 and total_nano = 0 and held_nano = 0`,
    [[scope, `${scope}_model`], id],
  );
  await session.query(
    `update budget_accounts set max_nano = null, soft_nano = null, resets_at = null, duration = null, budget_id = null
    where scope = any($1::text[]) and id = $2`,
    [[scope, `${scope}_model`], id],
  );
}

export async function setSpend(session: Session, place: Place, nano: bigint): Promise<void> {
  const { scope, id, detail = '', period = '' } = place;
  await session.query(
    `insert into budget_accounts (scope, id, detail, period, spend_nano) values ($1, $2, $3, $4, $5)
    on conflict (scope, id, detail, period) do update set spend_nano = excluded.spend_nano`,
    [scope, id, detail, period, nano.toString()],
  );
}

/** A shared budget changed: the copies of its limit, wherever it is used, follow. */
export async function followBudget(session: Session, budgetId: string, terms: Terms, now: Date): Promise<void> {
  const { rows } = await session.query<{ scope: string; id: string; detail: string; period: string }>(
    'select scope, id, detail, period from budget_accounts where budget_id = $1 order by scope, id, detail, period',
    [budgetId],
  );
  for (const place of rows) await setTerms(session, place, terms, now);
}
