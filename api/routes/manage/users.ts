/** `/user/*`: the people who hold keys. Each may see itself; only administrators see and change others. */
import { endAccounts, readAccounts } from '../../../activities/store/access/accounts.ts';
import { recordChange } from '../../../activities/store/access/audit.ts';
import type { Row } from '../../../activities/store/access/entities.ts';
import {
  dissolve,
  putOrganizationMember,
  putTeamMember,
  readOrganizationMembers,
  readTeamMembers,
} from '../../../activities/store/access/members.ts';
import { countRows, deleteRow, findRow, listRows, type Listing } from '../../../activities/store/access/rows.ts';
import { transact, type Session } from '../../../activities/store/access/transaction.ts';
import { refuseAdminOnly } from '../../access/permit.ts';
import type { Caller } from '../../dispatch.ts';
import { refuse } from '../../middleware/refusal.ts';
import { sendJson } from '../../middleware/reply.ts';
import type { Exchange } from '../exchange.ts';
import { parseQuery } from '../params.ts';
import { notThere, readActor, requireManagedTeam, rules, seesTeam, type Actor } from './actor.ts';
import type { Body } from './fields.ts';
import { makeKeyRow, orTaken, removeKey, showNewKey } from './keys.ts';
import { makeId } from './make-id.ts';
import {
  userBulkUpdateSchema,
  userDeleteSchema,
  userInfoQuerySchema,
  userListQuerySchema,
  userNewSchema,
  userUpdateSchema,
} from './people-schemas.ts';
import { toNano } from './money.ts';
import { checkBody, managedOf, readBody } from './read-body.ts';
import { accountsOf, showKeyWithToken, showTeam, showUser } from './show.ts';
import { setTerms } from '../../../activities/store/access/accounts.ts';
import { save } from './writing.ts';

const SCOPES = ['user', 'user_model'];
const DEFAULT_ROLE = 'internal_user';
const MOST = 10_000;

export async function createUser(exchange: Exchange, caller: Caller): Promise<void> {
  const body = await readBody(exchange, userNewSchema);
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  if (!actor.all) requireOwnOrganizations(actor, body);
  const id = body.user_id ?? makeId();
  const answer = await orTaken(() =>
    transact(database, async (session) => {
      const fields = checkBody(withUserDefaults(exchange, body), userNewSchema);
      const { auto_create_key: withKey, teams, organizations, user_id: _id, ...rest } = fields;
      const { row, accounts } = await save(session, 'user', id, rest, {
        author: actor.author,
        columns: { role: fields.user_role ?? DEFAULT_ROLE },
      });
      await join(session, actor, id, teams ?? [], organizations ?? []);
      const made = withKey ? await firstKey(exchange, session, actor, id, rest) : undefined;
      const memberships = await membershipsOf(session, id);
      return {
        ...(made === undefined ? {} : showNewKey(made)),
        ...showUser(row, accounts, memberships.teams, memberships.organizations),
        key: made?.key ?? '',
      };
    }),
  );
  sendJson(exchange, 200, answer);
}

/** An administrator of organizations makes plain users of these organizations, and nothing more. */
function requireOwnOrganizations(actor: Actor, body: Body): void {
  const wanted = (body['organizations'] ?? []) as readonly string[];
  if (actor.ruled.length === 0 || wanted.length === 0) refuseAdminOnly('/user/new');
  for (const id of wanted) if (!rules(actor, id)) notThere('organization', id);
  const { user_role: role } = body;
  if (role !== undefined && role !== null && role !== DEFAULT_ROLE && role !== 'internal_user_viewer')
    refuse('permission_denied', 'Only proxy admin makes administrators.', 'user_role');
  if (body['max_budget'] !== undefined || body['spend'] !== undefined)
    refuse('permission_denied', 'Only proxy admin sets the budget of a user.', 'max_budget');
}

/** The first key of a new user is the user's; its limits are the user's own, which are counted there. */
async function firstKey(exchange: Exchange, session: Session, actor: Actor, userId: string, body: Body) {
  const { duration, key_alias: alias, key, models, aliases, metadata, allowed_routes: routes, permissions } = body;
  const fields = { duration, key_alias: alias, key, models, aliases, metadata, permissions, allowed_routes: routes };
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const forOther: Actor = { ...actor, all: true };
  return makeKeyRow(exchange, session, forOther, { ...given, user_id: userId }, '/user/new');
}

