/** `/team/member_*`: who belongs to a team, as what, and with which share of its budget. */
import { readAccounts, setTerms } from '../../../activities/store/access/accounts.ts';
import { recordChange } from '../../../activities/store/access/audit.ts';
import {
  putTeamMember,
  readTeamMembers,
  removeTeamMember,
  type MemberPatch,
  type TeamMember,
  type TeamRole,
} from '../../../activities/store/access/members.ts';
import { findRow, insertRow, listRows } from '../../../activities/store/access/rows.ts';
import { announce, transact, type Session } from '../../../activities/store/access/transaction.ts';
import type { Caller } from '../../dispatch.ts';
import { refuse } from '../../middleware/refusal.ts';
import { sendJson } from '../../middleware/reply.ts';
import type { Exchange, Params } from '../exchange.ts';
import { pathOf } from '../params.ts';
import { readActor, requireManagedTeam, rules, type Actor, type Team } from './actor.ts';
import type { Body } from './fields.ts';
import { removeKey, resetSpend } from './keys.ts';
import { makeId } from './make-id.ts';
import { toNano } from './money.ts';
import {
  bulkMemberAddSchema,
  memberAddSchema,
  memberDeleteSchema,
  memberResetSchema,
  memberUpdateSchema,
} from './people-schemas.ts';
import { managedOf, readBody } from './read-body.ts';
import { accountsOf, showMembership, showTeam } from './show.ts';
import { findByEmail } from './users.ts';
import { termsFrom } from './writing.ts';

export type Named = { readonly user_id?: string | null | undefined; readonly user_email?: string | null | undefined };
export type NewMember = Named & { readonly role: TeamRole };

const MOST = 10_000;

/** The id of a member to be. A user that is not there yet is made: a team may be filled before its people come. */
export async function userIdOf(session: Session, actor: Actor, named: Named): Promise<string> {
  if (typeof named.user_id === 'string') {
    if ((await findRow(session, 'user', named.user_id)) === undefined)
      await makeUser(session, actor, named.user_id, named.user_email);
    return named.user_id;
  }
  const email = named.user_email ?? '';
  const found = await findByEmail(session, email);
  if (found !== undefined) return found.id;
  const id = makeId();
  await makeUser(session, actor, id, email);
  return id;
}

async function makeUser(session: Session, actor: Actor, id: string, email: string | null | undefined): Promise<void> {
  const user = await insertRow(session, 'user', {
    id,
    role: 'internal_user',
    created_by: actor.author.by ?? null,
    updated_by: actor.author.by ?? null,
    ...(typeof email === 'string' && email !== '' ? { email } : {}),
  });
  await recordChange(session, actor.author, { action: 'created', object: 'user', id, after: user });
}

/** Adds members with what the team gives new ones. */
export async function addMembers(
  session: Session,
  actor: Actor,
  team: Team,
  members: readonly NewMember[],
  terms: Body = {},
): Promise<readonly string[]> {
  const added: string[] = [];
  const defaults = team.member_defaults;
  for (const member of members) {
    const userId = await userIdOf(session, actor, member);
    const fresh = await putTeamMember(session, team.id, userId, { role: member.role });
    await writeTerms(session, team, userId, fresh ? { ...fromDefaults(defaults), ...defined(terms) } : terms);
    await recordChange(session, actor.author, {
      action: 'updated',
      object: 'team',
      id: team.id,
      after: { member: userId, role: member.role },
    });
    added.push(userId);
  }
  await announce(session, 'team', team.id);
  return added;
}

function defined(body: Body): Body {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined && value !== null));
}

function fromDefaults(defaults: Body): Body {
  return defined({
    max_budget_in_team: defaults['team_member_budget'],
    budget_duration: defaults['team_member_budget_duration'],
    rpm_limit: defaults['team_member_rpm_limit'],
    tpm_limit: defaults['team_member_tpm_limit'],
    allowed_models: defaults['default_team_member_models'],
  });
}

async function writeTerms(session: Session, team: Team, userId: string, body: Body): Promise<void> {
  const count = (field: string): { readonly value?: number | null } =>
    body[field] === undefined ? {} : { value: body[field] as number | null };
  const patch: MemberPatch = {
    ...('value' in count('tpm_limit') ? { tpmLimit: body['tpm_limit'] as number | null } : {}),
    ...('value' in count('rpm_limit') ? { rpmLimit: body['rpm_limit'] as number | null } : {}),
    ...(body['allowed_models'] === undefined ? {} : { models: (body['allowed_models'] ?? []) as readonly string[] }),
  };
  await putTeamMember(session, team.id, userId, patch);
  const { max_budget_in_team: max, ...rest } = body;
  const amount = max === undefined ? {} : { maxNano: typeof max === 'number' ? toNano(max) : null };
  const { maxNano: _none, ...terms } = termsFrom(rest);
  await setTerms(session, { scope: 'team_member', id: team.id, detail: userId }, { ...terms, ...amount }, new Date());
}

export async function addTeamMember(exchange: Exchange, caller: Caller): Promise<void> {
  const { team_id: id, member, ...terms } = await readBody(exchange, memberAddSchema);
  await answerAdded(exchange, caller, id, Array.isArray(member) ? member : [member], terms, '/team/member_add');
}

