/** The schema of a configuration file: LiteLLM's sections and our own. One place per key; defaults beside it. */
import { z } from 'zod';
import { fallbackList } from './fallbacks.ts';
import {
  anyMap,
  decimal,
  flag,
  kind,
  mapOf,
  milliseconds,
  names,
  networks,
  notServed,
  notServedBeyond,
  notServedOn,
  oneOf,
  renamed,
  seconds,
  text,
  url,
  webhookSecrets,
  whole,
} from './kinds.ts';
import {
  GENERAL_SETTINGS,
  LITELLM_SETTINGS,
  LITELLM_SETTINGS_ON,
  ROUTER_SETTINGS,
  ROUTER_SETTINGS_ON,
  SECTIONS,
} from './not-served.ts';
import { deploymentParamsSchema, deploymentSchema } from './schema-deployment.ts';

export const DEFAULTS = {
  numRetries: 2,
  retryAfterMs: 0,
  maxFallbacks: 5,
  timeoutMs: 600_000, // 10 min: what LiteLLM's chat calls get when nothing is set
  cooldownTimeMs: 5_000,
  maxUnsettled: 2_000, // requests, per process
  maxQueueMs: 5_000,
  drainMs: 60_000,
  leaseMs: 10_000,
  retentionMs: 604_800_000, // 7 days
  latencySamples: 10,
  latencyTtlMs: 3_600_000, // 1 h
  batchConcurrency: 200,
  streamRetentionMs: 172_800_000, // 2 days
  maxBodyMb: 32, // MiB
  temporalNamespace: 'default',
  temporalTaskQueue: 'holdfast',
} as const;

const groups = 'Of the form [{"gpt-4o": ["claude"]}]: when a request to gpt-4o has failed, claude is tried.';

/** Keys that LiteLLM takes in both `litellm_settings` and `router_settings`; the latter wins. */
const shared = {
  num_retries: whole().optional().describe(`Further attempts after the first failed. Default ${DEFAULTS.numRetries}.`),
  fallbacks: fallbackList().optional().describe(groups),
  context_window_fallbacks: fallbackList()
    .optional()
    .describe('The same, for requests that are too long for the model.'),
  content_policy_fallbacks: fallbackList()
    .optional()
    .describe("The same, for requests the provider's content policy refused."),
  default_fallbacks: names().optional().describe('Tried for every model without fallbacks of its own.'),
  max_fallbacks: whole().optional().describe(`Default ${DEFAULTS.maxFallbacks}.`),
  allowed_fails: whole().optional().describe('Failures before a deployment cools down. Default: by its failure rate.'),
};

const credential = z.looseObject(
  {
    credential_name: text(),
    credential_values: deploymentParamsSchema
      .partial()
      .describe('litellm_params that deployments with litellm_credential_name: <name> get.'),
    credential_info: anyMap().optional(),
  },
  { error: 'expected a map with credential_name and credential_values' },
);

const credentialList = z.array(credential, { error: 'expected a list of credentials' });

const keyCaps = z.strictObject(
  {
    max_budget: decimal().optional().describe('US dollars.'),
    budget_duration: text().optional(),
    duration: text().optional(),
    tpm_limit: whole().optional(),
    rpm_limit: whole().optional(),
    max_parallel_requests: whole().optional(),
  },
  { error: 'expected a map of limits' },
);

