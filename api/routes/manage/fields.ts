/** The fields that management requests have in common, as they stand on the wire. `null` clears, absence keeps. */
import { z } from 'zod';
import { toPeriod } from '../../../activities/store/access/budget-period.ts';
import { parseDuration } from '../../../activities/config/duration.ts';

const MAX_LIST = 10_000;
/** A trillion dollars: more is a mistake, and would not fit where money is counted. */
const MAX_USD = 1e12;
const MAX_COUNT = Number.MAX_SAFE_INTEGER;

export const name = z.string().min(1).max(500);
export const names = z.array(name).max(MAX_LIST);
export const map = z.record(z.string(), z.unknown());
/** zod refuses Infinity, which JSON can spell as 1e999; a budget of it would be none. */
export const usd = z.number().min(0).max(MAX_USD);
export const count = z.number().int().min(0).max(MAX_COUNT);
export const period = z
  .string()
  .max(50)
  .refine((text) => toPeriod(text) !== undefined, 'expected a duration such as "1d", "30d", "1mo" or "daily"')
  .transform((text) => toPeriod(text) ?? text);
export const duration = z
  .string()
  .max(50)
  .refine(
    (text) => text === '-1' || (/[a-z]$/.test(text) && parseDuration(text, 1_000) !== undefined),
    'expected a duration such as "30s", "30m", "30h", "30d" or "1mo"',
  );
export const instant = z
  .string()
  .max(50)
  .refine((text) => !Number.isNaN(Date.parse(text)), 'expected a date and time such as "2026-12-31T00:00:00Z"');

const modelBudget = z.union([
  usd,
  z.looseObject({
    max_budget: usd.nullish(),
    budget_limit: usd.nullish(),
    budget_duration: period.nullish(),
    time_period: period.nullish(),
    tpm_limit: count.nullish(),
    rpm_limit: count.nullish(),
  }),
]);

export const modelBudgets = z.record(z.string().min(1), modelBudget);
export const budgetWindows = z
  .array(z.looseObject({ budget_duration: period, max_budget: usd, reset_at: instant.nullish() }))
  .max(20);

export const LIMIT_FIELDS = {
  max_budget: usd.nullish(),
  soft_budget: usd.nullish(),
  budget_duration: period.nullish(),
  budget_limits: budgetWindows.nullish(),
  budget_id: name.nullish(),
  tpm_limit: count.nullish(),
  rpm_limit: count.nullish(),
  tpd_limit: count.nullish(),
  max_parallel_requests: count.nullish(),
  model_max_budget: modelBudgets.nullish(),
  model_rpm_limit: z.record(z.string(), count).nullish(),
  model_tpm_limit: z.record(z.string(), count).nullish(),
  temp_budget_increase: usd.nullish(),
  temp_budget_expiry: instant.nullish(),
} as const;

const limitType = z.enum(['guaranteed_throughput', 'best_effort_throughput', 'dynamic']);

/** Kept and given back beside `metadata`; each is read by the part of the gateway that it is about. */
export const SETTING_FIELDS = {
  project_id: name.nullish(),
  agent_id: name.nullish(),
  budget_fallbacks: z.record(z.string(), names).nullish(),
  throttle_on_budget_exceeded: z.boolean().nullish(),
  rpm_limit_type: limitType.nullish(),
  tpm_limit_type: limitType.nullish(),
  mcp_rpm_limit: z.record(z.string(), count).nullish(),
  tag_rpm_limit: z.record(z.string(), count).nullish(),
  allowed_cache_controls: names.nullish(),
  allowed_passthrough_routes: names.nullish(),
  denied_passthrough_routes: names.nullish(),
  policies: names.nullish(),
  prompts: names.nullish(),
  disable_global_guardrails: z.boolean().nullish(),
  object_permission: map.nullish(),
  router_settings: map.nullish(),
  end_user_budget_id: name.nullish(),
  enable_prompt_caching: z.boolean().nullish(),
  default_estimated_output_tokens: count.nullish(),
  default_estimated_output_tokens_per_model: z.record(z.string(), count).nullish(),
  config: map.nullish(),
} as const;

/** As in LiteLLM, these stand in `metadata` once they are stored. */
export const METADATA_FIELDS = {
  tags: names.nullish(),
  guardrails: names.nullish(),
  enforced_params: names.nullish(),
} as const;

export const COMMON_FIELDS = {
  ...LIMIT_FIELDS,
  ...SETTING_FIELDS,
  ...METADATA_FIELDS,
  metadata: map.nullish(),
  models: names.nullish(),
  blocked: z.boolean().nullish(),
  spend: usd.nullish(),
} as const;

export type Body = Readonly<Record<string, unknown>>;
