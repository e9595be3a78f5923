/** Who manages: the caller with its role, its teams and its organizations, and what it may see and change of others. */
import { readOrganizationMembers, readTeamMembers, type TeamMember } from '../../../activities/store/access/members.ts';
import type { Author } from '../../../activities/store/access/audit.ts';
import { findRow } from '../../../activities/store/access/rows.ts';
import type { Row } from '../../../activities/store/access/entities.ts';
import type { Session } from '../../../activities/store/access/transaction.ts';
import { roleOf, type Role } from '../../access/permit.ts';
import type { Caller } from '../../dispatch.ts';
import { refuse } from '../../middleware/refusal.ts';
import type { Exchange } from '../exchange.ts';
import { managedOf } from './read-body.ts';

export type Actor = {
  readonly caller: Caller;
  readonly role: Role;
  /** An administrator: may do everything. */
  readonly all: boolean;
  /** May see everything. */
  readonly seesAll: boolean;
  readonly userId?: string;
  readonly keyId?: string;
  readonly teams: readonly TeamMember[];
  /** Organizations that it administers, and those it belongs to. */
  readonly ruled: readonly string[];
  readonly organizations: readonly string[];
  readonly author: Author;
};

export const MASTER_USER = 'default_user_id';

export async function readActor(exchange: Exchange, caller: Caller): Promise<Actor> {
  const { database } = managedOf(exchange);
  const role = roleOf(caller);
  const all = role === 'proxy_admin';
  const { userId, keyId } = caller.principal ?? {};
  const [teams, organizations] =
    userId === undefined
      ? [[], []]
      : await Promise.all([readTeamMembers(database, { userId }), readOrganizationMembers(database, { userId })]);
  const named = exchange.req.headers['litellm-changed-by'];
  // Only an administrator may say in whose name it acts; anybody else could blame somebody.
  const by = all && typeof named === 'string' && named !== '' ? named.slice(0, 500) : (userId ?? keyId ?? MASTER_USER);
  return {
    caller,
    role,
    all,
    seesAll: all || role === 'proxy_admin_viewer',
    teams,
    ruled: organizations.filter((member) => member.role === 'org_admin').map((member) => member.organizationId),
    organizations: organizations.map((member) => member.organizationId),
    author: { by, ...(keyId === undefined ? {} : { keyId }) },
    ...(userId === undefined ? {} : { userId }),
    ...(keyId === undefined ? {} : { keyId }),
  };
}

export type Team = Row<'team'>;
export type Key = Row<'key'>;

export function rules(actor: Actor, organizationId: string | null): boolean {
  return actor.all || (organizationId !== null && actor.ruled.includes(organizationId));
}

export function managesTeam(actor: Actor, team: Team): boolean {
  return (
    rules(actor, team.organization_id) ||
    actor.teams.some((member) => member.teamId === team.id && member.role === 'admin')
  );
}

export function seesTeam(actor: Actor, team: Team): boolean {
  return (
    actor.seesAll ||
    managesTeam(actor, team) ||
    actor.teams.some((member) => member.teamId === team.id) ||
    actor.caller.principal?.teamId === team.id
  );
}

/** Whether a plain member may do this with the team's keys. */
export function memberMay(actor: Actor, team: Team, route: string): boolean {
  return actor.teams.some((member) => member.teamId === team.id) && team.member_permissions.includes(route);
}

/** 404 for a team that the caller may not know of. */
export async function requireTeam(session: Session, actor: Actor, id: string): Promise<Team> {
  const team = await findRow(session, 'team', id);
  return team !== undefined && seesTeam(actor, team) ? team : notThere('team', id);
}

export async function requireManagedTeam(session: Session, actor: Actor, id: string, path: string): Promise<Team> {
  const team = await requireTeam(session, actor, id);
  if (!managesTeam(actor, team))
    refuse('permission_denied', `Only an admin of the team, of its organization or of the proxy may call ${path}.`);
  return team;
}

/** The same words for what does not exist and for another tenant's, so that ids cannot be probed. */
export function notThere(what: string, id: string): never {
  return refuse('not_found', `No ${what} found with id '${id.slice(0, 100)}'.`);
}
