/** The route of a request: which deployments it may use, in which groups, under which rules. A snapshot, taken when it is accepted. */
import type { FailureClass } from '../../providers/protocol/errors.ts';

export type PlannedDeployment = {
  readonly id: string;
  readonly provider: string;
  /** The upstream's name of the model. */
  readonly model: string;
  readonly weight?: number;
  readonly order?: number;
  readonly numRetries?: number;
  readonly cooldownTimeMs?: number;
};

export type RetryCounts = Readonly<Partial<Record<FailureClass | 'Default', number>>>;

export type PlannedGroup = {
  readonly deployments: readonly PlannedDeployment[];
  readonly retryPolicy?: RetryCounts;
  readonly fallbacks: readonly string[];
  readonly contextWindowFallbacks: readonly string[];
  readonly contentPolicyFallbacks: readonly string[];
};

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
  /** One attempt, milliseconds. */
  readonly timeoutMs: number;
  readonly streamTimeoutMs?: number;
  /** From acceptance to the last possible start of an attempt, milliseconds: a wait that would end later is not begun. */
  readonly patienceMs: number;
  readonly delivery: 'at_least_once' | 'at_most_once';
};
