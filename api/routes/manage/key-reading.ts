/** `/key/info`, `/key/list` and the like: what a caller may know of keys. */
import { readAccounts } from '../../../activities/store/access/accounts.ts';
import { readOrganizationMembers, readTeamMembers } from '../../../activities/store/access/members.ts';
import { countRows, findRow, listRows, type Condition, type Listing } from '../../../activities/store/access/rows.ts';
import type { Caller } from '../../dispatch.ts';
import { refuse } from '../../middleware/refusal.ts';
import { sendJson } from '../../middleware/reply.ts';
import type { Exchange } from '../exchange.ts';
import { parseQuery } from '../params.ts';
import { readActor, type Actor } from './actor.ts';
import type { Body } from './fields.ts';
import { findKey } from './keys.ts';
import { keyAliasesQuerySchema, keyInfoQuerySchema, keyListQuerySchema, keysInfoSchema } from './key-schemas.ts';
import { managedOf, readBody } from './read-body.ts';
import { accountsOf, showKey, showKeyWithToken, showUser, statusOf } from './show.ts';

const SCOPES = ['key', 'key_model'];

export async function keyInfo(exchange: Exchange, caller: Caller): Promise<void> {
  const { key: named } = parseQuery(exchange.req.url, keyInfoQuerySchema);
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  const wanted = named ?? actor.keyId;
  if (wanted === undefined)
    return refuse('invalid_request', 'Name the key: the master key is none that is kept.', 'key');
  const { key } = await findKey(exchange, database, actor, { key: wanted });
  const accounts = await readAccounts(database, SCOPES, [key.id]);
  return sendJson(exchange, 200, {
    key: key.id,
    info: { ...showKey(key, accounts), status: statusOf(key, Date.now()) },
  });
}

export async function keysInfo(exchange: Exchange, caller: Caller): Promise<void> {
  const { keys } = await readBody(exchange, keysInfoSchema);
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  const found = [];
  for (const named of keys ?? []) found.push((await findKey(exchange, database, actor, { key: named })).key);
  const accounts = await readAccounts(
    database,
    SCOPES,
    found.map(({ id }) => id),
  );
  sendJson(exchange, 200, {
    key: found.map(({ id }) => id),
    info: found.map((row) => ({
      ...showKeyWithToken(row, accountsOf(accounts, row.id)),
      status: statusOf(row, Date.now()),
    })),
  });
}

const isYes = (text: string | undefined): boolean => ['true', 'True', '1'].includes(text ?? '');
const SORT = { created_at: 'created_at', updated_at: 'updated_at', key_alias: 'alias', expires: 'expires_at' } as const;

export async function listKeys(exchange: Exchange, caller: Caller): Promise<void> {
  const query = parseQuery(exchange.req.url, keyListQuerySchema);
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  const where: Condition<'key'>[] = [];
  if (query.user_id !== undefined) where.push({ column: 'user_id', is: query.user_id });
  if (query.team_id !== undefined) where.push({ column: 'team_id', is: query.team_id });
  if (query.organization_id !== undefined) where.push({ column: 'organization_id', is: query.organization_id });
  if (query.key_hash !== undefined) where.push({ column: 'id', is: query.key_hash });
  if (query.key_alias !== undefined) where.push({ column: 'alias', is: query.key_alias });
  if (query.status === 'revoked') where.push({ column: 'blocked', is: true });
  else if (query.status !== undefined) {
    where.push({ column: 'blocked', is: false });
    where.push(
      query.status === 'active'
        ? { column: 'expires_at', after: 'or never' }
        : { column: 'expires_at', before: new Date() },
    );
  }
  const search: readonly Condition<'key'>[] =
    query.search === undefined
      ? []
      : [
          { column: 'alias', holds: query.search },
          { column: 'id', is: query.search },
        ];
  const listing: Listing<'key'> = {
    where: [
      ...where,
      ...(search.length === 0 ? [] : [search]),
      ...(await visible(exchange, actor, {
        teamId: query.team_id,
        teams: isYes(query.include_team_keys),
        created: isYes(query.include_created_by_keys),
      })),
    ],
    sortBy: SORT[query.sort_by],
    descending: query.sort_order === 'desc',
    limit: query.size,
    offset: (query.page - 1) * query.size,
  };
  const [rows, total] = await Promise.all([listRows(database, 'key', listing), countRows(database, 'key', listing)]);
  const full = isYes(query.return_full_object) || query.expand !== undefined;
  const accounts = full
    ? await readAccounts(
        database,
        SCOPES,
        rows.map(({ id }) => id),
      )
    : [];
  const keys: (string | Body)[] = [];
  for (const row of rows) {
    if (!full) keys.push(row.id);
    else
      keys.push({
        ...showKeyWithToken(row, accountsOf(accounts, row.id)),
        status: statusOf(row, Date.now()),
        ...(query.expand?.split(',').includes('user') === true ? { user: await userOf(exchange, row.user_id) } : {}),
      });
  }
  sendJson(exchange, 200, {
    keys,
    total_count: total,
    current_page: query.page,
    total_pages: Math.ceil(total / query.size),
  });
}

