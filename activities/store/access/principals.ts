/** Who a key speaks for, with all that limits it, read in one go: what a process keeps in memory for as long as nobody changes it. */
import type { Session } from './transaction.ts';

export const USER_ROLES = ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer'] as const;
export type UserRole = (typeof USER_ROLES)[number];

export const LEVELS = ['key', 'team', 'member', 'user', 'organization'] as const;
export type Level = (typeof LEVELS)[number];

/** One level's list of models. A level without a list allows what the one above allows. */
export type Grant = { readonly level: Level; readonly models: readonly string[] };

export type Limits = {
  readonly maxParallelRequests?: number;
  readonly tpmLimit?: number;
  readonly rpmLimit?: number;
  readonly tpdLimit?: number;
};

export type Principal = {
  readonly keyId: string;
  readonly keyName: string;
  readonly keyAlias?: string;
  readonly role?: UserRole;
  readonly userId?: string;
  readonly teamId?: string;
  readonly organizationId?: string;
  /** The first thing on the way that is blocked. */
  readonly blocked?: 'key' | 'team' | 'user' | 'organization';
  readonly expiresAtMs?: number;
  readonly grants: readonly Grant[];
  /** Names that this key's callers use → models. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Empty: all that the role allows. */
  readonly allowedRoutes: readonly string[];
  readonly tags: readonly string[];
  readonly limits: Readonly<Partial<Record<Level, Limits>>>;
  readonly metadata: Readonly<Record<string, unknown>>;
};

type Json = Readonly<Record<string, unknown>>;

type Raw = {
  valid_until: Date | null;
  key: Json;
  user: Json | null;
  team: Json | null;
  member: Json | null;
  organization: Json | null;
};

const JOINS = `
left join users u on u.id = k.user_id
left join teams t on t.id = k.team_id
left join team_members m on m.team_id = k.team_id and m.user_id = k.user_id
left join organizations o on o.id = coalesce(k.organization_id, t.organization_id)`;

const ROWS = `to_jsonb(k) as key, to_jsonb(u) as user, to_jsonb(t) as team, to_jsonb(m) as member, to_jsonb(o) as organization`;

const RESOLVE = `
select s.valid_until, ${ROWS} from key_secrets s join keys k on k.id = s.key_id ${JOINS}
where s.hash = $1 and (s.valid_until is null or s.valid_until > now())`;

const OF_ID = `select null::timestamptz as valid_until, ${ROWS} from keys k ${JOINS} where k.id = $1`;

export async function readPrincipal(session: Session, hash: Buffer): Promise<Principal | undefined> {
  const { rows } = await session.query<Raw>({ name: 'principal', text: RESOLVE, values: [hash] });
  const [raw] = rows;
  if (raw === undefined) return undefined;
  return toPrincipal(raw, await readGroups(session, raw));
}

/** For work that goes on without its caller: by the key's id. */
export async function readPrincipalOf(session: Session, keyId: string): Promise<Principal | undefined> {
  const { rows } = await session.query<Raw>({ name: 'principal_of', text: OF_ID, values: [keyId] });
  const [raw] = rows;
  return raw === undefined ? undefined : toPrincipal(raw, await readGroups(session, raw));
}

type Groups = {
  readonly byName: ReadonlyMap<string, readonly string[]>;
  readonly byId: ReadonlyMap<string, readonly string[]>;
};

/** Access groups that the lists name. A group in a list stands for its models; as an id it adds them. */
async function readGroups(session: Session, raw: Raw): Promise<Groups> {
  const names = [raw.key, raw.user, raw.team, raw.member, raw.organization].flatMap((row) => texts(row?.['models']));
  const ids = [raw.key, raw.team].flatMap((row) => texts(row?.['access_group_ids']));
  if (names.length === 0 && ids.length === 0) return { byName: new Map(), byId: new Map() };
  const { rows } = await session.query<{ id: string; name: string; models: readonly string[] }>(
    'select id, name, models from access_groups where name = any($1::text[]) or id = any($2::text[]) or name = any($2::text[])',
    [names, ids],
  );
  return {
    byName: new Map(rows.map(({ name, models }) => [name, models])),
    byId: new Map(rows.flatMap(({ id, name, models }) => [[id, models] as const, [name, models] as const])),
  };
}

