/** What a caller may ask for in a key: the configuration's defaults and caps, and the limits of those who are no administrators. */
import type { AccessSettings } from '../../../activities/config/config.ts';
import { parseDuration } from '../../../activities/config/duration.ts';
import { readAccounts } from '../../../activities/store/access/accounts.ts';
import type { Session } from '../../../activities/store/access/transaction.ts';
import { refuseAdminOnly } from '../../access/permit.ts';
import { refuse } from '../../middleware/refusal.ts';
import { managesTeam, memberMay, notThere, requireTeam, rules, type Actor, type Key, type Team } from './actor.ts';
import type { Body } from './fields.ts';
import { toNano } from './money.ts';

/** `key_type` is a short way to say `allowed_routes`. */
export const ROUTES_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  llm_api: ['llm_api_routes'],
  management: ['management_routes'],
  read_only: ['info_routes'],
};

/** Defaults fill gaps; a cap fills a gap too, and what is above it is a 400. */
export function withDefaults(
  body: Body,
  { keyDefaults, keyCaps }: Pick<AccessSettings, 'keyDefaults' | 'keyCaps'>,
): Body {
  const filled: Record<string, unknown> = { ...body };
  for (const [field, value] of Object.entries(keyDefaults)) filled[field] ??= value;
  for (const [field, cap] of Object.entries(keyCaps)) {
    const given = filled[field] ?? undefined;
    if (given === undefined) filled[field] = cap;
    else if (isAbove(given, cap))
      refuse('invalid_request', `${field} is over the limit of this proxy: at most ${String(cap)}.`, field);
  }
  return filled;
}

/** The caps again, for a change: what it does not name stays. */
export function requireBelowCaps(body: Body, { keyCaps }: Pick<AccessSettings, 'keyCaps'>): void {
  for (const [field, cap] of Object.entries(keyCaps)) {
    const given = body[field];
    if (given === undefined) continue;
    if (given === null || given === '-1' || isAbove(given, cap))
      refuse('invalid_request', `${field} is over the limit of this proxy: at most ${String(cap)}.`, field);
  }
}

function isAbove(given: unknown, cap: unknown): boolean {
  if (typeof given === 'number' && typeof cap === 'number') return given > cap;
  if (given === '-1') return true;
  const [asked, most] = [parseDuration(given, 1_000), parseDuration(cap, 1_000)];
  return asked !== undefined && most !== undefined && asked > most;
}

export type Owner = { readonly userId: string | null; readonly team?: Team; readonly organizationId: string | null };

/** Whose the new key will be. Throws where the caller may not make it. */
export async function ownerOf(
  session: Session,
  actor: Actor,
  body: Body,
  options: { readonly path: string; readonly personalKeysDisabled: boolean; readonly service?: boolean },
): Promise<Owner> {
  const { team_id: teamId, organization_id: organizationId, user_id: userId } = body;
  const team = typeof teamId === 'string' ? await requireTeam(session, actor, teamId) : undefined;
  const organization = typeof organizationId === 'string' ? organizationId : (team?.organization_id ?? null);
  if (team !== undefined && typeof organizationId === 'string' && team.organization_id !== organizationId)
    refuse('invalid_request', 'The team does not belong to this organization.', 'organization_id');
  const wanted = typeof userId === 'string' ? userId : null;
  if (actor.all) return { userId: wanted, organizationId: organization, ...(team === undefined ? {} : { team }) };

  if (actor.userId === undefined) return refuseAdminOnly(options.path);
  if (team === undefined && options.personalKeysDisabled)
    refuse('invalid_request', 'Keys without a team are disabled on this proxy: name a team_id.', 'team_id');
  if (team === undefined && organization !== null && !actor.organizations.includes(organization))
    notThere('organization', organization);
  if (team !== undefined && !managesTeam(actor, team) && !memberMay(actor, team, '/key/generate'))
    refuse('auth_error', `Authentication Error, Team member does not have permissions for endpoint: ${options.path}.`);
  // A key in somebody else's name would be that somebody: only an administrator hands those out.
  if (wanted !== null && wanted !== actor.userId)
    refuse(
      'permission_denied',
      'Only proxy admin can make keys for another user: leave out user_id, or name your own.',
      'user_id',
    );
  if (options.service === true && team !== undefined && !managesTeam(actor, team))
    refuse('permission_denied', 'Only an admin of the team makes keys for its services.');
  return {
    userId: options.service === true ? null : actor.userId,
    organizationId: organization,
    ...(team === undefined ? {} : { team }),
  };
}