const litellmSettings = z.looseObject(
  {
    ...shared,
    drop_params: flag()
      .optional()
      .describe('Leave out parameters that a provider does not have, instead of a 400. Default false.'),
    modify_params: notServedBeyond(false, flag())
      .optional()
      .describe('Repair requests a provider would refuse. Default false.'),
    request_timeout: seconds().optional().describe('Whole attempt, seconds. Default 600.'),
    credential_list: credentialList.optional().describe('As credential_list at the top.'),
    user_url_validation: flag()
      .optional()
      .describe('Fetch what messages point to from public https addresses only. Default true.'),
    user_url_allowed_hosts: names()
      .optional()
      .describe('Hosts, or host:port, that may be fetched from whatever their address is.'),
    default_key_generate_params: anyMap()
      .optional()
      .describe('Fields of /key/generate that a new key gets where the request does not name them.'),
    upperbound_key_generate_params: keyCaps
      .optional()
      .describe('The most that a new key may get; a key that names nothing gets this.'),
    default_internal_user_params: anyMap()
      .optional()
      .describe('Fields of /user/new that a new user gets where the request does not name them.'),
    default_team_params: anyMap()
      .optional()
      .describe('Fields of /team/new that a new team gets where the request does not name them.'),
    max_internal_user_budget: decimal().optional().describe('US dollars, for new internal users without max_budget.'),
    internal_user_budget_duration: text().optional().describe('When that budget starts anew: 1d, 30d, …'),
    store_audit_logs: flag().optional().describe('Every change is recorded, whatever is set here; read it at /audit.'),
    set_verbose: renamed('the environment variable LITELLM_LOG=DEBUG'),
    ...notServed(LITELLM_SETTINGS),
    ...notServedOn(LITELLM_SETTINGS_ON),
  },
  { error: 'expected a map of settings' },
);

export const STRATEGIES = [
  'simple-shuffle',
  'least-busy',
  'usage-based-routing',
  'usage-based-routing-v2',
  'latency-based-routing',
  'cost-based-routing',
] as const;

const failureClasses = [
  'BadRequest',
  'Authentication',
  'Timeout',
  'RateLimit',
  'ContentPolicyViolation',
  'InternalServer',
  'ServiceUnavailable',
  'BadGateway',
  'NotFound',
] as const;

/** `RateLimitErrorRetries: 3` and the like, by the class of the failure. */
function policy(suffix: string, more: Record<string, ReturnType<typeof optionalWhole>> = {}) {
  const keys = failureClasses.map((name) => [`${name}Error${suffix}`, optionalWhole()] as const);
  return z.strictObject(
    { ...Object.fromEntries(keys), ...more },
    { error: `expected a map such as {RateLimitError${suffix}: 3}` },
  );
}

function optionalWhole() {
  return whole().optional();
}

const retryPolicy = policy('Retries', { DefaultRetries: optionalWhole() });

const alias = z.union(
  [
    text(),
    z.strictObject({
      model: text().describe('A model group.'),
      hidden: flag().optional().describe('Not listed by /v1/models. Default false.'),
    }),
  ],
  { error: 'expected the name of a model group, or {model: …, hidden: true}' },
);

const routerSettings = z.looseObject(
  {
    ...shared,
    routing_strategy: oneOf(STRATEGIES)
      .optional()
      .describe('How a deployment of a group is chosen. Default simple-shuffle.'),
    routing_strategy_args: z
      .looseObject(
        {
          ttl: seconds().optional().describe('How long a sample counts, seconds. Default 3600.'),
          lowest_latency_buffer: decimal()
            .optional()
            .describe('0.5: a deployment up to half as slow again as the fastest is as good. Default 0.'),
          max_latency_list_size: whole(1)
            .optional()
            .describe(`Samples that count. Default ${DEFAULTS.latencySamples}.`),
          ...notServed(['ttft_percentile']),
        },
        { error: 'expected a map of settings' },
      )
      .optional()
      .describe('For latency-based-routing.'),
    timeout: seconds().optional().describe('Whole attempt, seconds. Default 600.'),
    stream_timeout: seconds().optional().describe('To the first chunk of a stream, seconds. Default: as timeout.'),
    retry_after: seconds().optional().describe('Least wait before another attempt, seconds. Default 0.'),
    retry_policy: retryPolicy.optional().describe('Number of further attempts by class of failure.'),
    model_group_retry_policy: mapOf(retryPolicy).optional().describe('The same for single model groups; wins.'),
    allowed_fails_policy: policy('AllowedFails').optional().describe('allowed_fails by class of failure.'),
    cooldown_time: seconds()
      .optional()
      .describe('How long a deployment is left alone after failures, seconds. Default 5.'),
    disable_cooldowns: flag().optional().describe('Default false.'),
    enable_pre_call_checks: flag()
      .optional()
      .describe('Skip deployments whose context window is too small. Default false.'),
    optional_pre_call_checks: names()
      .optional()
      .describe(
        'deployment_affinity, session_affinity, prompt_caching: requests of one key, session or cached prompt stay with a deployment. enforce_model_rate_limits: rpm and tpm are limits.',
      ),
    enable_tag_filtering: flag().optional().describe('Tags of a request choose among deployments. Default false.'),
    tag_filtering_match_any: flag()
      .optional()
      .describe('Whether one common tag is enough, or a deployment needs all. Default true.'),
    model_group_alias: mapOf(alias).optional().describe('Other names for model groups: {alias: group}.'),
    default_max_parallel_requests: whole(1).optional().describe('For deployments without max_parallel_requests.'),
    default_litellm_params: deploymentParamsSchema
      .partial()
      .optional()
      .describe('litellm_params for deployments that do not give them.'),
    redis_url: text()
      .optional()
      .describe(
        'redis://… or rediss://…: what processes know of deployments is shared through it, not through the database.',
      ),
    redis_host: text().optional(),
    redis_port: whole(1).optional().describe('Default 6379.'),
    redis_username: text().optional(),
    redis_password: text().optional(),
    redis_db: whole().optional(),
    ...notServed(ROUTER_SETTINGS),
    ...notServedOn(ROUTER_SETTINGS_ON),
    set_verbose: renamed('the environment variable LITELLM_LOG=DEBUG'),
  },
  { error: 'expected a map of settings' },
);

