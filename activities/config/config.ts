/** The resolved configuration: what the rest of the gateway reads. Frozen once loaded; durations in milliseconds; defaults applied. */
import type { FailureClass } from '../../providers/protocol/errors.ts';

/** One concrete target: provider, upstream model, base URL and credential. */
export type Deployment = {
  /** `model_info.id`, else a stable hash of the entry, so that a restart with the same file gives the same id. */
  readonly id: string;
  /** The name callers send (`model_name`); may hold `*`. Equal names form a group. */
  readonly group: string;
  /** A key of the provider catalog. */
  readonly provider: string;
  /** The upstream's name of the model, provider prefix removed; may hold `*` when the group does. */
  readonly model: string;
  readonly baseUrl?: string;
  /** The credential in clear. Never leaves this process: not into plans, histories, logs or errors. */
  readonly apiKey?: string;
  readonly weight?: number;
  readonly rpm?: number;
  readonly tpm?: number;
  /** Lower is tried first. */
  readonly order?: number;
  readonly maxParallelRequests?: number;
  readonly timeoutMs?: number;
  readonly streamTimeoutMs?: number;
  readonly numRetries?: number;
  readonly cooldownTimeMs?: number;
  readonly tags: readonly string[];
  /** Models that get a copy of each request, whose answers nobody is given. */
  readonly silentModels?: readonly string[];
  /** OpenAI parameters that apply where the caller gave none (`temperature`, `max_tokens`, …). */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Every other provider setting (`api_version`, `aws_region_name`, `drop_params`, `extra_headers`, prices, …), secrets included. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly modelInfo: Readonly<Record<string, unknown>>;
};

export type Fallbacks = Readonly<Record<string, readonly string[]>>;

export type RetryPolicy = Readonly<Partial<Record<FailureClass | 'Default', number>>>;

export type RoutingStrategy =
  | 'simple-shuffle'
  | 'least-busy'
  | 'usage-based-routing'
  | 'usage-based-routing-v2'
  | 'latency-based-routing'
  | 'cost-based-routing';

export type RouterSettings = {
  readonly strategy: RoutingStrategy;
  readonly numRetries: number;
  readonly retryAfterMs: number;
  readonly retryPolicy?: RetryPolicy;
  readonly groupRetryPolicy: Readonly<Record<string, RetryPolicy>>;
  readonly fallbacks: Fallbacks;
  readonly contextWindowFallbacks: Fallbacks;
  readonly contentPolicyFallbacks: Fallbacks;
  readonly defaultFallbacks: readonly string[];
  readonly maxFallbacks: number;
  /** Whole attempt, milliseconds. */
  readonly timeoutMs: number;
  /** To the first chunk of a stream, milliseconds. */
  readonly streamTimeoutMs?: number;
  readonly allowedFails?: number;
  readonly allowedFailsPolicy?: Readonly<Partial<Record<FailureClass, number>>>;
  readonly cooldownTimeMs: number;
  readonly disableCooldowns: boolean;
  readonly enablePreCallChecks: boolean;
  /** `optional_pre_call_checks`: affinities and hard limits. */
  readonly optionalChecks?: readonly string[];
  /** How latency-based routing measures. */
  readonly latency?: { readonly buffer: number; readonly samples: number; readonly ttlMs: number };
  /** Absent: tags do not choose deployments. */
  readonly tagFiltering?: { readonly matchAny: boolean };
  /** alias → group; `hidden` ones are not listed by `/v1/models`. */
  readonly modelGroupAlias: Readonly<Record<string, { readonly group: string; readonly hidden: boolean }>>;
};

export type HoldfastSettings = {
  /** `auto`: a workflow per request when quiet, convoys under load. */
  readonly workflows: 'auto' | 'per_request';
  /** What happens to a request while Temporal cannot be reached. */
  readonly temporalDown: 'fail' | 'journal';
  /** Requests admitted and not yet settled, per process, before new ones wait. */
  readonly maxUnsettled: number;
  /** How long a request waits for room before 503, milliseconds. */
  readonly maxQueueMs: number;
  /** How long a stopping process waits for requests in flight, milliseconds. */
  readonly drainMs: number;
  /** How long a process may be silent before its attempts count as lost, milliseconds. */
  readonly leaseMs: number;
  /** How long results and idempotency keys are kept, milliseconds. */
  readonly retentionMs: number;
  /** How long the events of streams that have ended are kept, milliseconds. */
  readonly streamRetentionMs: number;
  /** Largest request body, bytes. */
  readonly maxBodyBytes: number;
  /** What an interrupted provider call means: call again, or stop with `outcome_unknown`. */
  readonly delivery: 'at_least_once' | 'at_most_once';
  readonly cancelOnDisconnect: boolean;
  readonly batches: {
    /** Lines of one batch under way at once, per process. */
    readonly concurrency: number;
  };
  readonly webhooks: {
    /** `whsec_…`; news is signed with each of them. None: no webhooks. */
    readonly secrets: readonly string[];
    /** CIDRs of networks that are not public and may be sent to. */
    readonly allowedNetworks: readonly string[];
  };
  readonly temporal: {
    readonly address?: string;
    readonly namespace: string;
    readonly taskQueue: string;
    readonly uiUrl?: string;
    readonly apiKey?: string;
    readonly tls: boolean;
  };
};

/** What may be fetched when a message names a URL that its provider cannot take. */
export type UserUrls = {
  /** Whether only https URLs of public addresses are fetched. */
  readonly validate: boolean;
  /** `host` or `host:port` of servers of one's own: fetched from whatever their address is. */
  readonly allowedHosts: readonly string[];
};

/** An endpoint of the operator's own, whose calls pass to a target. */
export type PassThroughEndpoint = {
  /** Of its deployment. */
  readonly id: string;
  /** Without a trailing slash. */
  readonly path: string;
  readonly auth: boolean;
  readonly includeSubpath: boolean;
  /** Absent: all. */
  readonly methods?: readonly string[];
};

export type PassThroughSettings = {
  /** What a key that is not the master key may call behind a provider's door. */
  readonly access: 'generating' | 'all';
  readonly endpoints: readonly PassThroughEndpoint[];
  /** What is behind the doors and the endpoints. Not listed as models. */
  readonly deployments: readonly Deployment[];
};

/** How keys, people and teams are made and kept. */
export type AccessSettings = {
  /** How long a key is taken from memory, milliseconds; a change is heard of at once. */
  readonly keyCacheMs?: number;
  readonly keyCacheSize?: number;
  /** What a new key gets where it does not say. */
  readonly keyDefaults: Readonly<Record<string, unknown>>;
  /** The most that a new key may get, and what it gets where it does not say. */
  readonly keyCaps: Readonly<Record<string, unknown>>;
  readonly userDefaults: Readonly<Record<string, unknown>>;
  readonly teamDefaults: Readonly<Record<string, unknown>>;
  readonly maxUserBudgetUsd?: number;
  readonly userBudgetDuration?: string;
  /** Whether keys without a team are refused to everybody but administrators. */
  readonly personalKeysDisabled: boolean;
};

export type Config = {
  /** The file it came from; absent when started without one. */
  readonly source?: string;
  readonly deployments: readonly Deployment[];
  readonly router: RouterSettings;
  /** `litellm_settings` that shape requests. */
  readonly dropParams: boolean;
  readonly modifyParams: boolean;
  readonly userUrls?: UserUrls;
  readonly masterKey?: string;
  /** What keys are hashed with. */
  readonly keyPepper?: string;
  readonly access?: AccessSettings;
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
  readonly holdfast: HoldfastSettings;
  readonly passThrough?: PassThroughSettings;
};
