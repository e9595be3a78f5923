/** What the routes of stored answers ask of the ledger: one request and its answer in the caller's own dialect. */
import type { Failure } from '../../providers/protocol/errors.ts';
import type { Accepted, Caller, Resumption } from '../dispatch.ts';
import type { RequestStatus } from './request-reader.ts';

export type StoredExchange = {
  readonly id: string;
  readonly kind: string;
  readonly model: string;
  readonly status: RequestStatus;
  /** As it was asked. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The whole answer, the same bytes that its first reader got. */
  readonly responseJson?: string;
  readonly failure?: Failure;
};

export type Place = 'more' | 'end' | 'beyond' | 'gone';

export type StoredExchanges = {
  /** Undefined for another tenant's, and for one that was erased. */
  read(id: string, caller: Caller): Promise<StoredExchange | undefined>;
  /** Forgets what was asked and answered; what it cost stays. False while the request is under way. */
  erase(id: string, caller: Caller): Promise<boolean>;
  /** Its stream, from the beginning or from any place on. Whoever asks must have read it before. */
  follow(stored: StoredExchange, resume?: Resumption): Accepted;
  /** What there is behind an event of a completed request's stream. `gone`: the stream is not kept any longer. */
  place(stored: StoredExchange, after: number): Promise<Place>;
};