async function userOf(exchange: Exchange, userId: string | null): Promise<Body | null> {
  const { database } = managedOf(exchange);
  const user = userId === null ? undefined : await findRow(database, 'user', userId);
  if (user === undefined) return null;
  const [accounts, teams, organizations] = await Promise.all([
    readAccounts(database, ['user', 'user_model'], [user.id]),
    readTeamMembers(database, { userId: user.id }),
    readOrganizationMembers(database, { userId: user.id }),
  ]);
  return showUser(user, accounts, teams, organizations);
}

/** One's own keys; with them, where asked for, those of teams that one may see into. */
async function visible(
  exchange: Exchange,
  actor: Actor,
  asked: { readonly teamId: string | undefined; readonly teams: boolean; readonly created: boolean },
): Promise<readonly (readonly Condition<'key'>[])[]> {
  if (actor.seesAll) return [];
  const any: Condition<'key'>[] = [];
  if (actor.keyId !== undefined) any.push({ column: 'id', is: actor.keyId });
  if (actor.userId !== undefined) {
    any.push({ column: 'user_id', is: actor.userId });
    if (asked.created) any.push({ column: 'created_by', is: actor.userId });
  }
  if (actor.ruled.length > 0) any.push({ column: 'organization_id', in: actor.ruled });
  if (asked.teams || asked.teamId !== undefined || actor.ruled.length > 0)
    any.push({ column: 'team_id', in: await openTeams(exchange, actor) });
  return [any];
}

async function openTeams(exchange: Exchange, actor: Actor): Promise<readonly string[]> {
  const { database } = managedOf(exchange);
  const own = actor.teams.map(({ teamId }) => teamId);
  const teams = await listRows(database, 'team', {
    where: [
      [
        { column: 'id', in: own },
        { column: 'organization_id', in: actor.ruled },
      ],
    ],
    limit: 10_000,
  });
  return teams
    .filter((team) => {
      const member = actor.teams.find(({ teamId }) => teamId === team.id);
      return member === undefined || member.role === 'admin' || team.member_permissions.includes('/key/info');
    })
    .map(({ id }) => id);
}

export async function listKeyAliases(exchange: Exchange, caller: Caller): Promise<void> {
  const { page, size, search } = parseQuery(exchange.req.url, keyAliasesQuerySchema);
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  const where: Listing<'key'>['where'] = [
    { column: 'alias', holds: search ?? '' },
    ...(await visible(exchange, actor, { teamId: undefined, teams: true, created: false })),
  ];
  const [rows, total] = await Promise.all([
    listRows(database, 'key', { where, sortBy: 'alias', limit: size, offset: (page - 1) * size }),
    countRows(database, 'key', { where }),
  ]);
  sendJson(exchange, 200, {
    aliases: rows.map(({ alias }) => alias),
    total_count: total,
    current_page: page,
    total_pages: Math.ceil(total / size),
    size,
  });
}

/** The key was good enough to get here. Callbacks of single keys are not called, so none can be unhealthy. */
export function keyHealth(exchange: Exchange): void {
  sendJson(exchange, 200, { key: 'healthy', logging_callbacks: null });
}
