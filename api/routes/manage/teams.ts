/** `/team/*`: teams, what they may and what they spent. */
import { endAccounts, readAccounts } from '../../../activities/store/access/accounts.ts';
import { recordChange } from '../../../activities/store/access/audit.ts';
import { dissolve, readTeamMembers } from '../../../activities/store/access/members.ts';
import {
  countRows,
  deleteRow,
  findRow,
  listRows,
  type Condition,
  type Listing,
} from '../../../activities/store/access/rows.ts';
import { transact, type Session } from '../../../activities/store/access/transaction.ts';
import { refuseAdminOnly } from '../../access/permit.ts';
import type { Caller } from '../../dispatch.ts';
import { refuse } from '../../middleware/refusal.ts';
import { sendJson } from '../../middleware/reply.ts';
import type { Exchange, Params } from '../exchange.ts';
import { parseQuery, pathOf } from '../params.ts';
import { notThere, readActor, requireManagedTeam, requireTeam, rules, type Actor, type Team } from './actor.ts';
import type { Body } from './fields.ts';
import { orTaken, removeKey } from './keys.ts';
import { makeId, requireFree } from './make-id.ts';
import { addMembers } from './team-members.ts';
import {
  MEMBER_DEFAULT_FIELDS,
  permissionsQuerySchema,
  permissionsUpdateSchema,
  teamDeleteSchema,
  teamInfoQuerySchema,
  teamListQuerySchema,
  teamModelsSchema,
  teamNamedSchema,
  teamNewSchema,
  teamPageQuerySchema,
  teamPatchSchema,
  teamUpdateSchema,
} from './people-schemas.ts';
import { checkBody, managedOf, readBody } from './read-body.ts';
import { accountsOf, showKeyWithToken, showMembership, showTeam } from './show.ts';
import { save } from './writing.ts';

const SCOPES = ['team', 'team_model'];
const MOST = 10_000;

export async function createTeam(exchange: Exchange, caller: Caller): Promise<void> {
  const body = await readBody(exchange, teamNewSchema);
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  const organization = body.organization_id ?? null;
  if (!rules(actor, organization)) {
    if (actor.ruled.length > 0 && organization !== null) return notThere('organization', organization);
    return refuseAdminOnly('/team/new');
  }
  if (!actor.all) refuseAdminFields(body);
  const id = requireFree(body.team_id ?? makeId(), 'team_id');
  const { members_with_roles: listed, admins, members, team_id: _id, ...given } = body;
  const shown = await orTaken(() =>
    transact(database, async (session) => {
      if (organization !== null && (await findRow(session, 'organization', organization)) === undefined)
        notThere('organization', organization);
      const fields: Body = checkBody(
        { ...exchange.deps.config().access?.teamDefaults, ...defined(given) },
        teamPatchSchema,
      );
      const { row, accounts } = await save(session, 'team', id, fields, {
        author: actor.author,
        columns: defaultsOf(fields),
      });
      // Whoever makes a team administers it; the master key is nobody.
      const creator = actor.userId === undefined ? [] : [{ role: 'admin' as const, user_id: actor.userId }];
      await addMembers(session, actor, row, [
        ...creator,
        ...(listed ?? []),
        ...(admins ?? []).map((userId) => ({ role: 'admin' as const, user_id: userId })),
        ...(members ?? []).map((userId) => ({ role: 'user' as const, user_id: userId })),
      ]);
      return showTeam(row, accounts, await readTeamMembers(session, { teamIds: [id] }));
    }),
  );
  return sendJson(exchange, 200, shown);
}

