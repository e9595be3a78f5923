/** What workflows and activities tell each other, as types: small, free of secrets, and stored in histories for as long as they are kept. */
import type { Failure, FailureClass } from '../providers/protocol/errors.ts';

export type PlannedDeployment = {
  readonly id: string;
  readonly provider: string;
  /** The upstream's name of the model. */
  readonly model: string;
  readonly weight?: number;
  readonly order?: number;
  readonly numRetries?: number;
  readonly cooldownTimeMs?: number;
  /** Requests and tokens per minute, where somebody enforces them. */
  readonly rpm?: number;
  readonly tpm?: number;
  readonly maxParallel?: number;
  /** Input plus output, US dollars for a token of each; only compared. */
  readonly costPerTokenUsd?: number;
};

/** The rules by which one of several deployments is chosen. */
export type StrategyName =
  | 'simple-shuffle'
  | 'least-busy'
  | 'usage-based-routing'
  | 'usage-based-routing-v2'
  | 'latency-based-routing'
  | 'cost-based-routing';

export type RetryCounts = Readonly<Partial<Record<FailureClass | 'Default', number>>>;

export type PlannedGroup = {
  readonly deployments: readonly PlannedDeployment[];
  readonly retryPolicy?: RetryCounts;
  readonly fallbacks: readonly string[];
  readonly contextWindowFallbacks: readonly string[];
  readonly contentPolicyFallbacks: readonly string[];
  /** Why none of the configured deployments may serve this request, where that is so. */
  readonly excluded?: 'tags' | 'context' | 'region';
};

/** The route of a request: which deployments it may use, in which groups, under which rules. A snapshot, taken when it is accepted. */
export type Plan = {
  readonly version: 1;
  /** The group asked for. */
  readonly group: string;
  /** The group asked for and all that its fallbacks can reach. */
  readonly groups: Readonly<Record<string, PlannedGroup>>;
  readonly numRetries: number;
  /** A caller's own wish beats every policy. */
  readonly numRetriesWished?: number;
  readonly retryAfterMs: number;
  readonly maxFallbacks: number;
  /** Default simple-shuffle. */
  readonly strategy?: StrategyName;
  /** Latency-based: how much slower than the fastest a deployment may be and still be chosen, 0.5 for half as slow again. */
  readonly latencyBuffer?: number;
  /** Whether rpm and tpm are limits whatever the strategy is. */
  readonly enforceLimits?: boolean;
  /** One attempt, milliseconds. */
  readonly timeoutMs: number;
  readonly streamTimeoutMs?: number;
  /** The caller's own word, which beats a deployment's; as timeoutMs says it too, so that older processes read it there. */
  readonly timeoutWishedMs?: number;
  readonly streamTimeoutWishedMs?: number;
  /** A wait that would end later than this after acceptance, milliseconds, is not begun. */
  readonly patienceMs: number;
  readonly delivery: 'at_least_once' | 'at_most_once';
  /** Whether parameters that a provider cannot express are left out, where a deployment does not say. */
  readonly dropParams: boolean;
  /** The caller's own word on parameters (`drop_params`, `additional_drop_params`, `allowed_openai_params`); beats the deployment's. */
  readonly settings?: Readonly<Record<string, unknown>>;
};

/** A failure as decisions need it. Without the provider's words: it may quote the prompt, and histories hold no prompts. */
export type FailureFacts = Omit<Failure, 'message' | 'param' | 'providerCode'>;

/** One attempt that has ended without an answer. */
export type PastAttempt = {
  readonly n: number;
  readonly deployment: string;
  readonly group: string;
  readonly failure: FailureFacts;
};

/** Deployment id → when its cooldown ends, milliseconds since 1970. */
export type Cooldowns = Readonly<Record<string, number>>;

/** What is known of a deployment's traffic, over all processes. */
export type DeploymentLoad = {
  readonly inFlight: number;
  /** Begun in this minute. */
  readonly requests: number;
  /** Counted in this minute, prompts and answers. */
  readonly tokens: number;
  /** Mean of the last whole answers, milliseconds per completion token. */
  readonly latencyMs?: number;
  /** Mean of the last streams, milliseconds to the first chunk. */
  readonly ttftMs?: number;
};

/** Deployment id → its load; a deployment without a row is idle. */
export type Loads = Readonly<Record<string, DeploymentLoad>>;

/** All that a decision depends on. */
export type Situation = {
  readonly plan: Plan;
  readonly past: readonly PastAttempt[];
  readonly cooldowns: Cooldowns;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly acceptedAt: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly loads?: Loads;
  readonly streaming?: boolean;
  /** Requests with the same word go to the same deployment as long as it is there. */
  readonly affinity?: string;
  /** About how long the prompt is. */
  readonly promptTokens?: number;
  /** Whether somebody waits at the door, who is better told to come back than kept waiting for a deployment. */
  readonly atDoor?: boolean;
};

/** What happens next to a request. */
export type Decision =
  | {
      readonly kind: 'attempt';
      readonly deployment: PlannedDeployment;
      readonly group: string;
      readonly waitMs: number;
      readonly reason: string;
    }
  | { readonly kind: 'give_up'; readonly failure: FinalFailure; readonly reason: string };

