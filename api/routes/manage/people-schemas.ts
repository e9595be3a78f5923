/** What the routes of users, teams and organizations take. */
import { z } from 'zod';
import { USER_ROLES } from '../../../activities/store/access/principals.ts';
import { COMMON_FIELDS, count, duration, name, names, period, usd } from './fields.ts';
import { keyGenerateSchema } from './key-schemas.ts';

const aliases = z.record(z.string(), name);
const email = z
  .string()
  .max(320)
  .regex(/^[^\s@]+@[^\s@]+$/, 'expected an e-mail address');

const page = (fallback: string) =>
  z
    .string()
    .regex(/^[1-9]\d{0,5}$/, 'expected a whole number ≥ 1')
    .default(fallback)
    .transform(Number);
const size = (fallback: string, max: number) => page(fallback).pipe(z.number().max(max));
const order = z.enum(['asc', 'desc']);

const USER_FIELDS = {
  ...COMMON_FIELDS,
  user_email: email.nullish(),
  user_alias: name.nullish(),
  user_role: z.enum(USER_ROLES).nullish(),
  sso_user_id: name.nullish(),
  aliases: aliases.nullish(),
} as const;

export const userNewSchema = z.object({
  ...keyGenerateSchema.shape,
  ...USER_FIELDS,
  user_id: name.nullish(),
  teams: z.array(z.union([name, z.looseObject({ team_id: name, max_budget_in_team: usd.nullish() })])).nullish(),
  organizations: names.nullish(),
  auto_create_key: z.boolean().default(true),
  password: z.never({ error: 'users have no passwords here' }).optional(),
});

export const userUpdateSchema = z.object({
  ...USER_FIELDS,
  user_id: name.nullish(),
  password: z.never({ error: 'users have no passwords here' }).optional(),
});

export const userBulkUpdateSchema = z.object({
  users: z.array(userUpdateSchema).min(1).max(500).nullish(),
  all_users: z.boolean().nullish(),
  user_updates: userUpdateSchema.nullish(),
});

export const userDeleteSchema = z.object({ user_ids: names.min(1) });
export const userInfoQuerySchema = z.object({ user_id: name.optional() });
export const userListQuerySchema = z.object({
  role: z.enum(USER_ROLES).optional(),
  user_ids: z.string().max(10_000).optional().meta({ description: 'Ids, separated by commas.' }),
  user_email: z.string().max(320).optional().meta({ description: 'A part of the address.' }),
  sso_user_ids: z.string().max(10_000).optional(),
  team: name.optional(),
  page: page('1'),
  page_size: size('25', 100),
  sort_by: z
    .enum(['user_id', 'user_email', 'user_alias', 'user_role', 'created_at', 'updated_at'])
    .default('created_at'),
  sort_order: order.default('desc'),
});

export const teamMemberSchema = z
  .object({ role: z.enum(['admin', 'user']), user_id: name.nullish(), user_email: email.nullish() })
  .refine(
    ({ user_id: id, user_email: address }) => typeof id === 'string' || typeof address === 'string',
    'name the member by user_id or user_email',
  );

const MEMBER_DEFAULTS = {
  team_member_budget: usd.nullish(),
  team_member_budget_duration: period.nullish(),
  team_member_rpm_limit: count.nullish(),
  team_member_tpm_limit: count.nullish(),
  team_member_key_duration: duration.nullish(),
  default_team_member_models: names.nullish(),
} as const;

export const MEMBER_DEFAULT_FIELDS: readonly string[] = Object.keys(MEMBER_DEFAULTS);

const TEAM_FIELDS = {
  ...COMMON_FIELDS,
  ...MEMBER_DEFAULTS,
  team_alias: name.nullish(),
  organization_id: name.nullish(),
  model_aliases: aliases.nullish(),
  access_group_ids: names.nullish(),
  team_member_permissions: names.nullish(),
} as const;

