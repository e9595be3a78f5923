/** A checked file → the resolved configuration. Pure: the environment and the providers are arguments. */
import type {
  AccessSettings,
  Config,
  Deployment,
  Fallbacks,
  HoldfastSettings,
  RetryPolicy,
  RouterSettings,
} from './config.ts';
import { databaseUrl, redisUrl } from './connections.ts';
import type { Environment } from './environment.ts';
import {
  DEFAULTS,
  type FileSettings,
  type GeneralSettings,
  type LitellmSettings,
  type RouterSection,
} from './schema.ts';

const BYTES_PER_MIB = 1024 * 1024;

/** Without a prototype, as every map of names here: a group may be called "constructor". */
const NO_FALLBACKS: Fallbacks = Object.freeze(Object.create(null) as Fallbacks);

export function toConfig(
  settings: FileSettings,
  deployments: readonly Deployment[],
  environment: Environment,
  source: string | undefined,
): Config {
  const litellm = settings.litellm_settings ?? {};
  const general = settings.general_settings ?? {};
  const section = settings.router_settings ?? {};
  const masterKey = general.master_key ?? environment.masterKey;
  const database = databaseUrl(general, environment);
  const redis = redisUrl(section, environment);
  return {
    ...(source !== undefined && { source }),
    deployments,
    router: toRouter(litellm, section, environment),
    dropParams: litellm.drop_params ?? environment.dropParams ?? false,
    modifyParams: litellm.modify_params ?? environment.modifyParams ?? false,
    userUrls: {
      validate: litellm.user_url_validation ?? true,
      allowedHosts: litellm.user_url_allowed_hosts ?? [],
    },
    ...(masterKey !== undefined && { masterKey }),
    ...(environment.keyPepper !== undefined && { keyPepper: environment.keyPepper }),
    access: toAccess(litellm, general),
    ...(database !== undefined && { databaseUrl: database }),
    ...(redis !== undefined && { redisUrl: redis }),
    holdfast: toHoldfast(settings, general, environment),
  };
}

function toAccess(litellm: LitellmSettings, general: GeneralSettings): AccessSettings {
  return {
    keyDefaults: litellm.default_key_generate_params ?? {},
    keyCaps: litellm.upperbound_key_generate_params ?? {},
    userDefaults: litellm.default_internal_user_params ?? {},
    teamDefaults: litellm.default_team_params ?? {},
    personalKeysDisabled: general.default_team_disabled ?? false,
    ...(litellm.max_internal_user_budget !== undefined && { maxUserBudgetUsd: litellm.max_internal_user_budget }),
    ...(litellm.internal_user_budget_duration !== undefined && {
      userBudgetDuration: litellm.internal_user_budget_duration,
    }),
    ...(general.user_api_key_cache_ttl !== undefined && { keyCacheMs: general.user_api_key_cache_ttl }),
    ...(general.user_api_key_cache_max_size !== undefined && { keyCacheSize: general.user_api_key_cache_max_size }),
  };
}

function toRouter(litellm: LitellmSettings, router: RouterSection, environment: Environment): RouterSettings {
  const allowedFails = router.allowed_fails ?? litellm.allowed_fails;
  return {
    strategy: router.routing_strategy ?? 'simple-shuffle',
    numRetries: router.num_retries ?? litellm.num_retries ?? DEFAULTS.numRetries,
    retryAfterMs: router.retry_after ?? DEFAULTS.retryAfterMs,
    ...(router.retry_policy !== undefined && { retryPolicy: toPolicy(router.retry_policy) }),
    groupRetryPolicy: byName(router.model_group_retry_policy ?? {}, toPolicy),
    fallbacks: router.fallbacks ?? litellm.fallbacks ?? NO_FALLBACKS,
    contextWindowFallbacks: router.context_window_fallbacks ?? litellm.context_window_fallbacks ?? NO_FALLBACKS,
    contentPolicyFallbacks: router.content_policy_fallbacks ?? litellm.content_policy_fallbacks ?? NO_FALLBACKS,
    defaultFallbacks: router.default_fallbacks ?? litellm.default_fallbacks ?? [],
    maxFallbacks: router.max_fallbacks ?? litellm.max_fallbacks ?? DEFAULTS.maxFallbacks,
    // For whole answers LiteLLM lets request_timeout win over the router's timeout.
    timeoutMs: litellm.request_timeout ?? router.timeout ?? environment.requestTimeoutMs ?? DEFAULTS.timeoutMs,
    ...(router.stream_timeout !== undefined && { streamTimeoutMs: router.stream_timeout }),
    ...(allowedFails !== undefined && { allowedFails }),
    ...(router.allowed_fails_policy !== undefined && { allowedFailsPolicy: toPolicy(router.allowed_fails_policy) }),
    cooldownTimeMs: router.cooldown_time ?? DEFAULTS.cooldownTimeMs,
    disableCooldowns: router.disable_cooldowns ?? false,
    enablePreCallChecks: router.enable_pre_call_checks ?? false,
    ...(router.optional_pre_call_checks === undefined ? {} : { optionalChecks: router.optional_pre_call_checks }),
    ...(router.routing_strategy === 'latency-based-routing' && { latency: toLatency(router.routing_strategy_args) }),
    ...(router.enable_tag_filtering === true && {
      tagFiltering: { matchAny: router.tag_filtering_match_any ?? true },
    }),
    modelGroupAlias: byName(router.model_group_alias ?? {}, (alias) =>
      typeof alias === 'string'
        ? { group: alias, hidden: false }
        : { group: alias.model, hidden: alias.hidden ?? false },
    ),
  };
}

