/** What is managed: keys, people, teams and the rest. One table says for each its SQL table, its columns and whose money is counted. */

/** How a column is written and read. */
type Kind = 'text' | 'texts' | 'json' | 'count' | 'flag' | 'time';

type ValueOf<K extends Kind> = K extends 'texts'
  ? readonly string[]
  : K extends 'json'
    ? Readonly<Record<string, unknown>>
    : K extends 'count'
      ? number | null
      : K extends 'flag'
        ? boolean
        : K extends 'time'
          ? Date | null
          : string | null;

const LIMITS = {
  max_parallel_requests: 'count',
  tpm_limit: 'count',
  rpm_limit: 'count',
  tpd_limit: 'count',
  model_max_budget: 'json',
} as const;

const MADE = { created_at: 'time', created_by: 'text', updated_at: 'time', updated_by: 'text' } as const;

/** `scope` names the accounts in which money is counted; none: nothing is. */
export const ENTITIES = {
  key: {
    table: 'keys',
    scope: 'key',
    columns: {
      id: 'text',
      name: 'text',
      alias: 'text',
      key_type: 'text',
      user_id: 'text',
      team_id: 'text',
      organization_id: 'text',
      models: 'texts',
      aliases: 'json',
      access_group_ids: 'texts',
      allowed_routes: 'texts',
      ...LIMITS,
      budget_id: 'text',
      blocked: 'flag',
      expires_at: 'time',
      rotation_interval: 'text',
      rotates_at: 'time',
      rotated_at: 'time',
      metadata: 'json',
      permissions: 'json',
      settings: 'json',
      ...MADE,
    },
  },
  user: {
    table: 'users',
    scope: 'user',
    columns: {
      id: 'text',
      email: 'text',
      alias: 'text',
      role: 'text',
      sso_user_id: 'text',
      models: 'texts',
      model_aliases: 'json',
      ...LIMITS,
      budget_id: 'text',
      blocked: 'flag',
      metadata: 'json',
      settings: 'json',
      ...MADE,
    },
  },
  team: {
    table: 'teams',
    scope: 'team',
    columns: {
      id: 'text',
      alias: 'text',
      organization_id: 'text',
      models: 'texts',
      model_aliases: 'json',
      access_group_ids: 'texts',
      ...LIMITS,
      budget_id: 'text',
      member_permissions: 'texts',
      member_defaults: 'json',
      blocked: 'flag',
      metadata: 'json',
      settings: 'json',
      ...MADE,
    },
  },
  organization: {
    table: 'organizations',
    scope: 'organization',
    columns: {
      id: 'text',
      alias: 'text',
      models: 'texts',
      model_aliases: 'json',
      ...LIMITS,
      budget_id: 'text',
      blocked: 'flag',
      metadata: 'json',
      settings: 'json',
      ...MADE,
    },
  },
  customer: {
    table: 'customers',
    scope: 'customer',
    columns: {
      id: 'text',
      alias: 'text',
      models: 'texts',
      default_model: 'text',
      allowed_model_region: 'text',
      ...LIMITS,
      budget_id: 'text',
      blocked: 'flag',
      metadata: 'json',
      settings: 'json',
      ...MADE,
    },
  },
  tag: {
    table: 'tags',
    scope: 'tag',
    columns: {
      id: 'text',
      description: 'text',
      models: 'texts',
      ...LIMITS,
      budget_id: 'text',
      metadata: 'json',
      settings: 'json',
      ...MADE,
    },
  },
  access_group: {
    table: 'access_groups',
    scope: undefined,
    columns: { id: 'text', name: 'text', description: 'text', models: 'texts', ...MADE },
  },
} as const satisfies Record<
  string,
  { readonly table: string; readonly scope: string | undefined; readonly columns: Readonly<Record<string, Kind>> }
>;

export type Entity = keyof typeof ENTITIES;
export type Columns<E extends Entity> = (typeof ENTITIES)[E]['columns'];
export type Column<E extends Entity> = Extract<keyof Columns<E>, string>;

/** A row as the code sees it; an id is always there. */
export type Row<E extends Entity> = {
  readonly [C in keyof Columns<E>]: C extends 'id'
    ? string
    : Columns<E>[C] extends Kind
      ? ValueOf<Columns<E>[C]>
      : never;
};

export type Values<E extends Entity> = Partial<Row<E>>;

export function columnsOf(entity: Entity): readonly string[] {
  return Object.keys(ENTITIES[entity].columns);
}

function kindOf(entity: Entity, column: string): Kind {
  const kinds: Readonly<Record<string, Kind>> = ENTITIES[entity].columns;
  const kind = Object.hasOwn(kinds, column) ? kinds[column] : undefined;
  // Names become part of a statement: one that is not in the table above is a fault of ours, and never reaches it.
  if (kind === undefined) throw new Error(`${entity} has no column ${column}.`);
  return kind;
}

/** For a parameter: maps and lists as the driver wants them. */
export function toParameter(entity: Entity, column: string, value: unknown): unknown {
  return kindOf(entity, column) === 'json' ? JSON.stringify(value ?? {}) : value;
}

/** The driver gives whole numbers of eight bytes as text. */
export function fromDriver<E extends Entity>(entity: E, raw: Readonly<Record<string, unknown>>): Row<E> {
  const entries = columnsOf(entity).map((column) => {
    const value = raw[column];
    return [column, kindOf(entity, column) === 'count' && value !== null ? Number(value) : value] as const;
  });
  return Object.fromEntries(entries) as unknown as Row<E>;
}
