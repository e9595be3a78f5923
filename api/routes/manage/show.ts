/** Managed rows as LiteLLM's callers know them. Money is US dollars, times are ISO. */
import type { Account } from '../../../activities/store/access/accounts.ts';
import type { Row } from '../../../activities/store/access/entities.ts';
import type { OrganizationMember, TeamMember } from '../../../activities/store/access/members.ts';
import type { Body } from './fields.ts';
import { toUsd } from './money.ts';

type Accounts = readonly Account[];

export function accountsOf(accounts: Accounts, id: string): Accounts {
  return accounts.filter((account) => account.id === id);
}

function ownOf(accounts: Accounts): Account | undefined {
  return accounts.find(
    (account) => account.detail === '' && account.period === '' && !account.scope.endsWith('_model'),
  );
}

/** What every one of them has. */
export function showBudget(accounts: Accounts): Body {
  const own = ownOf(accounts);
  const windows = accounts.filter((account) => account.period !== '');
  const models = accounts.filter((account) => account.scope.endsWith('_model'));
  return {
    spend: toUsd(own?.spendNano ?? 0n),
    total_spend: toUsd(own?.totalNano ?? 0n),
    max_budget: toUsd(own?.maxNano),
    soft_budget: toUsd(own?.softNano),
    budget_duration: own?.duration ?? null,
    budget_reset_at: own?.resetsAt?.toISOString() ?? null,
    budget_limits: windows.map((account) => ({
      budget_duration: account.period,
      max_budget: toUsd(account.maxNano),
      spend: toUsd(account.spendNano),
      reset_at: account.resetsAt?.toISOString() ?? null,
    })),
    model_spend: Object.fromEntries(models.map((account) => [account.detail, toUsd(account.spendNano)])),
    ...(own?.extraUntil === undefined
      ? {}
      : { temp_budget_increase: toUsd(own.extraNano), temp_budget_expiry: own.extraUntil.toISOString() }),
  };
}

type Limited = Pick<
  Row<'key'>,
  | 'tpm_limit'
  | 'rpm_limit'
  | 'tpd_limit'
  | 'max_parallel_requests'
  | 'model_max_budget'
  | 'budget_id'
  | 'metadata'
  | 'settings'
  | 'created_at'
  | 'created_by'
  | 'updated_at'
  | 'updated_by'
>;

function showCommon(row: Limited, accounts: Accounts): Body {
  return {
    ...row.settings,
    tpm_limit: row.tpm_limit,
    rpm_limit: row.rpm_limit,
    tpd_limit: row.tpd_limit,
    max_parallel_requests: row.max_parallel_requests,
    model_max_budget: row.model_max_budget,
    budget_id: row.budget_id,
    ...showBudget(accounts),
    metadata: row.metadata,
    created_at: row.created_at?.toISOString() ?? null,
    created_by: row.created_by,
    updated_at: row.updated_at?.toISOString() ?? null,
    updated_by: row.updated_by,
  };
}

export type KeyStatus = 'active' | 'expired' | 'revoked';

export function statusOf(row: Row<'key'>, nowMs: number): KeyStatus {
  if (row.blocked) return 'revoked';
  return row.expires_at !== null && row.expires_at.getTime() <= nowMs ? 'expired' : 'active';
}

export function showKey(row: Row<'key'>, accounts: Accounts): Body {
  return {
    key_name: row.name,
    key_alias: row.alias,
    key_type: row.key_type,
    expires: row.expires_at?.toISOString() ?? null,
    models: row.models,
    aliases: row.aliases,
    user_id: row.user_id,
    team_id: row.team_id,
    organization_id: row.organization_id,
    allowed_routes: row.allowed_routes,
    access_group_ids: row.access_group_ids,
    permissions: row.permissions,
    blocked: row.blocked,
    tags: row.metadata['tags'] ?? [],
    auto_rotate: row.rotation_interval !== null,
    rotation_interval: row.rotation_interval,
    last_rotation_at: row.rotated_at?.toISOString() ?? null,
    ...showCommon(row, accounts),
  };
}

/** What lists and answers identify it by, beside the fields. */
export function showKeyWithToken(row: Row<'key'>, accounts: Accounts): Body {
  return { token: row.id, token_id: row.id, ...showKey(row, accounts) };
}

