/** What the batch routes ask of the ledger. A batch of another tenant is the same as none: `undefined`. */
import type { BatchDialect, BatchProblem, BatchRow } from '../../activities/store/batches.ts';
import type { Caller } from '../dispatch.ts';

export type { BatchDialect, BatchProblem };

/** Where a batch stands, its lines counted. */
export type BatchRecord = BatchRow & { readonly temporalUrl?: string };

export type BatchOrder = {
  readonly dialect: BatchDialect;
  readonly endpoint: string;
  /** Where its lines are read from, */
  readonly inputFileId?: string;
  /** or what they are. */
  readonly lines?: readonly { readonly customId: string; readonly body: Readonly<Record<string, unknown>> }[];
  readonly completionWindow: string;
  readonly windowMs: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly outputExpiresAfterS?: number;
  readonly webhookUrl?: string;
  /** The input is a table: what each of its rows is put into. */
  readonly template?: Readonly<Record<string, unknown>>;
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
  /** Forgets a batch that has ended, and its results. False while it has not. */
  remove(id: string, dialect: BatchDialect, caller: Caller): Promise<boolean | undefined>;
};
