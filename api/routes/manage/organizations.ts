/** `/organization/*`: what teams and people belong to, with administrators of their own. */
import { endAccounts, readAccounts } from '../../../activities/store/access/accounts.ts';
import { recordChange } from '../../../activities/store/access/audit.ts';
import type { Row } from '../../../activities/store/access/entities.ts';
import {
  putOrganizationMember,
  readOrganizationMembers,
  removeOrganizationMember,
} from '../../../activities/store/access/members.ts';
import { deleteRow, findRow, listRows, type Condition } from '../../../activities/store/access/rows.ts';
import { transact, type Session } from '../../../activities/store/access/transaction.ts';
import type { Caller } from '../../dispatch.ts';
import { refuse } from '../../middleware/refusal.ts';
import { sendJson } from '../../middleware/reply.ts';
import type { Exchange } from '../exchange.ts';
import { parseQuery } from '../params.ts';
import { notThere, readActor, rules, type Actor } from './actor.ts';
import type { Body } from './fields.ts';
import { orTaken, removeKey } from './keys.ts';
import { makeId, requireFree } from './make-id.ts';
import {
  organizationDeleteSchema,
  organizationListQuerySchema,
  organizationMemberAddSchema,
  organizationMemberSchema,
  organizationNewSchema,
  organizationQuerySchema,
  organizationUpdateSchema,
} from './people-schemas.ts';
import { managedOf, readBody } from './read-body.ts';
import { accountsOf, showOrganization, showOrganizationMember, showTeam } from './show.ts';
import { userIdOf } from './team-members.ts';
import { removeTeam } from './teams.ts';
import { findByEmail } from './users.ts';
import { save } from './writing.ts';

const SCOPES = ['organization', 'organization_model'];
const MOST = 10_000;

type Organization = Row<'organization'>;

/** 404 unless the caller belongs to it or sees everything. */
async function requireSeen(session: Session, actor: Actor, id: string, lock = false): Promise<Organization> {
  const row = await findRow(session, 'organization', id, { lock });
  return row !== undefined && (actor.seesAll || actor.organizations.includes(id)) ? row : notThere('organization', id);
}

async function requireRuled(session: Session, actor: Actor, id: string, path: string): Promise<Organization> {
  const row = await requireSeen(session, actor, id, true);
  if (!rules(actor, id))
    refuse('permission_denied', `Only proxy admin and admins of the organization may call ${path}.`);
  return row;
}

export async function createOrganization(exchange: Exchange, caller: Caller): Promise<void> {
  const body = await readBody(exchange, organizationNewSchema);
  const actor = await readActor(exchange, caller);
  const id = requireFree(body.organization_id ?? makeId(), 'organization_id');
  const shown = await orTaken(() =>
    transact(managedOf(exchange).database, async (session) => {
      const { row, accounts } = await save(session, 'organization', id, body, { author: actor.author });
      return showOrganization(row, accounts, []);
    }),
  );
  sendJson(exchange, 200, shown);
}

/** An administrator of the organization names it; what it may spend and call is the proxy's to say. */
const OWN_FIELDS = ['organization_id', 'organization_alias'];

export async function updateOrganization(exchange: Exchange, caller: Caller): Promise<void> {
  const { organization_id: id, ...body } = await readBody(exchange, organizationUpdateSchema);
  const actor = await readActor(exchange, caller);
  const { database, forget } = managedOf(exchange);
  const shown = await orTaken(() =>
    transact(database, async (session) => {
      const before = await requireRuled(session, actor, id, '/organization/update');
      const other = Object.entries(body).find(([field, value]) => value !== undefined && !OWN_FIELDS.includes(field));
      if (!actor.all && other !== undefined)
        refuse('permission_denied', `Only proxy admin can set ${other[0]} of an organization.`, other[0]);
      if (body.organization_alias === null)
        refuse('invalid_request', 'An organization has an alias.', 'organization_alias');
      const { row, accounts } = await save(session, 'organization', id, body, { author: actor.author, before });
      return showOrganization(row, accounts, await readOrganizationMembers(session, { organizationIds: [id] }));
    }),
  );
  forget('organization', id);
  sendJson(exchange, 200, shown);
}

/** With its teams and keys: they would be good without its limits. */
export async function deleteOrganizations(exchange: Exchange, caller: Caller): Promise<void> {
  const { organization_ids: ids } = await readBody(exchange, organizationDeleteSchema);
  const actor = await readActor(exchange, caller);
  const { database, forget } = managedOf(exchange);
  const deleted = await transact(database, async (session) => {
    const rows: Body[] = [];
    for (const id of ids) {
      const row = await requireSeen(session, actor, id, true);
      const where: readonly [Condition<'key'> & Condition<'team'>] = [{ column: 'organization_id', is: id }];
      for (const team of await listRows(session, 'team', { where, limit: MOST }))
        await removeTeam(session, actor, team);
      for (const key of await listRows(session, 'key', { where, limit: MOST })) await removeKey(session, actor, key);
      await removeOrganizationMember(session, id);
      await deleteRow(session, 'organization', id);
      await endAccounts(session, 'organization', id);
      await recordChange(session, actor.author, { action: 'deleted', object: 'organization', id, before: row });
      rows.push(showOrganization(row, [], []));
    }
    return rows;
  });
  for (const id of ids) forget('organization', id);
  sendJson(exchange, 200, deleted);
}