function toPrincipal(raw: Raw, groups: Groups): Principal {
  const { key, user, team, member, organization } = raw;
  const teamId = text(key['team_id']);
  const blocked = blockedBy(raw);
  const expires = [instant(key['expires_at']), raw.valid_until?.getTime()].filter((at) => at !== undefined);
  const metadata = isJson(key['metadata']) ? key['metadata'] : {};
  const optional = {
    keyAlias: text(key['alias']),
    role: text(user?.['role']) as UserRole | undefined,
    userId: text(key['user_id']),
    teamId,
    organizationId: text(organization?.['id']) ?? text(key['organization_id']) ?? text(team?.['organization_id']),
    blocked,
    expiresAtMs: expires.length === 0 ? undefined : Math.min(...expires),
  };
  const rows = {
    key,
    team,
    member: teamId === undefined ? null : member,
    // A person's own list is for keys that are the person's own.
    user: teamId === undefined ? user : null,
    organization,
  } as const;
  return {
    keyId: String(key['id']),
    keyName: String(key['name']),
    grants: LEVELS.flatMap((level) => grantOf(level, rows[level], groups, teamId !== undefined)),
    aliases: aliasesOf(team?.['model_aliases'], key['aliases']),
    allowedRoutes: texts(key['allowed_routes']),
    tags: texts(metadata['tags']),
    metadata,
    limits: Object.fromEntries(
      LEVELS.flatMap((level) => {
        const limits = limitsOf(rows[level]);
        return Object.keys(limits).length === 0 ? [] : [[level, limits] as const];
      }),
    ),
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<Principal>),
  };
}

function blockedBy({ key, user, team, organization }: Raw): Principal['blocked'] {
  if (key['blocked'] === true) return 'key';
  // A key of a team that is gone is nobody's: it must not outlive the team's limits.
  if (team?.['blocked'] === true || (text(key['team_id']) !== undefined && team === null)) return 'team';
  if (user?.['blocked'] === true) return 'user';
  return organization?.['blocked'] === true ? 'organization' : undefined;
}

/** What a list says: its names with groups replaced by their models; nothing for a list that leaves the choice to the level above. */
function grantOf(level: Level, row: Json | null, groups: Groups, inTeam: boolean): readonly Grant[] {
  if (row === null) return [];
  const names = texts(row['models']);
  const ids = texts(row['access_group_ids']);
  // Ids of groups with an empty list beside them allow the groups' models, not everything.
  if (names.length === 0 && ids.length === 0) return [];
  if (names.includes('all-proxy-models') || (level !== 'team' && inTeam && names.includes('all-team-models')))
    return [];
  const models = [
    ...names
      .filter((name) => name !== 'no-default-models' && name !== 'all-team-models')
      .flatMap((name) => [name, ...(groups.byName.get(name) ?? [])]),
    ...ids.flatMap((id) => groups.byId.get(id) ?? []),
  ];
  return [{ level, models }];
}

function limitsOf(row: Json | null): Limits {
  const values = {
    maxParallelRequests: row?.['max_parallel_requests'],
    tpmLimit: row?.['tpm_limit'],
    rpmLimit: row?.['rpm_limit'],
    tpdLimit: row?.['tpd_limit'],
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === 'number'));
}

/** The key's own names win over its team's. */
function aliasesOf(...maps: readonly unknown[]): ReadonlyMap<string, string> {
  return new Map(
    maps.flatMap((map) =>
      isJson(map)
        ? Object.entries(map).flatMap(([name, model]) => (typeof model === 'string' ? [[name, model] as const] : []))
        : [],
    ),
  );
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function instant(value: unknown): number | undefined {
  return typeof value === 'string' ? Date.parse(value) : undefined;
}
