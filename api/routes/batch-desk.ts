/** What the batch routes ask of the ledger. A batch of another tenant is the same as none: `undefined`. */
import type { BatchDialect, BatchProblem, BatchRow } from '../../activities/store/batches.ts';
import type { Caller } from '../dispatch.ts';

export type { BatchDialect, BatchProblem };

/** Where a batch stands, its lines counted. */
export type BatchRecord = BatchRow & { readonly temporalUrl?: string };

export type BatchOrder = {
  readonly endpoint: string;
  readonly inputFileId: string;
  readonly completionWindow: string;
  readonly windowMs: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly outputExpiresAfterS?: number;
  readonly webhookUrl?: string;
};

export type BatchPage = { readonly data: readonly BatchRecord[]; readonly hasMore: boolean };

export type BatchDesk = {
  create(order: BatchOrder, caller: Caller): Promise<BatchRecord>;
  get(id: string, dialect: BatchDialect, caller: Caller): Promise<BatchRecord | undefined>;
  list(
    filter: {
      readonly dialect: BatchDialect;
      readonly after?: string;
      readonly before?: string;
      readonly limit: number;
    },
    caller: Caller,
  ): Promise<BatchPage>;
  /** Idempotent; returns the batch as it is then. */
  change(
    id: string,
    dialect: BatchDialect,
    wish: 'cancel' | 'pause' | 'resume',
    caller: Caller,
  ): Promise<BatchRecord | undefined>;
};