const passThroughEndpoint = z.looseObject(
  {
    path: kind(
      'a path such as "/v1/search"',
      (value) => (typeof value === 'string' && /^\/[\w./~-]*[\w~-]\/?$/.test(value) ? value : undefined),
      { type: 'string', pattern: '^/' },
    ).describe('Where callers send their requests.'),
    target: url().describe('Where they go.'),
    headers: anyMap().optional().describe('Sent with every request: the credential of the target.'),
    default_query_params: anyMap().optional().describe('Parameters of the query where the caller gave none.'),
    include_subpath: flag().optional().describe('Whether paths below this one are served, too. Default false.'),
    cost_per_request: decimal().optional().describe('US dollars.'),
    timeout: seconds().optional().describe('Whole call, seconds. Default: pass_through_request_timeout.'),
    auth: flag().optional().describe('Whether a key is needed. Default true.'),
    methods: names().optional().describe('Default: all.'),
    id: text().optional(),
    ...notServed(['guardrails']),
  },
  { error: 'expected a map with path and target' },
);

const generalSettings = z.looseObject(
  {
    master_key: text()
      .optional()
      .describe(
        'The operator\'s key: "sk-" and at least 17 further characters. Default: made and kept on first start.',
      ),
    dangerously_permit_weak_or_unset_master_key: flag()
      .optional()
      .describe('For trying things out only. Default false.'),
    default_team_disabled: flag()
      .optional()
      .describe('Only administrators may make keys that belong to no team. Default false.'),
    user_api_key_cache_ttl: seconds()
      .optional()
      .describe('How long a key is taken from memory, seconds; changes are heard of at once. Default 60.'),
    user_api_key_cache_max_size: whole(1).optional().describe('Keys in memory, per process. Default 10000.'),
    database_url: text().optional().describe('postgresql://… Default: a database of our own in the home folder.'),
    cancel_on_disconnect: flag().optional().describe('As holdfast.cancel_on_disconnect.'),
    max_request_size_mb: decimal().optional().describe('As holdfast.max_body_mb.'),
    pass_through_endpoints: z
      .array(passThroughEndpoint, { error: 'expected a list of endpoints' })
      .optional()
      .describe('Endpoints of your own, whose calls pass to another server.'),
    pass_through_request_timeout: seconds()
      .optional()
      .describe('Whole call behind a pass-through door, seconds. Default 600.'),
    ...notServed(GENERAL_SETTINGS),
  },
  { error: 'expected a map of settings' },
);