export const teamNewSchema = z.object({
  ...TEAM_FIELDS,
  team_id: name.nullish(),
  members_with_roles: z.array(teamMemberSchema).max(10_000).nullish(),
  admins: names.nullish(),
  members: names.nullish(),
});
export const teamUpdateSchema = z.object({ ...TEAM_FIELDS, team_id: name });
export const teamPatchSchema = z.object(TEAM_FIELDS);
export const teamDeleteSchema = z.object({ team_ids: names.min(1) });
export const teamNamedSchema = z.object({ team_id: name });
export const teamInfoQuerySchema = z.object({ team_id: name.optional() });
export const teamListQuerySchema = z.object({ user_id: name.optional(), organization_id: name.optional() });
export const teamPageQuerySchema = z.object({
  user_id: name.optional(),
  organization_id: name.optional(),
  team_id: name.optional(),
  team_alias: name.optional().meta({ description: 'A part of the alias.' }),
  page: page('1'),
  page_size: size('10', 100),
  sort_by: z.enum(['team_id', 'team_alias', 'created_at']).default('created_at'),
  sort_order: order.default('asc'),
});
export const teamModelsSchema = z.object({ team_id: name, models: names.min(1) });
export const permissionsQuerySchema = z.object({ team_id: name });
export const permissionsUpdateSchema = z.object({ team_id: name, team_member_permissions: names });

const MEMBER_TERMS = {
  max_budget_in_team: usd.nullish(),
  budget_duration: period.nullish(),
  tpm_limit: count.nullish(),
  rpm_limit: count.nullish(),
  allowed_models: names.nullish(),
  temp_budget_increase: usd.nullish(),
  temp_budget_expiry: COMMON_FIELDS.temp_budget_expiry,
} as const;

export const memberAddSchema = z.object({
  team_id: name,
  member: z.union([teamMemberSchema, z.array(teamMemberSchema).min(1).max(1_000)]),
  ...MEMBER_TERMS,
});
export const bulkMemberAddSchema = z.object({
  team_id: name,
  members: z.array(teamMemberSchema).min(1).max(1_000).nullish(),
  all_users: z.boolean().nullish(),
  ...MEMBER_TERMS,
});
export const memberDeleteSchema = z.object({ team_id: name, user_id: name.nullish(), user_email: email.nullish() });
export const memberUpdateSchema = z.object({
  ...memberDeleteSchema.shape,
  role: z.enum(['admin', 'user']).nullish(),
  ...MEMBER_TERMS,
});
export const memberResetSchema = z.object({ reset_to: usd.default(0) });

const ORGANIZATION_FIELDS = { ...COMMON_FIELDS, model_aliases: aliases.nullish() } as const;
export const ORGANIZATION_ROLES = ['org_admin', 'internal_user', 'internal_user_viewer'] as const;

export const organizationNewSchema = z.object({
  ...ORGANIZATION_FIELDS,
  organization_alias: name,
  organization_id: name.nullish(),
});
export const organizationUpdateSchema = z.object({
  ...ORGANIZATION_FIELDS,
  organization_alias: name.nullish(),
  organization_id: name,
});
export const organizationDeleteSchema = z.object({ organization_ids: names.min(1) });
export const organizationQuerySchema = z.object({ organization_id: name });
export const organizationListQuerySchema = z.object({ org_id: name.optional(), org_alias: name.optional() });

const organizationMember = z
  .object({ role: z.enum(ORGANIZATION_ROLES), user_id: name.nullish(), user_email: email.nullish() })
  .refine(
    ({ user_id: id, user_email: address }) => typeof id === 'string' || typeof address === 'string',
    'name the member by user_id or user_email',
  );

export const organizationMemberAddSchema = z.object({
  organization_id: name,
  member: z.union([organizationMember, z.array(organizationMember).min(1).max(1_000)]),
  max_budget_in_organization: usd.nullish(),
});
export const organizationMemberSchema = z.object({
  organization_id: name,
  user_id: name.nullish(),
  user_email: email.nullish(),
  role: z.enum(ORGANIZATION_ROLES).nullish(),
  max_budget_in_organization: usd.nullish(),
});

const shown = (id: string, fields: z.ZodRawShape) => z.looseObject(fields).meta({ id });

export const userSchema = shown('User', {
  user_id: z.string(),
  user_email: z.string().nullable(),
  user_role: z.string(),
  spend: z.number(),
  max_budget: z.number().nullable(),
});
export const newUserSchema = shown('NewUser', {
  user_id: z.string(),
  key: z.string().meta({ description: 'Empty with auto_create_key: false.' }),
});
export const teamSchema = shown('Team', {
  team_id: z.string(),
  team_alias: z.string().nullable(),
  models: z.array(z.string()),
  members_with_roles: z.array(z.looseObject({ user_id: z.string(), role: z.string() })),
  spend: z.number(),
  max_budget: z.number().nullable(),
  blocked: z.boolean(),
});
export const organizationSchema = shown('Organization', {
  organization_id: z.string(),
  organization_alias: z.string(),
  models: z.array(z.string()),
  spend: z.number(),
});