function withUserDefaults(exchange: Exchange, body: Body): Body {
  const { userDefaults = {}, maxUserBudgetUsd, userBudgetDuration } = exchange.deps.config().access ?? {};
  const filled: Record<string, unknown> = { ...body };
  for (const [field, value] of Object.entries(userDefaults)) filled[field] ??= value;
  const role = filled['user_role'] ?? DEFAULT_ROLE;
  if (role !== 'internal_user' && role !== 'internal_user_viewer') return filled;
  if (maxUserBudgetUsd !== undefined) filled['max_budget'] ??= maxUserBudgetUsd;
  if (userBudgetDuration !== undefined) filled['budget_duration'] ??= userBudgetDuration;
  return filled;
}

type TeamWish = string | { readonly team_id: string; readonly max_budget_in_team?: number | null | undefined };

async function join(
  session: Session,
  actor: Actor,
  userId: string,
  teams: readonly TeamWish[],
  organizations: readonly string[],
): Promise<void> {
  for (const wish of teams) {
    const teamId = typeof wish === 'string' ? wish : wish.team_id;
    await requireManagedTeam(session, actor, teamId, '/user/new');
    await putTeamMember(session, teamId, userId, {});
    const budget = typeof wish === 'string' ? undefined : wish.max_budget_in_team;
    if (typeof budget === 'number')
      await setTerms(
        session,
        { scope: 'team_member', id: teamId, detail: userId },
        { maxNano: toNano(budget) },
        new Date(),
      );
  }
  for (const id of organizations) {
    if ((await findRow(session, 'organization', id)) === undefined || !rules(actor, id)) notThere('organization', id);
    await putOrganizationMember(session, id, userId, 'internal_user');
  }
}

async function membershipsOf(session: Session, userId: string) {
  const [teams, organizations] = await Promise.all([
    readTeamMembers(session, { userId }),
    readOrganizationMembers(session, { userId }),
  ]);
  return { teams, organizations };
}

/** By id or by address; 404 unless it is oneself, or one may see everybody. */
async function findUser(
  session: Session,
  actor: Actor,
  { id, email }: { readonly id?: string | null | undefined; readonly email?: string | null | undefined },
  lock = false,
): Promise<Row<'user'>> {
  const byId = typeof id === 'string' ? await findRow(session, 'user', id, { lock }) : undefined;
  const user =
    byId ?? (typeof id !== 'string' && typeof email === 'string' ? await findByEmail(session, email) : undefined);
  const wanted = id ?? email ?? '';
  if (user === undefined || (!actor.seesAll && user.id !== actor.userId && !(await ruledBy(session, actor, user.id))))
    return notThere('user', wanted);
  return user;
}

async function ruledBy(session: Session, actor: Actor, userId: string): Promise<boolean> {
  if (actor.ruled.length === 0) return false;
  const of = await readOrganizationMembers(session, { userId });
  return of.some(({ organizationId }) => actor.ruled.includes(organizationId));
}

export async function findByEmail(session: Session, email: string): Promise<Row<'user'> | undefined> {
  const found = await listRows(session, 'user', { where: [{ column: 'email', holds: email }], limit: MOST });
  return found.find((row) => row.email?.toLowerCase() === email.toLowerCase());
}

export async function userInfo(exchange: Exchange, caller: Caller): Promise<void> {
  const { user, actor } = await askedUser(exchange, caller);
  const { database } = managedOf(exchange);
  if (user === undefined) {
    sendJson(exchange, 200, {
      user_id: actor.userId ?? null,
      user_info: null,
      keys: await keysOf(exchange, actor),
      teams: [],
    });
    return;
  }
  const { teams, organizations } = await membershipsOf(database, user.id);
  const teamIds = teams.map(({ teamId }) => teamId);
  const [accounts, rows, members, teamAccounts] = await Promise.all([
    readAccounts(database, SCOPES, [user.id]),
    listRows(database, 'team', { where: [{ column: 'id', in: teamIds }], limit: MOST }),
    readTeamMembers(database, { teamIds }),
    readAccounts(database, ['team', 'team_model'], teamIds),
  ]);
  sendJson(exchange, 200, {
    user_id: user.id,
    user_info: showUser(user, accounts, teams, organizations),
    keys: await keysOf(exchange, actor, user.id),
    teams: rows
      .filter((row) => user.id === actor.userId || seesTeam(actor, row))
      .map((row) =>
        showTeam(
          row,
          accountsOf(teamAccounts, row.id),
          members.filter(({ teamId }) => teamId === row.id),
        ),
      ),
  });
}