const holdfast = z.strictObject(
  {
    workflows: oneOf(['auto', 'per_request'])
      .optional()
      .describe('auto: a workflow per request when quiet, shared ones under load. Default auto.'),
    temporal_down: oneOf(['fail', 'journal'])
      .optional()
      .describe('What happens to a request while Temporal cannot be reached. Default fail (503).'),
    max_unsettled: whole(1)
      .optional()
      .describe(
        `Requests per process that are not settled yet before new ones wait. Default ${DEFAULTS.maxUnsettled}.`,
      ),
    max_queue: milliseconds().optional().describe('How long a request waits for room before 503. Default 5s.'),
    drain: milliseconds().optional().describe('How long a stopping process waits for its requests. Default 60s.'),
    lease: milliseconds(100)
      .optional()
      .describe('How long a process may be silent before its attempts count as lost. Default 10s.'),
    retention: milliseconds(1_000).optional().describe('How long results and idempotency keys are kept. Default 7d.'),
    stream_retention: milliseconds(1_000)
      .optional()
      .describe(
        'How long the events of a stream that has ended are kept, at most as long as its result. Later it is made from the result. Default 2d.',
      ),
    max_body_mb: decimal().optional().describe(`Largest request body, MiB. Default ${DEFAULTS.maxBodyMb}.`),
    delivery: oneOf(['at_least_once', 'at_most_once'])
      .optional()
      .describe('Whether an interrupted provider call is made again. Default at_least_once.'),
    cancel_on_disconnect: flag()
      .optional()
      .describe('Whether a request is cancelled when its caller hangs up. Default false.'),
    pass_through: oneOf(['generating', 'all'])
      .optional()
      .describe(
        "What keys other than the master key may call behind /openai/…, /anthropic/… and the like: endpoints that generate, or all of the provider's account (files, batches, fine-tuning). Default generating.",
      ),
    temporal: z
      .strictObject(
        {
          address: text().optional().describe('host:port. Default: a server of our own.'),
          namespace: text().optional().describe(`Default ${DEFAULTS.temporalNamespace}.`),
          task_queue: text().optional().describe(`Default ${DEFAULTS.temporalTaskQueue}.`),
          ui_url: url().optional().describe('Where people open the Temporal UI; links to requests begin with it.'),
          api_key: text().optional(),
          tls: flag().optional().describe('Default: true with an api_key.'),
        },
        { error: 'expected a map of settings' },
      )
      .optional(),
    batches: z
      .strictObject(
        {
          concurrency: whole(1)
            .optional()
            .describe(
              `Lines of one batch under way at once, per process; fewer after a provider's 429. Default ${DEFAULTS.batchConcurrency}.`,
            ),
        },
        { error: 'expected a map of settings' },
      )
      .optional(),
    webhooks: z
      .strictObject(
        {
          secret: webhookSecrets()
            .optional()
            .describe(
              'What webhooks are signed with: "whsec_…", or a list of them while one is replaced. Without it: no webhooks.',
            ),
          allowed_networks: networks()
            .optional()
            .describe('Networks that are not public and may be sent to, such as 10.0.0.0/8. Default: none.'),
        },
        { error: 'expected a map of settings' },
      )
      .optional(),
  },
  { error: 'expected a map of settings' },
);

export const fileSchema = z.looseObject({
  model_list: z
    .array(deploymentSchema, { error: 'expected a list of deployments' })
    .optional()
    .describe(
      'The deployments. Without this key: the built-in mock provider and every provider whose key is in the environment.',
    ),
  litellm_settings: litellmSettings.optional(),
  router_settings: routerSettings.optional(),
  general_settings: generalSettings.optional(),
  environment_variables: mapOf(text())
    .optional()
    .describe('Read as if they were set in the environment; they win over it.'),
  include: names().optional().describe('Further files, relative to this one: lists are appended, maps are updated.'),
  credential_list: credentialList.optional(),
  holdfast: holdfast.optional().describe("Holdfast's own settings."),
  ...notServed(SECTIONS),
});

export type FileSettings = z.infer<typeof fileSchema>;
export type LitellmSettings = z.infer<typeof litellmSettings>;
export type RouterSection = z.infer<typeof routerSettings>;
export type GeneralSettings = z.infer<typeof generalSettings>;
export type HoldfastSection = z.infer<typeof holdfast>;
export type Credential = z.infer<typeof credential>;
