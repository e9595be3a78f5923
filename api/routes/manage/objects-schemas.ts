/** What the routes of customers, budgets, tags, access groups and the record of changes take. */
import { z } from 'zod';
import { COMMON_FIELDS, count, instant, LIMIT_FIELDS, modelBudgets, name, names, period, usd } from './fields.ts';

const CUSTOMER_FIELDS = {
  ...COMMON_FIELDS,
  alias: name.nullish(),
  allowed_model_region: z.enum(['eu', 'us']).nullish(),
  default_model: name.nullish(),
} as const;

export const customerSchema = z.object({ ...CUSTOMER_FIELDS, user_id: name });
export const customersSchema = z.object({ user_ids: names.min(1) });
export const customerQuerySchema = z.object({ end_user_id: name });

const BUDGET_FIELDS = {
  max_budget: usd.nullish(),
  soft_budget: usd.nullish(),
  max_parallel_requests: count.nullish(),
  tpm_limit: count.nullish(),
  rpm_limit: count.nullish(),
  tpd_limit: count.nullish(),
  budget_duration: period.nullish(),
  budget_reset_at: instant.nullish(),
  model_max_budget: modelBudgets.nullish(),
  allowed_models: names.nullish(),
} as const;

export const budgetNewSchema = z.object({ ...BUDGET_FIELDS, budget_id: name.nullish() });
export const budgetUpdateSchema = z.object({ ...BUDGET_FIELDS, budget_id: name });
export const budgetInfoSchema = z.object({ budgets: names });
export const budgetDeleteSchema = z.object({ id: name });
export const budgetQuerySchema = z.object({ budget_id: name });

const TAG_FIELDS = {
  ...LIMIT_FIELDS,
  description: z.string().max(5_000).nullish(),
  models: names.nullish(),
  metadata: COMMON_FIELDS.metadata,
  spend: usd.nullish(),
} as const;
export const tagSchema = z.object({ ...TAG_FIELDS, name });
export const tagNamesSchema = z.object({ names });
export const tagNamedSchema = z.object({ name });

export const accessGroupNewSchema = z.object({
  access_group: name.nullish(),
  access_group_name: name.nullish(),
  description: z.string().max(5_000).nullish(),
  model_names: names.nullish(),
  access_model_names: names.nullish(),
});
export const accessGroupUpdateSchema = z.object({
  model_names: names.nullish(),
  access_model_names: names.nullish(),
  description: z.string().max(5_000).nullish(),
});

const page = (fallback: string) =>
  z
    .string()
    .regex(/^[1-9]\d{0,5}$/, 'expected a whole number ≥ 1')
    .default(fallback)
    .transform(Number);

export const auditQuerySchema = z.object({
  page: page('1'),
  page_size: page('10').pipe(z.number().max(100)),
  changed_by: name.optional(),
  changed_by_api_key: name.optional().meta({ description: 'The token of a key.' }),
  action: z.enum(['created', 'updated', 'deleted', 'blocked', 'unblocked', 'rotated']).optional(),
  table_name: name.optional(),
  object_id: name.optional(),
  start_date: instant.optional(),
  end_date: instant.optional(),
  sort_by: z.enum(['updated_at']).default('updated_at'),
  sort_order: z.enum(['asc', 'desc']).default('desc'),
});

export const auditEntrySchema = z
  .object({
    id: z.string(),
    updated_at: z.string(),
    changed_by: z.string().nullable(),
    changed_by_api_key: z.string().nullable(),
    action: z.string(),
    table_name: z.string(),
    object_id: z.string(),
    before_value: z.unknown(),
    updated_values: z.unknown(),
  })
  .meta({ id: 'AuditEntry' });

export const auditSchema = z.object({
  audit_logs: z.array(auditEntrySchema),
  total: z.number().int(),
  page: z.number().int(),
  page_size: z.number().int(),
  total_pages: z.number().int(),
});