async function keysOf(exchange: Exchange, actor: Actor, userId?: string): Promise<readonly Body[]> {
  const { database } = managedOf(exchange);
  const by =
    userId === undefined
      ? { column: 'id' as const, is: actor.keyId ?? '' }
      : { column: 'user_id' as const, is: userId };
  const found = await listRows(database, 'key', { where: [by], limit: MOST });
  // An administrator of one organization learns nothing of a member's keys elsewhere.
  const rows =
    actor.seesAll || userId === undefined || userId === actor.userId
      ? found
      : found.filter((key) => rules(actor, key.organization_id));
  const accounts = await readAccounts(
    database,
    ['key', 'key_model'],
    rows.map(({ id }) => id),
  );
  return rows.map((row) => showKeyWithToken(row, accountsOf(accounts, row.id)));
}

async function askedUser(
  exchange: Exchange,
  caller: Caller,
): Promise<{ readonly user: Row<'user'> | undefined; readonly actor: Actor }> {
  const { user_id: id } = parseQuery(exchange.req.url, userInfoQuerySchema);
  const actor = await readActor(exchange, caller);
  const wanted = id ?? actor.userId;
  if (wanted === undefined) return { user: undefined, actor };
  // A key may name a user without a row: nothing is known of it, and that is no error when it asks for itself.
  const own = wanted === actor.userId && (await findRow(managedOf(exchange).database, 'user', wanted)) === undefined;
  return { user: own ? undefined : await findUser(managedOf(exchange).database, actor, { id: wanted }), actor };
}

export async function userInfoV2(exchange: Exchange, caller: Caller): Promise<void> {
  const { user } = await askedUser(exchange, caller);
  if (user === undefined) return notThere('user', '');
  const { database } = managedOf(exchange);
  const { teams, organizations } = await membershipsOf(database, user.id);
  return sendJson(exchange, 200, showUser(user, await readAccounts(database, SCOPES, [user.id]), teams, organizations));
}

export async function updateUser(exchange: Exchange, caller: Caller): Promise<void> {
  const body = await readBody(exchange, userUpdateSchema);
  const actor = await readActor(exchange, caller);
  const data = await changeUser(exchange, actor, body);
  sendJson(exchange, 200, { user_id: data['user_id'], data, ...data });
}

/** What a user may change of itself: nothing that decides what it may do. */
const OWN_FIELDS = ['user_id', 'user_alias'];

async function changeUser(exchange: Exchange, actor: Actor, body: Body): Promise<Body> {
  const { database, forget } = managedOf(exchange);
  const { user_id: id, user_email: email, ...fields } = body as { user_id?: string | null; user_email?: string | null };
  if (typeof id !== 'string' && typeof email !== 'string')
    refuse('invalid_request', 'Name the user by user_id or user_email.', 'user_id');
  const shown = await orTaken(() =>
    transact(database, async (session) => {
      const before = await findUser(session, actor, { id, email }, true);
      if (!actor.all) {
        const other = Object.keys(body).find((field) => !OWN_FIELDS.includes(field));
        if (before.id !== actor.userId || other !== undefined)
          refuse('permission_denied', 'Only proxy admin changes this of a user.', other ?? 'user_id');
      }
      const renamed = typeof id === 'string' && email !== undefined ? { user_email: email } : {};
      const role = (fields as Body)['user_role'];
      const { row, accounts } = await save(
        session,
        'user',
        before.id,
        { ...fields, ...renamed },
        {
          author: actor.author,
          before,
          ...(role === null ? { columns: { role: DEFAULT_ROLE } } : {}),
        },
      );
      const { teams, organizations } = await membershipsOf(session, row.id);
      return showUser(row, accounts, teams, organizations);
    }),
  );
  forget('user', String(shown['user_id']));
  return shown;
}