function defined(body: Body): Body {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

function refuseAdminFields(body: Body): void {
  for (const field of ['spend', 'budget_id', 'temp_budget_increase'])
    if (body[field] !== undefined && body[field] !== null)
      refuse('permission_denied', `Only proxy admin can set ${field}.`, field);
}

function defaultsOf(body: Body, before: Body = {}): Body {
  const given = MEMBER_DEFAULT_FIELDS.filter((field) => body[field] !== undefined);
  if (given.length === 0) return {};
  const all: Record<string, unknown> = { ...before };
  for (const field of given) all[field] = body[field];
  return { member_defaults: all };
}

export async function updateTeam(exchange: Exchange, caller: Caller): Promise<void> {
  const { team_id: id, ...body } = await readBody(exchange, teamUpdateSchema);
  await changeTeam(exchange, caller, id, body, '/team/update');
}

export async function patchTeam(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const body = await readBody(exchange, teamPatchSchema);
  await changeTeam(exchange, caller, pathOf(params['id']) ?? '', body, '/team/{id}');
}

/** What an admin of the team alone may not lift: the organization and the proxy set these. */
const OF_THE_PROXY = [
  'max_budget',
  'soft_budget',
  'budget_duration',
  'budget_limits',
  'budget_id',
  'model_max_budget',
  'tpm_limit',
  'rpm_limit',
  'tpd_limit',
  'max_parallel_requests',
  'models',
  'blocked',
  'spend',
  'organization_id',
  'temp_budget_increase',
  'temp_budget_expiry',
  'access_group_ids',
  'model_aliases',
  'model_rpm_limit',
  'model_tpm_limit',
  'metadata',
  'tags',
  'guardrails',
  'disable_global_guardrails',
  'policies',
  'enforced_params',
  'allowed_passthrough_routes',
  'denied_passthrough_routes',
  'router_settings',
  'object_permission',
];

async function changeTeam(exchange: Exchange, caller: Caller, id: string, body: Body, path: string): Promise<void> {
  const actor = await readActor(exchange, caller);
  const { database, forget } = managedOf(exchange);
  const shown = await orTaken(() =>
    transact(database, async (session) => {
      const before = await lockedTeam(session, actor, id, path);
      if (!rules(actor, before.organization_id))
        for (const field of OF_THE_PROXY)
          if (body[field] !== undefined)
            refuse(
              'permission_denied',
              `Only proxy admin and admins of the organization can set ${field} of a team.`,
              field,
            );
      if (!actor.all) refuseAdminFields(body);
      await requireMove(session, actor, body['organization_id']);
      const { row, accounts } = await save(session, 'team', id, body, {
        author: actor.author,
        before,
        columns: {
          ...defaultsOf(body, before.member_defaults),
          ...(body['organization_id'] === null ? { organization_id: null } : {}),
        },
      });
      return showTeam(row, accounts, await readTeamMembers(session, { teamIds: [id] }));
    }),
  );
  forget('team', id);
  sendJson(exchange, 200, { team_id: id, data: shown, ...shown });
}

async function requireMove(session: Session, actor: Actor, to: unknown): Promise<void> {
  if (to === undefined || actor.all) return;
  if (typeof to !== 'string')
    refuse('permission_denied', 'Only proxy admin takes a team out of its organization.', 'organization_id');
  if (typeof to === 'string' && !(rules(actor, to) && (await findRow(session, 'organization', to)) !== undefined))
    notThere('organization', to);
}

async function lockedTeam(session: Session, actor: Actor, id: string, path: string): Promise<Team> {
  const seen = await requireManagedTeam(session, actor, id, path);
  return (await findRow(session, 'team', seen.id, { lock: true })) ?? notThere('team', id);
}

export async function deleteTeams(exchange: Exchange, caller: Caller): Promise<void> {
  const { team_ids: ids } = await readBody(exchange, teamDeleteSchema);
  const actor = await readActor(exchange, caller);
  const { database, forget } = managedOf(exchange);
  await transact(database, async (session) => {
    for (const id of ids) {
      const team = await lockedTeam(session, actor, id, '/team/delete');
      if (!rules(actor, team.organization_id)) refuseAdminOnly('/team/delete');
      await removeTeam(session, actor, team);
    }
  });
  for (const id of ids) forget('team', id);
  sendJson(exchange, 200, { deleted_teams: ids });
}

/** With its keys: they would be good without the team's limits. */
export async function removeTeam(session: Session, actor: Actor, team: Team): Promise<void> {
  const keys = await listRows(session, 'key', { where: [{ column: 'team_id', is: team.id }], limit: MOST });
  for (const key of keys) await removeKey(session, actor, key);
  await dissolve(session, 'team_id', team.id);
  await deleteRow(session, 'team', team.id);
  await endAccounts(session, 'team', team.id);
  await endAccounts(session, 'team_member', team.id);
  await recordChange(session, actor.author, { action: 'deleted', object: 'team', id: team.id, before: team });
}

export async function blockTeam(exchange: Exchange, caller: Caller): Promise<void> {
  await setBlocked(exchange, caller, true);
}

export async function unblockTeam(exchange: Exchange, caller: Caller): Promise<void> {
  await setBlocked(exchange, caller, false);
}

async function setBlocked(exchange: Exchange, caller: Caller, blocked: boolean): Promise<void> {
  const { team_id: id } = await readBody(exchange, teamNamedSchema);
  const path = blocked ? '/team/block' : '/team/unblock';
  const actor = await readActor(exchange, caller);
  const { database, forget } = managedOf(exchange);
  const shown = await transact(database, async (session) => {
    const before = await lockedTeam(session, actor, id, path);
    if (!rules(actor, before.organization_id)) refuseAdminOnly(path);
    const { row, accounts } = await save(
      session,
      'team',
      id,
      { blocked },
      {
        author: actor.author,
        before,
        action: blocked ? 'blocked' : 'unblocked',
      },
    );
    return showTeam(row, accounts, await readTeamMembers(session, { teamIds: [id] }));
  });
  forget('team', id);
  sendJson(exchange, 200, shown);
}

export async function addTeamModels(exchange: Exchange, caller: Caller): Promise<void> {
  await changeModels(exchange, caller, (before, wanted) => [...new Set([...before, ...wanted])], '/team/model/add');
}

export async function deleteTeamModels(exchange: Exchange, caller: Caller): Promise<void> {
  await changeModels(
    exchange,
    caller,
    (before, wanted) => {
      const left = before.filter((model) => !wanted.includes(model));
      // An empty list allows everything: taking away the last model must not.
      return left.length === 0 && before.length > 0 ? ['no-default-models'] : left;
    },
    '/team/model/delete',
  );
}

async function changeModels(
  exchange: Exchange,
  caller: Caller,
  change: (before: readonly string[], wanted: readonly string[]) => readonly string[],
  path: string,
): Promise<void> {
  const { team_id: id, models } = await readBody(exchange, teamModelsSchema);
  const actor = await readActor(exchange, caller);
  const { database, forget } = managedOf(exchange);
  const shown = await transact(database, async (session) => {
    const before = await lockedTeam(session, actor, id, path);
    if (!rules(actor, before.organization_id)) refuseAdminOnly(path);
    const { row, accounts } = await save(
      session,
      'team',
      id,
      { models: change(before.models, models) },
      { author: actor.author, before },
    );
    return showTeam(row, accounts, await readTeamMembers(session, { teamIds: [id] }));
  });
  forget('team', id);
  sendJson(exchange, 200, shown);
}

export async function teamInfo(exchange: Exchange, caller: Caller): Promise<void> {
  const { team_id: asked } = parseQuery(exchange.req.url, teamInfoQuerySchema);
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  const id = asked ?? caller.principal?.teamId;
  if (id === undefined) return refuse('invalid_request', 'Name the team.', 'team_id');
  const team = await requireTeam(database, actor, id);
  const [members, accounts, keys] = await Promise.all([
    readTeamMembers(database, { teamIds: [id] }),
    readAccounts(database, [...SCOPES, 'team_member'], [id]),
    listRows(database, 'key', { where: [{ column: 'team_id', is: id }], limit: MOST }),
  ]);
  const keyAccounts = await readAccounts(
    database,
    ['key', 'key_model'],
    keys.map((key) => key.id),
  );
  const ofTeam = accounts.filter((account) => account.scope !== 'team_member');
  return sendJson(exchange, 200, {
    team_id: id,
    team_info: showTeam(team, ofTeam, members),
    keys: keys.map((key) => showKeyWithToken(key, accountsOf(keyAccounts, key.id))),
    team_memberships: members.map((member) =>
      showMembership(
        member,
        accounts.filter((account) => account.scope === 'team_member'),
      ),
    ),
  });
}

/** The teams that the caller may know of. */
async function visible(
  actor: Actor,
  userId: string | undefined,
  exchange: Exchange,
): Promise<NonNullable<Listing<'team'>['where']>> {
  const { database } = managedOf(exchange);
  const where: (Condition<'team'> | readonly Condition<'team'>[])[] = [];
  if (userId !== undefined) {
    const teams = await readTeamMembers(database, { userId });
    where.push({ column: 'id', in: teams.map(({ teamId }) => teamId) });
  }
  if (!actor.seesAll) {
    const own = [
      ...actor.teams.map(({ teamId }) => teamId),
      ...(actor.caller.principal?.teamId === undefined ? [] : [actor.caller.principal.teamId]),
    ];
    where.push([
      { column: 'id', in: own },
      { column: 'organization_id', in: actor.ruled },
    ]);
  }
  return where;
}

export async function listTeams(exchange: Exchange, caller: Caller): Promise<void> {
  const { user_id: userId, organization_id: organization } = parseQuery(exchange.req.url, teamListQuerySchema);
  const actor = await readActor(exchange, caller);
  const where = [
    ...(await visible(actor, userId, exchange)),
    ...(organization === undefined ? [] : [{ column: 'organization_id' as const, is: organization }]),
  ];
  const { database } = managedOf(exchange);
  sendJson(exchange, 200, await shownTeams(exchange, await listRows(database, 'team', { where, limit: MOST })));
}

async function shownTeams(exchange: Exchange, rows: readonly Team[]): Promise<readonly Body[]> {
  const { database } = managedOf(exchange);
  const ids = rows.map(({ id }) => id);
  const [accounts, members] = await Promise.all([
    readAccounts(database, SCOPES, ids),
    readTeamMembers(database, { teamIds: ids }),
  ]);
  return rows.map((row) =>
    showTeam(
      row,
      accountsOf(accounts, row.id),
      members.filter(({ teamId }) => teamId === row.id),
    ),
  );
}

const SORT = { team_id: 'id', team_alias: 'alias', created_at: 'created_at' } as const;

export async function pageTeams(exchange: Exchange, caller: Caller): Promise<void> {
  const query = parseQuery(exchange.req.url, teamPageQuerySchema);
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  const where = [
    ...(await visible(actor, query.user_id, exchange)),
    ...(query.organization_id === undefined ? [] : [{ column: 'organization_id' as const, is: query.organization_id }]),
    ...(query.team_id === undefined ? [] : [{ column: 'id' as const, is: query.team_id }]),
    ...(query.team_alias === undefined ? [] : [{ column: 'alias' as const, holds: query.team_alias }]),
  ];
  const { page, page_size: size } = query;
  const [rows, total] = await Promise.all([
    listRows(database, 'team', {
      where,
      sortBy: SORT[query.sort_by],
      descending: query.sort_order === 'desc',
      limit: size,
      offset: (page - 1) * size,
    }),
    countRows(database, 'team', { where }),
  ]);
  const teams = await shownTeams(exchange, rows);
  sendJson(exchange, 200, { teams, total, page, page_size: size, total_pages: Math.ceil(total / size) });
}

/** What members may be allowed. */
export const MEMBER_PERMISSIONS = [
  '/key/info',
  '/key/health',
  '/key/generate',
  '/key/update',
  '/key/delete',
  '/key/regenerate',
  '/team/daily/activity',
] as const;

export async function listPermissions(exchange: Exchange, caller: Caller): Promise<void> {
  const { team_id: id } = parseQuery(exchange.req.url, permissionsQuerySchema);
  const actor = await readActor(exchange, caller);
  const team = await requireTeam(managedOf(exchange).database, actor, id);
  sendJson(exchange, 200, {
    team_id: id,
    team_member_permissions: team.member_permissions,
    all_available_permissions: MEMBER_PERMISSIONS,
  });
}

export async function updatePermissions(exchange: Exchange, caller: Caller): Promise<void> {
  const { team_id: id, team_member_permissions: permissions } = await readBody(exchange, permissionsUpdateSchema);
  const known: readonly string[] = MEMBER_PERMISSIONS;
  const unknown = permissions.find((permission) => !known.includes(permission));
  if (unknown !== undefined)
    refuse(
      'invalid_request',
      `'${unknown.slice(0, 100)}' is no permission of members. They are: ${known.join(', ')}.`,
      'team_member_permissions',
    );
  await changeTeam(exchange, caller, id, { team_member_permissions: permissions }, '/team/permissions_update');
}