export async function bulkAddTeamMembers(exchange: Exchange, caller: Caller): Promise<void> {
  const { team_id: id, members, all_users: all, ...terms } = await readBody(exchange, bulkMemberAddSchema);
  const actor = await readActor(exchange, caller);
  if (all === true && !actor.all) refuse('permission_denied', 'Only proxy admin adds all users.', 'all_users');
  const { database } = managedOf(exchange);
  const everybody =
    all === true
      ? (await listRows(database, 'user', { limit: MOST })).map((user) => ({ role: 'user' as const, user_id: user.id }))
      : (members ?? []);
  if (everybody.length === 0) refuse('invalid_request', 'Name members, or all_users.', 'members');
  await answerAdded(exchange, caller, id, everybody, terms, '/team/bulk_member_add');
}

async function answerAdded(
  exchange: Exchange,
  caller: Caller,
  id: string,
  members: readonly NewMember[],
  terms: Body,
  path: string,
): Promise<void> {
  const actor = await readActor(exchange, caller);
  const { database, forget } = managedOf(exchange);
  const answer = await transact(database, async (session) => {
    const team = await requireManagedTeam(session, actor, id, path);
    const added = await addMembers(session, actor, team, members, terms);
    const [all, accounts] = await Promise.all([
      readTeamMembers(session, { teamIds: [id] }),
      readAccounts(session, ['team', 'team_model', 'team_member'], [id]),
    ]);
    const own = accounts.filter((account) => account.scope === 'team_member');
    return {
      ...showTeam(
        team,
        accountsOf(accounts, id).filter((account) => account.scope !== 'team_member'),
        all,
      ),
      updated_users: added.map((userId) => ({ user_id: userId })),
      updated_team_memberships: all
        .filter((member) => added.includes(member.userId))
        .map((member) => showMembership(member, own)),
    };
  });
  forget('team', id);
  sendJson(exchange, 200, answer);
}

/** The member that a request names; 404 when it is none. */
async function requireMember(session: Session, team: Team, named: Named): Promise<TeamMember> {
  const userId =
    named.user_id ??
    (typeof named.user_email === 'string' ? (await findByEmail(session, named.user_email))?.id : undefined);
  if (userId === undefined && typeof named.user_email !== 'string')
    refuse('invalid_request', 'Name the member by user_id or user_email.', 'user_id');
  const members = await readTeamMembers(session, { teamIds: [team.id] });
  return (
    members.find((member) => member.userId === userId) ?? refuse('not_found', 'No such member of the team.', 'user_id')
  );
}

export async function deleteTeamMember(exchange: Exchange, caller: Caller): Promise<void> {
  const { team_id: id, ...named } = await readBody(exchange, memberDeleteSchema);
  const actor = await readActor(exchange, caller);
  const { database, forget } = managedOf(exchange);
  const answer = await transact(database, async (session) => {
    const team = await requireManagedTeam(session, actor, id, '/team/member_delete');
    const { userId, role } = await requireMember(session, team, named);
    await removeTeamMember(session, id, userId);
    // A key of the team in the hands of somebody who left it is one that nobody looks after.
    const keys = await listRows(session, 'key', {
      where: [
        { column: 'team_id', is: id },
        { column: 'user_id', is: userId },
      ],
      limit: MOST,
    });
    for (const key of keys) await removeKey(session, actor, key);
    await announce(session, 'team', id);
    await recordChange(session, actor.author, {
      action: 'updated',
      object: 'team',
      id,
      before: { member: userId, role },
    });
    const accounts = await readAccounts(session, ['team', 'team_model'], [id]);
    return showTeam(team, accounts, await readTeamMembers(session, { teamIds: [id] }));
  });
  forget('team', id);
  sendJson(exchange, 200, answer);
}

export async function updateTeamMember(exchange: Exchange, caller: Caller): Promise<void> {
  const {
    team_id: id,
    role,
    user_id: userId,
    user_email: email,
    ...terms
  } = await readBody(exchange, memberUpdateSchema);
  const actor = await readActor(exchange, caller);
  const { database, forget } = managedOf(exchange);
  const answer = await transact(database, async (session) => {
    const team = await requireManagedTeam(session, actor, id, '/team/member_update');
    const before = await requireMember(session, team, { user_id: userId, user_email: email });
    if (typeof role === 'string') await putTeamMember(session, id, before.userId, { role });
    await writeTerms(session, team, before.userId, terms);
    await announce(session, 'team', id);
    const [members, accounts] = await Promise.all([
      readTeamMembers(session, { teamIds: [id] }),
      readAccounts(session, ['team_member'], [id]),
    ]);
    const member = members.find((each) => each.userId === before.userId) ?? before;
    const shown = showMembership(member, accounts);
    await recordChange(session, actor.author, {
      action: 'updated',
      object: 'team',
      id,
      before: { member: before },
      after: { member: shown },
    });
    return {
      ...shown,
      role: member.role,
      user_email: email ?? null,
      max_budget_in_team: (shown['litellm_budget_table'] as Body)['max_budget'],
    };
  });
  forget('team', id);
  sendJson(exchange, 200, answer);
}

export async function resetMemberSpend(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const { reset_to: to } = await readBody(exchange, memberResetSchema);
  const [id, userId] = [pathOf(params['id']) ?? '', pathOf(params['user']) ?? ''];
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  const answer = await transact(database, async (session) => {
    const team = await requireManagedTeam(session, actor, id, '/team/{id}/member/{user}/reset_spend');
    if (!rules(actor, team.organization_id))
      refuse('permission_denied', 'Only proxy admin and admins of the organization reset what was spent.');
    await requireMember(session, team, { user_id: userId });
    return { user_id: userId, ...(await resetSpend(session, actor, { scope: 'team_member', id, detail: userId }, to)) };
  });
  sendJson(exchange, 200, answer);
}
