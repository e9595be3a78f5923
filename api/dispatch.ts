/** The contract between the routes and the durable path: what a route hands in and what it gets back. */
import type { Deployment } from '../activities/config/config.ts';
import type { Principal } from '../activities/store/access/principals.ts';
import type { Body } from '../providers/dialects/dialect.ts';
import type { Kind } from '../providers/kinds.ts';
import type { Failure } from '../providers/protocol/errors.ts';

/** Who asks. A tenant sees only its own requests; the operator (master key, or an administrator's) sees all. */
export type Caller = {
  readonly tenant: string;
  readonly operator: boolean;
  /** Shown in the Temporal UI; never the key itself. */
  readonly alias: string;
  /** Whom the key stands for and what limits it; absent for the master key. */
  readonly principal?: Principal;
};

/** A request, parsed and authenticated, that wants to be accepted. */
export type Submission = {
  /** `req_` + 26 characters; becomes `x-request-id` and the workflow id. */
  readonly id: string;
  readonly caller: Caller;
  readonly kind: Kind;
  /** As the caller sent it, checked, the gateway's extras removed: what is stored, and translated for each attempt. */
  readonly body: Body;
  readonly model: string;
  /** Called whatever serves the model: what is behind a pass-through door. `upstream` is its name of the model. */
  readonly through?: { readonly deployment: Deployment; readonly upstream: string };
  readonly streaming: boolean;
  /** The caller's own user, for the Temporal UI. */
  readonly endUser?: string;
  readonly idempotencyKey?: string;
  /** Nobody waits for the answer: while Temporal is away it is accepted all the same. */
  readonly inBackground?: boolean;
  /** Where its end is told. */
  readonly webhookUrl?: string;
  /** What is asked instead in single fallback groups. */
  readonly overrides?: Readonly<Record<string, Body>>;
  /** A copy for a model that is only tried out: never copied again. */
  readonly mirrored?: boolean;
  /** Per-request routing wishes: LiteLLM's body and header extras, removed from `body`. */
  readonly wishes: Wishes;
};

export type Wishes = {
  readonly numRetries?: number;
  readonly timeoutMs?: number;
  readonly streamTimeoutMs?: number;
  readonly fallbacks?: readonly string[];
  readonly contextWindowFallbacks?: readonly string[];
  readonly contentPolicyFallbacks?: readonly string[];
  readonly disableFallbacks?: boolean;
  /** Whether the answer is to say why what it fell back from failed. */
  readonly includeFallbackErrors?: boolean;
  readonly tags?: readonly string[];
  readonly dropParams?: boolean;
  /** Parameters to leave out for this request, and parameters to pass even where the provider is not known to take them. */
  readonly additionalDropParams?: readonly string[];
  readonly allowedOpenaiParams?: readonly string[];
  readonly delivery?: 'at_least_once' | 'at_most_once';
  /** What belongs together, for `session_affinity`. */
  readonly sessionId?: string;
  /** Where the deployment must be: two letters such as eu, or the provider's own name of a region. */
  readonly region?: string;
};

/** How an answer came about: response headers are made of this. */
export type Provenance = {
  readonly deploymentId?: string;
  readonly provider?: string;
  readonly upstreamModel?: string;
  readonly group?: string;
  readonly attempts: number;
  readonly fallbacks: number;
  /** What the request may be repeated within its group. */
  readonly maxRetries?: number;
  readonly costNanoUsd?: bigint;
  /** Provider time of the winning attempt, milliseconds. */
  readonly providerMs?: number;
  /** `journal` when Temporal could not be reached and the ledger alone carried the request. */
  readonly durability: 'temporal' | 'journal';
};

export type Answer =
  /** `json` is the whole answer as it is stored, `model` already the caller's name: every reader gets these same bytes. */
  | { readonly kind: 'completed'; readonly json: string; readonly provenance: Provenance }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly provenance: Provenance };

/** What a stream's subscriber receives, in order. After `end` or `failed` nothing more comes. */
export type StreamSink = {
  /** Called once, before the first chunk: the attempt that will be shown has started to answer. */
  open(provenance: Provenance): void;
  /** One chunk as JSON text (no framing). Returns false when the reader is slow and should be dropped. */
  chunk(id: number, json: string): boolean;
  /** The whole answer is committed; `[DONE]` may be written. */
  end(provenance: Provenance): void;
  failed(failure: Failure, provenance: Provenance): void;
  /** Another attempt has taken over: what was shown of the one before, up to `through`, is to be forgotten. */
  reset(id: number, attempt: number, through: number): void;
  /** Resolves when the reader has taken what was written, or has left. */
  drained(): Promise<void>;
};

/** A request whose stream is read again. */
export type Followed = { readonly id: string; readonly kind: string; readonly body: Body };

/** For a reader who knows `event: reset`. */
export type Resumption = {
  /** The last event it has; 0 for none. */
  readonly after: number;
  /** The stream begins at once, also when nothing is there yet to be shown. */
  readonly open: boolean;
};

/** An accepted request: its claim and its first attempt are committed. */
export type Accepted = {
  /** The submission's id, or the earlier request's when the idempotency key is known. */
  readonly id: string;
  readonly replayed: boolean;
  /** The caller wants to know what it fell back from. */
  readonly tellsFallbackErrors?: boolean;
  /** Resolves when the outcome is committed and the request's workflow was acknowledged. Never rejects. */
  answer(): Promise<Answer>;
  /** Feeds the sink from the first chunk on. The returned function detaches it; the request goes on. */
  stream(sink: StreamSink): () => void;
};

/** A request refused before it was accepted: nothing was sent, nothing is owed. */
export type Refused = { readonly refused: Failure };

export type Dispatch = {
  submit(submission: Submission): Promise<Accepted | Refused>;
};