export function showUser(
  row: Row<'user'>,
  accounts: Accounts,
  teams: readonly TeamMember[],
  organizations: readonly OrganizationMember[],
): Body {
  return {
    user_id: row.id,
    user_email: row.email,
    user_alias: row.alias,
    user_role: row.role,
    sso_user_id: row.sso_user_id,
    models: row.models,
    aliases: row.model_aliases,
    blocked: row.blocked,
    teams: teams.map((member) => member.teamId),
    organizations: organizations.map((member) => member.organizationId),
    organization_memberships: organizations.map(showOrganizationMember),
    ...showCommon(row, accounts),
  };
}

export function showTeam(row: Row<'team'>, accounts: Accounts, members: readonly TeamMember[]): Body {
  return {
    team_id: row.id,
    team_alias: row.alias,
    organization_id: row.organization_id,
    models: row.models,
    model_aliases: row.model_aliases,
    access_group_ids: row.access_group_ids,
    admins: members.filter((member) => member.role === 'admin').map((member) => member.userId),
    members: members.map((member) => member.userId),
    members_with_roles: members.map((member) => ({ user_id: member.userId, role: member.role })),
    team_member_permissions: row.member_permissions,
    ...row.member_defaults,
    blocked: row.blocked,
    tags: row.metadata['tags'] ?? [],
    ...showCommon(row, accounts),
  };
}

/** `accounts` are those of the scope `team_member` of this team. */
export function showMembership(member: TeamMember, accounts: Accounts): Body {
  const own = accounts.find((account) => account.id === member.teamId && account.detail === member.userId);
  return {
    user_id: member.userId,
    team_id: member.teamId,
    budget_id: member.budgetId ?? null,
    spend: toUsd(own?.spendNano ?? 0n),
    allowed_models: member.models,
    litellm_budget_table: {
      max_budget: toUsd(own?.maxNano),
      budget_duration: own?.duration ?? null,
      budget_reset_at: own?.resetsAt?.toISOString() ?? null,
      tpm_limit: member.tpmLimit ?? null,
      rpm_limit: member.rpmLimit ?? null,
    },
  };
}

export function showOrganizationMember(member: OrganizationMember): Body {
  return {
    user_id: member.userId,
    organization_id: member.organizationId,
    user_role: member.role,
    budget_id: member.budgetId ?? null,
    created_at: member.createdAt.toISOString(),
    updated_at: member.updatedAt.toISOString(),
  };
}

export function showOrganization(
  row: Row<'organization'>,
  accounts: Accounts,
  members: readonly OrganizationMember[],
): Body {
  const common = showCommon(row, accounts);
  return {
    organization_id: row.id,
    organization_alias: row.alias,
    models: row.models,
    model_aliases: row.model_aliases,
    blocked: row.blocked,
    members: members.map(showOrganizationMember),
    ...common,
    litellm_budget_table: {
      budget_id: row.budget_id,
      max_budget: common['max_budget'],
      soft_budget: common['soft_budget'],
      budget_duration: common['budget_duration'],
      budget_reset_at: common['budget_reset_at'],
      tpm_limit: row.tpm_limit,
      rpm_limit: row.rpm_limit,
      max_parallel_requests: row.max_parallel_requests,
      model_max_budget: row.model_max_budget,
    },
  };
}

export function showCustomer(row: Row<'customer'>, accounts: Accounts): Body {
  const common = showCommon(row, accounts);
  return {
    user_id: row.id,
    alias: row.alias,
    blocked: row.blocked,
    models: row.models,
    default_model: row.default_model,
    allowed_model_region: row.allowed_model_region,
    ...common,
    litellm_budget_table:
      ownOf(accounts)?.maxNano === undefined && row.budget_id === null
        ? null
        : {
            budget_id: row.budget_id,
            max_budget: common['max_budget'],
            soft_budget: common['soft_budget'],
            budget_duration: common['budget_duration'],
            budget_reset_at: common['budget_reset_at'],
          },
  };
}

export function showTag(row: Row<'tag'>, accounts: Accounts): Body {
  return { name: row.id, description: row.description, models: row.models, ...showCommon(row, accounts) };
}
