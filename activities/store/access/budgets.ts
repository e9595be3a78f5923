/** Budgets under a name of their own, which others share. */
import type { Session } from './transaction.ts';

export type Budget = {
  readonly id: string;
  readonly maxNano?: bigint;
  readonly softNano?: bigint;
  readonly duration?: string;
  readonly maxParallelRequests?: number;
  readonly tpmLimit?: number;
  readonly rpmLimit?: number;
  readonly tpdLimit?: number;
  readonly modelMaxBudget: Readonly<Record<string, unknown>>;
  readonly models: readonly string[];
  readonly createdAt: Date;
  readonly createdBy?: string;
  readonly updatedAt: Date;
  readonly updatedBy?: string;
};

type Raw = Record<string, unknown>;

const amount = (value: unknown): bigint | undefined =>
  value === null || value === undefined ? undefined : BigInt((value as string).split('.')[0] ?? '0');
const count = (value: unknown): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function toBudget(raw: Raw): Budget {
  const optional = {
    maxNano: amount(raw['max_nano']),
    softNano: amount(raw['soft_nano']),
    duration: text(raw['duration']),
    maxParallelRequests: count(raw['max_parallel_requests']),
    tpmLimit: count(raw['tpm_limit']),
    rpmLimit: count(raw['rpm_limit']),
    tpdLimit: count(raw['tpd_limit']),
    createdBy: text(raw['created_by']),
    updatedBy: text(raw['updated_by']),
  };
  return {
    id: String(raw['id']),
    modelMaxBudget: raw['model_max_budget'] as Budget['modelMaxBudget'],
    models: raw['models'] as readonly string[],
    createdAt: raw['created_at'] as Date,
    updatedAt: raw['updated_at'] as Date,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<Budget>),
  };
}

export async function readBudgets(session: Session, ids?: readonly string[]): Promise<readonly Budget[]> {
  const { rows } =
    ids === undefined
      ? await session.query<Raw>('select * from budgets order by created_at, id')
      : await session.query<Raw>('select * from budgets where id = any($1::text[]) order by created_at, id', [ids]);
  return rows.map(toBudget);
}

export async function readBudget(session: Session, id: string): Promise<Budget | undefined> {
  return (await readBudgets(session, [id]))[0];
}

/** False when there is one of this name already. */
export async function insertBudget(session: Session, id: string, by: string | undefined): Promise<boolean> {
  const { rowCount } = await session.query(
    'insert into budgets (id, created_by, updated_by) values ($1, $2, $2) on conflict do nothing',
    [id, by ?? null],
  );
  return rowCount === 1;
}

/** Column → value, as far as they change. */
export type BudgetPatch = {
  readonly max_nano?: bigint | null;
  readonly soft_nano?: bigint | null;
  readonly duration?: string | null;
  readonly max_parallel_requests?: number | null;
  readonly tpm_limit?: number | null;
  readonly rpm_limit?: number | null;
  readonly tpd_limit?: number | null;
  readonly model_max_budget?: Readonly<Record<string, unknown>>;
  readonly models?: readonly string[];
};

const PATCHED = [
  'max_nano',
  'soft_nano',
  'duration',
  'max_parallel_requests',
  'tpm_limit',
  'rpm_limit',
  'tpd_limit',
  'model_max_budget',
  'models',
] as const satisfies readonly (keyof BudgetPatch)[];

export async function updateBudget(
  session: Session,
  id: string,
  patch: BudgetPatch,
  by: string | undefined,
): Promise<void> {
  const columns = PATCHED.filter((column) => patch[column] !== undefined);
  const values = columns.map((column) => {
    const value = patch[column];
    if (typeof value === 'bigint') return value.toString();
    return column === 'model_max_budget' ? JSON.stringify(value) : value;
  });
  await session.query(
    `update budgets set updated_at = now(), updated_by = $2${columns.map((column, n) => `, ${column} = $${n + 3}`).join('')} where id = $1`,
    [id, by ?? null, ...values],
  );
}

/** Whoever used it keeps what was copied from it no longer: an absent budget limits nothing. */
export async function deleteBudget(session: Session, id: string): Promise<void> {
  await session.query('delete from budgets where id = $1', [id]);
  await session.query(
    'update budget_accounts set budget_id = null, max_nano = null, soft_nano = null, duration = null, resets_at = null where budget_id = $1',
    [id],
  );
}
