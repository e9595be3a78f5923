/** From the fields of a request to what is written: columns, the terms of accounts, and the two maps that hold the rest. */
import { ENTITIES, type Entity, type Row, type Values } from '../../../activities/store/access/entities.ts';
import {
  closeAccounts,
  readAccounts,
  setSpend,
  setTerms,
  type Account,
  type Terms,
} from '../../../activities/store/access/accounts.ts';
import { recordChange, type AuditAction, type Author } from '../../../activities/store/access/audit.ts';
import { readBudget } from '../../../activities/store/access/budgets.ts';
import { insertRow, updateRow } from '../../../activities/store/access/rows.ts';
import type { Session } from '../../../activities/store/access/transaction.ts';
import { refuse } from '../../middleware/refusal.ts';
import { METADATA_FIELDS, SETTING_FIELDS, type Body } from './fields.ts';
import { toNano } from './money.ts';

/** What has accounts. */
export type Counted = Exclude<Entity, 'access_group'>;

/** Fields whose column is called otherwise. */
const COLUMN_OF: Readonly<Record<Counted, Readonly<Record<string, string>>>> = {
  key: { key_alias: 'alias' },
  user: { user_email: 'email', user_alias: 'alias', user_role: 'role', aliases: 'model_aliases' },
  team: { team_alias: 'alias', team_member_permissions: 'member_permissions' },
  organization: { organization_alias: 'alias' },
  customer: {},
  tag: {},
};

/** Written by their own rules. */
const NOT_BY_NAME = new Set(['id', 'metadata', 'settings', 'created_at', 'created_by', 'updated_at', 'updated_by']);

const EMPTY = { texts: [], json: {}, flag: false, text: null, count: null, time: null } as const;

export function columnsFrom(entity: Counted, body: Body): Record<string, unknown> {
  const kinds: Readonly<Record<string, keyof typeof EMPTY>> = ENTITIES[entity].columns;
  const columns: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(body)) {
    const column = COLUMN_OF[entity][field] ?? field;
    const kind = Object.hasOwn(kinds, column) ? kinds[column] : undefined;
    if (kind === undefined || NOT_BY_NAME.has(column) || value === undefined) continue;
    columns[column] = value ?? EMPTY[kind];
  }
  return columns;
}

/** Metadata is replaced as a whole; the fields that stand in it are put in again, or taken over. */
function mapsFrom(body: Body, before: { readonly metadata: Body; readonly settings: Body } | undefined): Body {
  const old = before?.metadata ?? {};
  const wellKnown = [...Object.keys(METADATA_FIELDS), 'model_rpm_limit', 'model_tpm_limit'];
  const metadata: Record<string, unknown> =
    body['metadata'] === undefined ? { ...old } : { ...pick(old, wellKnown), ...((body['metadata'] ?? {}) as Body) };
  const settings: Record<string, unknown> = { ...before?.settings };
  put(metadata, body, wellKnown);
  put(settings, body, Object.keys(SETTING_FIELDS));
  return { metadata, settings };
}

function pick(map: Body, fields: readonly string[]): Body {
  return Object.fromEntries(fields.filter((field) => Object.hasOwn(map, field)).map((field) => [field, map[field]]));
}

function put(target: Record<string, unknown>, body: Body, fields: readonly string[]): void {
  for (const field of fields) {
    const value = body[field];
    if (value === undefined) continue;
    if (value === null) delete target[field];
    else target[field] = value;
  }
}

export function termsFrom(body: Body): Terms {
  const amount = (value: unknown): bigint | null | undefined =>
    typeof value === 'number' ? toNano(value) : (value as null | undefined);
  const max = amount(body['max_budget']);
  const soft = amount(body['soft_budget']);
  const duration = body['budget_duration'] as string | null | undefined;
  const budgetId = body['budget_id'] as string | null | undefined;
  const extra = extraFrom(body);
  return {
    ...(max === undefined ? {} : { maxNano: max }),
    ...(soft === undefined ? {} : { softNano: soft }),
    ...(duration === undefined ? {} : { duration }),
    ...(budgetId === undefined ? {} : { budgetId }),
    ...(extra === undefined ? {} : { extra }),
  };
}

function extraFrom(body: Body): Terms['extra'] {
  const { temp_budget_increase: increase, temp_budget_expiry: expiry } = body;
  if (increase === undefined && expiry === undefined) return undefined;
  if (increase === null && expiry === null) return null;
  if (typeof increase !== 'number' || typeof expiry !== 'string')
    return refuse(
      'invalid_request',
      'temp_budget_increase and temp_budget_expiry are given together.',
      'temp_budget_expiry',
    );
  return { nano: toNano(increase), until: new Date(expiry) };
}