/** Why a request ends without an answer. Without a message of its own, the caller gets the words of the last attempt's failure. */
export type FinalFailure = FailureFacts & { readonly message?: string };

export type RequestInput = {
  readonly id: string;
  /** Whom the accepting process has called, for the history: "openai/gpt-4o". */
  readonly first?: string;
};

export type ConvoyInput = {
  readonly ids: readonly string[];
  /** How long to wait, milliseconds; without it until all have ended. */
  readonly forMs?: number;
};

/** How a request stands after an activity has waited for what was under way. */
export type Standing =
  | {
      readonly kind: 'ended';
      readonly state: 'completed' | 'failed' | 'cancelled' | 'outcome_unknown';
      readonly summary: EndSummary;
    }
  | {
      readonly kind: 'open';
      readonly plan: Plan;
      readonly past: readonly PastAttempt[];
      readonly cooldowns: Cooldowns;
      /** Milliseconds since 1970. */
      readonly acceptedAt: number;
      readonly cancelRequested: boolean;
      readonly loads?: Loads;
      readonly streaming?: boolean;
    };

/** For the Temporal UI. */
export type EndSummary = {
  readonly attempts: number;
  readonly deployment?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly costUsd?: number;
  readonly tokens?: number;
  readonly error?: string;
};

export type CallInput = {
  readonly id: string;
  readonly n: number;
  readonly deployment: string;
  readonly group: string;
  /** Why this attempt is made, for the history. */
  readonly reason: string;
};

export type EndInput = {
  readonly id: string;
  readonly state: 'failed' | 'cancelled' | 'outcome_unknown';
  readonly failure: FinalFailure;
};

export type ConvoySummary = {
  readonly carried: number;
  /** Requests that needed a decision and went on in a workflow of their own. */
  readonly left: readonly string[];
};

/** How a convoy stands after an activity has waited for it. */
export type ConvoyStanding = {
  readonly left: readonly string[];
  /** Still under way when the time to wait was over. */
  readonly open: readonly string[];
};

/** The activities of the request workflows. */
export type RequestActivities = {
  /** Waits for the attempt that the accepting process has begun. */
  awaitFirstCall(input: RequestInput): Promise<Standing>;
  /** Claims and makes one further attempt, or waits for it when it was begun before a crash. */
  callProvider(input: CallInput): Promise<Standing>;
  /** Ends a request that will get no answer. */
  endRequest(input: EndInput): Promise<Standing>;
  /** Waits for the first attempts of many requests; those that need a decision leave into workflows of their own. */
  awaitConvoy(input: ConvoyInput): Promise<ConvoyStanding>;
};

export type BatchInput = { readonly id: string };

/** What a batch's workflow needs to know of its input. */
export type BatchPlan =
  | {
      readonly kind: 'ready';
      readonly total: number;
      readonly tenant: string;
      /** Until the completion window is over, milliseconds. */
      readonly expiresInMs: number;
      /** Chunks under way at once. */
      readonly slots: number;
      readonly paused: boolean;
    }
  /** There is nothing to do: the input was refused, or it had ended before. */
  | { readonly kind: 'ended'; readonly state: string; readonly problem?: string };

export type ShardInput = {
  readonly id: string;
  /** First and last line, both included. */
  readonly from: number;
  readonly to: number;
  readonly slots: number;
  readonly tenant: string;
  readonly paused: boolean;
};

export type ChunkInput = { readonly id: string; readonly from: number; readonly to: number };

/** How many of a chunk's lines have ended, and how many went on in workflows of their own. */
export type ChunkResult = { readonly ended: number; readonly left: number };

export type BatchEndInput = { readonly id: string; readonly end: 'completed' | 'expired' | 'cancelled' };

export type BatchSummary = {
  readonly state: string;
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
  readonly costUsd?: number;
  readonly tokens?: number;
};

/** The activities of batches. Each may be repeated at any time. */
export type BatchActivities = {
  /** Reads the input and makes lines of it; or says, line by line, what is wrong with it. */
  validateBatch(input: BatchInput): Promise<BatchPlan>;
  /** Answers some lines, each as a request of its own in the ledger. */
  runChunk(input: ChunkInput): Promise<ChunkResult>;
  /** Waits for lines that went on in workflows of their own; with `stop` they are cancelled first. */
  awaitLines(input: BatchInput & { readonly stop: boolean }): Promise<void>;
  /** Writes the files of results, and ends the batch. */
  finishBatch(input: BatchEndInput): Promise<BatchSummary>;
};

export type WebhookInput = { readonly id: string };

export type DeliverInput = {
  readonly id: string;
  /** No further try follows. */
  readonly last: boolean;
};

export type Delivered = { readonly ended: boolean; readonly delivered: boolean; readonly status?: number };

/** The activities of webhooks. */
export type WebhookActivities = {
  /** One try. Repeated after a crash, the receiver may get the same message again, under the same id. */
  deliverWebhook(input: DeliverInput): Promise<Delivered>;
};
