/** What the request routes ask of the ledger. A request of another tenant is the same as none: `undefined`. */
import type { Failure } from '../../providers/protocol/errors.ts';
import type { Usage } from '../../providers/protocol/usage.ts';
import type { Caller } from '../dispatch.ts';
import type { DeliveryRecord } from './delivery-desk.ts';

export const REQUEST_STATUSES = ['in_progress', 'completed', 'failed', 'cancelled', 'outcome_unknown'] as const;
export type RequestStatus = (typeof REQUEST_STATUSES)[number];

export const ATTEMPT_STATUSES = ['in_progress', 'completed', 'failed', 'lost', 'cancelled'] as const;
export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number];

export type AttemptRecord = {
  readonly n: number;
  readonly deployment: string;
  readonly provider: string;
  readonly status: AttemptStatus;
  readonly startedAtMs: number;
  readonly endedAtMs?: number;
  readonly costNanoUsd?: bigint;
  /** Of an attempt we lost sight of: what it may have cost at least and at most. */
  readonly costMinNanoUsd?: bigint;
  readonly costMaxNanoUsd?: bigint;
  readonly estimated?: boolean;
  readonly usage?: Usage;
  readonly failure?: Failure;
};

export type RequestRecord = {
  readonly id: string;
  readonly status: RequestStatus;
  readonly model: string;
  readonly createdAtMs: number;
  readonly completedAtMs?: number;
  /** The whole answer, the same bytes that its first reader got. */
  readonly responseJson?: string;
  readonly failure?: Failure;
  readonly costNanoUsd?: bigint;
  readonly usage?: Usage;
  readonly attempts: readonly AttemptRecord[];
  readonly temporalUrl?: string;
  /** Of one request, not in lists. */
  readonly deliveries?: readonly DeliveryRecord[];
};

export type RequestFilter = {
  readonly status?: RequestStatus;
  readonly model?: string;
  readonly key?: string;
  readonly team?: string;
  readonly tag?: string;
  /** Milliseconds since 1970; from inclusive, before exclusive. */
  readonly createdFromMs?: number;
  readonly createdBeforeMs?: number;
  /** The id of the last request of the page before. */
  readonly after?: string;
  readonly limit: number;
};

export type RequestReader = {
  get(id: string, caller: Caller): Promise<RequestRecord | undefined>;
  /** Newest first. Lists leave `responseJson` out. */
  list(
    filter: RequestFilter,
    caller: Caller,
  ): Promise<{ readonly data: readonly RequestRecord[]; readonly hasMore: boolean }>;
  /** Asks for a stop and returns the request as it is then. Idempotent; a finished request stays what it is. */
  cancel(id: string, caller: Caller): Promise<RequestRecord | undefined>;
};
