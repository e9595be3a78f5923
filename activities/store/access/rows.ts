/** Reading and writing managed rows. Statements are made of the names in `entities.ts`; everything else is a parameter. */
import {
  columnsOf,
  ENTITIES,
  fromDriver,
  toParameter,
  type Column,
  type Entity,
  type Row,
  type Values,
} from './entities.ts';
import { announce, type Session } from './transaction.ts';

export type Condition<E extends Entity> =
  | { readonly column: Column<E>; readonly is: string | boolean | null }
  | { readonly column: Column<E>; readonly in: readonly string[] }
  | { readonly column: Column<E>; readonly holds: string }
  | { readonly column: Column<E>; readonly before: Date }
  | { readonly column: Column<E>; readonly after: Date | 'or never' };

export type Listing<E extends Entity> = {
  /** All must hold; of an inner list one. */
  readonly where?: readonly (Condition<E> | readonly Condition<E>[])[];
  readonly sortBy?: Column<E>;
  readonly descending?: boolean;
  readonly limit: number;
  readonly offset?: number;
};

function whereOf<E extends Entity>(entity: E, { where = [] }: Pick<Listing<E>, 'where'>, values: unknown[]): string {
  const known = new Set(columnsOf(entity));
  const one = (condition: Condition<E>): string => {
    const { column } = condition;
    if (!known.has(column)) throw new Error(`${entity} has no column ${column}.`);
    const next = (value: unknown): string => `$${values.push(value)}`;
    if ('is' in condition) return condition.is === null ? `${column} is null` : `${column} = ${next(condition.is)}`;
    if ('in' in condition) return `${column} = any(${next(condition.in)}::text[])`;
    if ('before' in condition) return `${column} <= ${next(condition.before)}`;
    if ('after' in condition) return `(${column} is null or ${column} > now())`;
    return `strpos(lower(${column}), lower(${next(condition.holds)})) > 0`;
  };
  const all = where.map((item) =>
    Array.isArray(item) ? `(${item.length === 0 ? 'false' : item.map(one).join(' or ')})` : one(item as Condition<E>),
  );
  return all.length === 0 ? 'true' : all.join(' and ');
}

export async function findRow<E extends Entity>(
  session: Session,
  entity: E,
  id: string,
  options: { readonly lock?: boolean } = {},
): Promise<Row<E> | undefined> {
  const { rows } = await session.query<Record<string, unknown>>(
    `select * from ${ENTITIES[entity].table} where id = $1${options.lock === true ? ' for update' : ''}`,
    [id],
  );
  return rows[0] === undefined ? undefined : fromDriver(entity, rows[0]);
}

export async function listRows<E extends Entity>(
  session: Session,
  entity: E,
  listing: Listing<E>,
): Promise<readonly Row<E>[]> {
  const values: unknown[] = [];
  const where = whereOf(entity, listing, values);
  const { sortBy = 'created_at', descending = false, limit, offset = 0 } = listing;
  if (!columnsOf(entity).includes(sortBy)) throw new Error(`${entity} has no column ${sortBy}.`);
  const { rows } = await session.query<Record<string, unknown>>(
    `select * from ${ENTITIES[entity].table} where ${where}
    order by ${sortBy} ${descending ? 'desc' : 'asc'} nulls last, id limit $${values.push(limit)} offset $${values.push(offset)}`,
    values,
  );
  return rows.map((row) => fromDriver(entity, row));
}

export async function countRows<E extends Entity>(
  session: Session,
  entity: E,
  listing: Pick<Listing<E>, 'where'>,
): Promise<number> {
  const values: unknown[] = [];
  const where = whereOf(entity, listing, values);
  const { rows } = await session.query<{ n: string }>(
    `select count(*) as n from ${ENTITIES[entity].table} where ${where}`,
    values,
  );
  return Number(rows[0]?.n ?? 0);
}

export async function insertRow<E extends Entity>(
  session: Session,
  entity: E,
  values: Values<E> & { readonly id: string },
): Promise<Row<E>> {
  const entries = known(entity, values);
  const { rows } = await session.query<Record<string, unknown>>(
    `insert into ${ENTITIES[entity].table} (${entries.map(([column]) => column).join(', ')})
    values (${entries.map((_, index) => `$${index + 1}`).join(', ')}) returning *`,
    entries.map(([, value]) => value),
  );
  await announce(session, entity, values.id);
  return fromDriver(entity, rows[0] ?? {});
}

/** Undefined when there is no such row. */
export async function updateRow<E extends Entity>(
  session: Session,
  entity: E,
  id: string,
  values: Values<E>,
): Promise<Row<E> | undefined> {
  const entries = known(entity, values).filter(([column]) => column !== 'id');
  const sets = ['updated_at = now()', ...entries.map(([column], index) => `${column} = $${index + 2}`)];
  const { rows } = await session.query<Record<string, unknown>>(
    `update ${ENTITIES[entity].table} set ${sets.join(', ')} where id = $1 returning *`,
    [id, ...entries.map(([, value]) => value)],
  );
  await announce(session, entity, id);
  return rows[0] === undefined ? undefined : fromDriver(entity, rows[0]);
}

export async function deleteRow(session: Session, entity: Entity, id: string): Promise<void> {
  await session.query(`delete from ${ENTITIES[entity].table} where id = $1`, [id]);
  await announce(session, entity, id);
}

function known<E extends Entity>(entity: E, values: Values<E>): readonly (readonly [string, unknown])[] {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([column, value]) => [column, toParameter(entity, column, value)] as const);
}