export type ModelTerms = { readonly model: string; readonly terms: Terms };

export function modelTerms(budgets: Body): readonly ModelTerms[] {
  return Object.entries(budgets).map(([model, value]) => {
    const entry = (typeof value === 'number' ? { max_budget: value } : value) as Body;
    const max = entry['max_budget'] ?? entry['budget_limit'];
    const duration = entry['budget_duration'] ?? entry['time_period'];
    return {
      model,
      terms: {
        maxNano: typeof max === 'number' ? toNano(max) : null,
        duration: typeof duration === 'string' ? duration : null,
      },
    };
  });
}

/** The terms of the accounts of one thing. A shared budget's own terms are copied, so that one row decides. */
export async function writeAccounts(
  session: Session,
  place: { readonly scope: string; readonly id: string; readonly detail?: string },
  body: Body,
  now: Date,
): Promise<void> {
  let terms = termsFrom(body);
  if (typeof body['budget_id'] === 'string') {
    const budget = await readBudget(session, body['budget_id']);
    if (budget === undefined)
      return refuse('invalid_request', `There is no budget '${body['budget_id'].slice(0, 100)}'.`, 'budget_id');
    terms = {
      maxNano: budget.maxNano ?? null,
      softNano: budget.softNano ?? null,
      duration: budget.duration ?? null,
      ...terms,
    };
  }
  await setTerms(session, place, terms, now);
  const { scope, id, detail } = place;
  if (body['budget_limits'] !== undefined && detail === undefined) {
    const windows = (body['budget_limits'] ?? []) as readonly { budget_duration: string; max_budget: number }[];
    await closeAccounts(session, scope, id, { periods: windows.map((window) => window.budget_duration) });
    for (const { budget_duration: period, max_budget: max } of windows)
      await setTerms(session, { scope, id, period }, { maxNano: toNano(max), duration: period }, now);
  }
  if (body['model_max_budget'] !== undefined) {
    const models = modelTerms((body['model_max_budget'] ?? {}) as Body);
    await closeAccounts(session, `${scope}_model`, id, { details: models.map(({ model }) => model) });
    for (const { model, terms: own } of models)
      await setTerms(session, { scope: `${scope}_model`, id, detail: model }, own, now);
  }
  if (typeof body['spend'] === 'number') await setSpend(session, place, toNano(body['spend']));
}

export type Saved<E extends Counted> = { readonly row: Row<E>; readonly accounts: readonly Account[] };

/** Writes a new row, or what changes of one, with its accounts and the record of it. */
export async function save<E extends Counted>(
  session: Session,
  entity: E,
  id: string,
  body: Body,
  options: {
    readonly author: Author;
    readonly before?: Row<E>;
    readonly action?: AuditAction;
    /** Columns beyond those of the fields. */
    readonly columns?: Body;
  },
): Promise<Saved<E>> {
  const { author, before, action, columns = {} } = options;
  const now = new Date();
  const old = before as { readonly metadata: Body; readonly settings: Body } | undefined;
  const values = {
    ...columnsFrom(entity, body),
    ...mapsFrom(body, old),
    updated_by: author.by ?? null,
    ...(before === undefined ? { created_by: author.by ?? null } : {}),
    ...columns,
  } as unknown as Values<E>;
  const row =
    before === undefined
      ? await insertRow(session, entity, { ...values, id })
      : await updateRow(session, entity, id, values);
  if (row === undefined) throw new Error(`The ${entity} ${id} disappeared while it was locked.`);
  const { scope } = ENTITIES[entity];
  await writeAccounts(session, { scope, id }, body, now);
  const accounts = await readAccounts(session, [scope, `${scope}_model`], [id]);
  await recordChange(session, author, {
    action: action ?? (before === undefined ? 'created' : 'updated'),
    object: entity,
    id,
    ...(before === undefined ? {} : { before }),
    after: { ...row, ...budgetOf(accounts) },
  });
  return { row, accounts };
}

/** For the record: a change of a budget is the one that is asked about most. */
function budgetOf(accounts: readonly Account[]): Body {
  const own = accounts.find((account) => account.detail === '' && account.period === '');
  return {
    max_nano: own?.maxNano?.toString() ?? null,
    soft_nano: own?.softNano?.toString() ?? null,
    budget_duration: own?.duration ?? null,
  };
}