const ADMIN_ONLY = [
  'allowed_routes',
  'permissions',
  'budget_id',
  'spend',
  'temp_budget_increase',
  'allowed_passthrough_routes',
] as const;

/** Fields that lift limits which an administrator set. */
export function refuseAdminFields(actor: Actor, body: Body): void {
  if (actor.all) return;
  for (const field of ADMIN_ONLY)
    if (!isEmpty(body[field])) refuse('permission_denied', `Only proxy admin can set ${field}.`, field);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === 0) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** A key's budget may not exceed its holder's, nor its team's. */
export async function requireWithinBudgets(
  session: Session,
  actor: Actor,
  body: Body,
  { userId, team }: Pick<Owner, 'userId' | 'team'>,
): Promise<void> {
  const { max_budget: budget } = body;
  if (typeof budget !== 'number' || actor.all) return;
  const limits = [
    ...(team === undefined && userId !== null ? [['user', userId] as const] : []),
    ...(team === undefined ? [] : [['team', team.id] as const]),
  ];
  for (const [scope, id] of limits) {
    const [account] = (await readAccounts(session, [scope], [id])).filter(({ period }) => period === '');
    if (account?.maxNano !== undefined && toNano(budget) > account.maxNano)
      refuse('invalid_request', `max_budget is over the budget of the key's ${scope}.`, 'max_budget');
  }
}

/** What an owner who is no manager may not change: whatever widens the key beyond what it was given. */
const LIMITS = [
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
  'model_rpm_limit',
  'model_tpm_limit',
  'temp_budget_increase',
  'temp_budget_expiry',
  'models',
  'aliases',
  'access_group_ids',
  'duration',
  'tags',
  'router_settings',
  'budget_fallbacks',
  'object_permission',
  'guardrails',
  'disable_global_guardrails',
  'organization_id',
  'key_type',
  'enforced_params',
  'metadata',
] as const;

export function refuseWidening(actor: Actor, key: Key, team: Team | undefined, body: Body): void {
  if (managesKey(actor, key, team)) return;
  if (body['blocked'] !== undefined) refuse('permission_denied', 'Only an admin blocks and unblocks keys.', 'blocked');
  // Whoever made the key chose its limits.
  if (key.created_by === actor.userId) return;
  for (const field of LIMITS)
    if (body[field] !== undefined)
      refuse('permission_denied', `Only an admin can change ${field} of a key that an admin made.`, field);
}

/** An administrator of the proxy, of the key's team or of its organization. */
export function managesKey(actor: Actor, key: Key, team: Team | undefined): boolean {
  if (team !== undefined) return managesTeam(actor, team);
  return rules(actor, key.organization_id);
}

export function seesKey(actor: Actor, key: Key, team: Team | undefined): boolean {
  return (
    actor.seesAll ||
    key.id === actor.keyId ||
    (actor.userId !== undefined && key.user_id === actor.userId) ||
    managesKey(actor, key, team) ||
    (team !== undefined && memberMay(actor, team, '/key/info'))
  );
}

/** Whether the caller may change the key by this route; it sees it already. */
export function mayChange(actor: Actor, key: Key, team: Team | undefined, route: string): boolean {
  if (managesKey(actor, key, team)) return true;
  const own = actor.userId !== undefined && key.user_id === actor.userId;
  return team === undefined ? own : own && memberMay(actor, team, route);
}