export async function organizationInfo(exchange: Exchange, caller: Caller): Promise<void> {
  const { organization_id: id } = parseQuery(exchange.req.url, organizationQuerySchema);
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  const row = await requireSeen(database, actor, id);
  const [accounts, members, teams] = await Promise.all([
    readAccounts(database, SCOPES, [id]),
    readOrganizationMembers(database, { organizationIds: [id] }),
    listRows(database, 'team', { where: [{ column: 'organization_id', is: id }], limit: MOST }),
  ]);
  const teamAccounts = await readAccounts(
    database,
    ['team', 'team_model'],
    teams.map((team) => team.id),
  );
  // A plain member learns of the organization, and not who and what else is in it.
  const insider = actor.seesAll || rules(actor, id);
  sendJson(exchange, 200, {
    ...showOrganization(row, accounts, insider ? members : members.filter(({ userId }) => userId === actor.userId)),
    teams: insider ? teams.map((team) => showTeam(team, accountsOf(teamAccounts, team.id), [])) : [],
  });
}

export async function listOrganizations(exchange: Exchange, caller: Caller): Promise<void> {
  const { org_id: id, org_alias: alias } = parseQuery(exchange.req.url, organizationListQuerySchema);
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  const where: Condition<'organization'>[] = [];
  if (id !== undefined) where.push({ column: 'id', is: id });
  if (alias !== undefined) where.push({ column: 'alias', holds: alias });
  if (!actor.seesAll) where.push({ column: 'id', in: actor.organizations });
  const rows = await listRows(database, 'organization', { where, limit: MOST });
  const ids = rows.map((row) => row.id);
  const [accounts, members] = await Promise.all([
    readAccounts(database, SCOPES, ids),
    readOrganizationMembers(database, { organizationIds: ids }),
  ]);
  sendJson(
    exchange,
    200,
    rows.map((row) =>
      showOrganization(
        row,
        accountsOf(accounts, row.id),
        members.filter(
          ({ organizationId, userId }) =>
            organizationId === row.id && (actor.seesAll || rules(actor, row.id) || userId === actor.userId),
        ),
      ),
    ),
  );
}

export async function addOrganizationMember(exchange: Exchange, caller: Caller): Promise<void> {
  const { organization_id: id, member } = await readBody(exchange, organizationMemberAddSchema);
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  const answer = await transact(database, async (session) => {
    await requireRuled(session, actor, id, '/organization/member_add');
    const added: string[] = [];
    for (const each of Array.isArray(member) ? member : [member]) {
      const userId = await userIdOf(session, actor, each);
      await putOrganizationMember(session, id, userId, each.role);
      await recordChange(session, actor.author, {
        action: 'updated',
        object: 'organization',
        id,
        after: { member: userId, role: each.role },
      });
      added.push(userId);
    }
    const members = await readOrganizationMembers(session, { organizationIds: [id] });
    return {
      organization_id: id,
      updated_users: added.map((userId) => ({ user_id: userId })),
      updated_organization_memberships: members
        .filter(({ userId }) => added.includes(userId))
        .map(showOrganizationMember),
    };
  });
  sendJson(exchange, 200, answer);
}

async function requireMember(
  session: Session,
  id: string,
  named: { user_id?: string | null | undefined; user_email?: string | null | undefined },
) {
  const userId =
    named.user_id ??
    (typeof named.user_email === 'string' ? (await findByEmail(session, named.user_email))?.id : undefined);
  const members = await readOrganizationMembers(session, { organizationIds: [id] });
  return (
    members.find((member) => member.userId === userId) ??
    refuse('not_found', 'No such member of the organization.', 'user_id')
  );
}

export async function updateOrganizationMember(exchange: Exchange, caller: Caller): Promise<void> {
  const { organization_id: id, role, ...named } = await readBody(exchange, organizationMemberSchema);
  const actor = await readActor(exchange, caller);
  const answer = await transact(managedOf(exchange).database, async (session) => {
    await requireRuled(session, actor, id, '/organization/member_update');
    const before = await requireMember(session, id, named);
    await putOrganizationMember(session, id, before.userId, role ?? undefined);
    const after = await requireMember(session, id, { user_id: before.userId });
    await recordChange(session, actor.author, {
      action: 'updated',
      object: 'organization',
      id,
      before: { member: before },
      after: { member: after },
    });
    return showOrganizationMember(after);
  });
  sendJson(exchange, 200, answer);
}

export async function deleteOrganizationMember(exchange: Exchange, caller: Caller): Promise<void> {
  const { organization_id: id, ...named } = await readBody(exchange, organizationMemberSchema);
  const actor = await readActor(exchange, caller);
  const answer = await transact(managedOf(exchange).database, async (session) => {
    await requireRuled(session, actor, id, '/organization/member_delete');
    const member = await requireMember(session, id, named);
    await removeOrganizationMember(session, id, member.userId);
    await recordChange(session, actor.author, { action: 'updated', object: 'organization', id, before: { member } });
    return showOrganizationMember(member);
  });
  sendJson(exchange, 200, answer);
}
