/** What crosses the border of a workflow: its input, its signals, and what its activities answer. Everything here is small and free of secrets. */
import type { Failure } from '../providers/protocol/errors.ts';
import type { Cooldowns, PastAttempt } from './policy/decide.ts';
import type { Plan } from './policy/plan.ts';

/** The signal that stops a request; what was generated is kept and accounted. */
export const CANCEL_SIGNAL = 'cancel';

export type RequestInput = { readonly id: string };

export type ConvoyInput = { readonly ids: readonly string[] };

/** How a request stands after an activity has waited for what was under way. */
export type Standing =
  | { readonly kind: 'ended'; readonly state: 'completed' | 'failed' | 'cancelled' | 'outcome_unknown'; readonly summary: EndSummary }
  | {
      readonly kind: 'open';
      readonly plan: Plan;
      readonly past: readonly PastAttempt[];
      readonly cooldowns: Cooldowns;
      /** Milliseconds since 1970. */
      readonly acceptedAt: number;
      readonly cancelRequested: boolean;
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

export type EndInput = { readonly id: string; readonly state: 'failed' | 'cancelled' | 'outcome_unknown'; readonly failure: Failure };

export type ConvoySummary = {
  readonly carried: number;
  /** Requests that needed a decision and went on in a workflow of their own. */
  readonly left: readonly string[];
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
  awaitConvoy(input: ConvoyInput): Promise<ConvoySummary>;
};