function toLatency(args: RouterSection['routing_strategy_args']): NonNullable<RouterSettings['latency']> {
  return {
    buffer: args?.lowest_latency_buffer ?? 0,
    samples: args?.max_latency_list_size ?? DEFAULTS.latencySamples,
    ttlMs: args?.ttl ?? DEFAULTS.latencyTtlMs,
  };
}

function byName<T, R>(map: Readonly<Record<string, T>>, value: (item: T) => R): Readonly<Record<string, R>> {
  const result = Object.create(null) as Record<string, R>;
  for (const [name, item] of Object.entries(map)) result[name] = value(item);
  return result;
}

/** `RateLimitErrorRetries` and `RateLimitErrorAllowedFails` → `RateLimit`, `DefaultRetries` → `Default`. */
function toPolicy(policy: Readonly<Record<string, number | undefined>>): RetryPolicy {
  const entries = Object.entries(policy).filter(([, count]) => count !== undefined);
  return Object.fromEntries(entries.map(([key, count]) => [key.replace(/(Error)?(Retries|AllowedFails)$/, ''), count]));
}

function toHoldfast(settings: FileSettings, general: GeneralSettings, environment: Environment): HoldfastSettings {
  const own = settings.holdfast ?? {};
  const temporal = own.temporal ?? {};
  const address = temporal.address ?? environment.temporalAddress;
  const apiKey = temporal.api_key ?? environment.temporalApiKey;
  const uiUrl = temporal.ui_url ?? environment.temporalUiUrl;
  return {
    workflows: own.workflows ?? 'auto',
    temporalDown: own.temporal_down ?? 'fail',
    maxUnsettled: own.max_unsettled ?? DEFAULTS.maxUnsettled,
    maxQueueMs: own.max_queue ?? DEFAULTS.maxQueueMs,
    drainMs: own.drain ?? DEFAULTS.drainMs,
    leaseMs: own.lease ?? DEFAULTS.leaseMs,
    retentionMs: own.retention ?? DEFAULTS.retentionMs,
    streamRetentionMs: own.stream_retention ?? DEFAULTS.streamRetentionMs,
    maxBodyBytes: Math.round((own.max_body_mb ?? general.max_request_size_mb ?? DEFAULTS.maxBodyMb) * BYTES_PER_MIB),
    delivery: own.delivery ?? 'at_least_once',
    cancelOnDisconnect: own.cancel_on_disconnect ?? general.cancel_on_disconnect ?? false,
    batches: { concurrency: own.batches?.concurrency ?? DEFAULTS.batchConcurrency },
    webhooks: {
      secrets: own.webhooks?.secret ?? environment.webhookSecret ?? [],
      allowedNetworks: own.webhooks?.allowed_networks ?? environment.webhookNetworks ?? [],
    },
    temporal: {
      ...(address !== undefined && { address }),
      namespace: temporal.namespace ?? environment.temporalNamespace ?? DEFAULTS.temporalNamespace,
      taskQueue: temporal.task_queue ?? environment.temporalTaskQueue ?? DEFAULTS.temporalTaskQueue,
      ...(uiUrl !== undefined && { uiUrl }),
      ...(apiKey !== undefined && { apiKey }),
      // A key over plain text would be read by everybody on the way.
      tls: temporal.tls ?? environment.temporalTls ?? apiKey !== undefined,
    },
  };
}