export async function bulkUpdateUsers(exchange: Exchange, caller: Caller): Promise<void> {
  const body = await readBody(exchange, userBulkUpdateSchema);
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  const wanted: readonly Body[] =
    body.all_users === true
      ? (await listRows(database, 'user', { limit: MOST })).map(({ id }) => ({ ...body.user_updates, user_id: id }))
      : (body.users ?? []);
  if (wanted.length === 0) refuse('invalid_request', 'Name users, or all_users with user_updates.', 'users');
  const results: Body[] = [];
  for (const fields of wanted) {
    try {
      const user = await changeUser(exchange, actor, fields);
      results.push({ user_id: user['user_id'], user_email: user['user_email'], success: true, updated_user: user });
    } catch (error) {
      if (!(error instanceof Error && error.name === 'Refusal')) throw error;
      results.push({
        user_id: fields['user_id'] ?? null,
        user_email: fields['user_email'] ?? null,
        success: false,
        error: error.message,
      });
    }
  }
  const successful = results.filter((result) => result['success'] === true).length;
  sendJson(exchange, 200, {
    results,
    total_requested: wanted.length,
    successful_updates: successful,
    failed_updates: wanted.length - successful,
  });
}

export async function deleteUsers(exchange: Exchange, caller: Caller): Promise<void> {
  const { user_ids: ids } = await readBody(exchange, userDeleteSchema);
  const actor = await readActor(exchange, caller);
  const { database, forget } = managedOf(exchange);
  await transact(database, async (session) => {
    for (const id of ids) {
      const user = await findUser(session, actor, { id }, true);
      const keys = await listRows(session, 'key', { where: [{ column: 'user_id', is: id }], limit: MOST });
      for (const key of keys) await removeKey(session, actor, key);
      await dissolve(session, 'user_id', id);
      await deleteRow(session, 'user', id);
      await endAccounts(session, 'user', id);
      await recordChange(session, actor.author, { action: 'deleted', object: 'user', id, before: user });
    }
  });
  for (const id of ids) forget('user', id);
  sendJson(exchange, 200, ids.length);
}

const SORT = {
  user_id: 'id',
  user_email: 'email',
  user_alias: 'alias',
  user_role: 'role',
  created_at: 'created_at',
  updated_at: 'updated_at',
} as const;

export async function listUsers(exchange: Exchange, caller: Caller): Promise<void> {
  const query = parseQuery(exchange.req.url, userListQuerySchema);
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  if (!actor.seesAll && actor.ruled.length === 0) refuseAdminOnly('/user/list');
  const where: NonNullable<Listing<'user'>['where']>[number][] = [];
  if (query.role !== undefined) where.push({ column: 'role', is: query.role });
  if (query.user_ids !== undefined) where.push({ column: 'id', in: query.user_ids.split(',') });
  if (query.sso_user_ids !== undefined) where.push({ column: 'sso_user_id', in: query.sso_user_ids.split(',') });
  if (query.user_email !== undefined) where.push({ column: 'email', holds: query.user_email });
  if (query.team !== undefined)
    where.push({
      column: 'id',
      in: (await readTeamMembers(database, { teamIds: [query.team] })).map(({ userId }) => userId),
    });
  if (!actor.seesAll) {
    const members = await readOrganizationMembers(database, { organizationIds: actor.ruled });
    where.push({ column: 'id', in: members.map(({ userId }) => userId) });
  }
  const { page, page_size: size } = query;
  const [rows, total] = await Promise.all([
    listRows(database, 'user', {
      where,
      sortBy: SORT[query.sort_by],
      descending: query.sort_order === 'desc',
      limit: size,
      offset: (page - 1) * size,
    }),
    countRows(database, 'user', { where }),
  ]);
  const accounts = await readAccounts(
    database,
    SCOPES,
    rows.map(({ id }) => id),
  );
  const users: Body[] = [];
  for (const row of rows) {
    const { teams, organizations } = await membershipsOf(database, row.id);
    const keys = await countRows(database, 'key', { where: [{ column: 'user_id', is: row.id }] });
    users.push({ ...showUser(row, accountsOf(accounts, row.id), teams, organizations), key_count: keys });
  }
  sendJson(exchange, 200, { users, total, page, page_size: size, total_pages: Math.ceil(total / size) });
}

export function availableRoles(exchange: Exchange): void {
  sendJson(exchange, 200, {
    proxy_admin: { description: 'May do everything.', ui_label: 'Admin (All Permissions)' },
    proxy_admin_viewer: { description: 'May see everything.', ui_label: 'Admin (View Only)' },
    internal_user: {
      description: 'Calls models, and manages keys of its own.',
      ui_label: 'Internal User (Create/Delete/View)',
    },
    internal_user_viewer: { description: 'May see what is its own.', ui_label: 'Internal User (View Only)' },
  });
}
