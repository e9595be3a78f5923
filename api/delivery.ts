/** What is delivered to one reader of a stream, and how a stream ends. */
import type { Ended, Ticket } from '../activities/board.ts';
import type { StreamJournal } from '../activities/stream-journal.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import type { Followed, Provenance, Resumption, StreamSink } from './dispatch.ts';

export type Delivery = {
  readonly ticket: Ticket;
  readonly sink: StreamSink;
  readonly durability: Provenance['durability'];
  readonly journal: StreamJournal;
  readonly followed: Followed;
  /** Absent for readers who know nothing of the gateway's own events. */
  readonly resume?: Resumption;
};

/** A reader who saw some of one generation must not be given the rest of another. */
export const INTERRUPTED: Failure = {
  code: 'attempt_lost',
  message: 'The stream was interrupted. The request goes on: read its answer by its id.',
  billed: 'maybe',
};

export function closeStream(
  sink: StreamSink,
  end: Ended,
  shown: number | undefined,
  durability: Provenance['durability'],
): void {
  const provenance: Provenance = { ...end.origin, durability };
  if (end.failure !== undefined) sink.failed(end.failure, provenance);
  else if (shown !== undefined && shown !== end.origin.attempts) sink.failed(INTERRUPTED, provenance);
  else {
    if (shown === undefined) sink.open(provenance);
    sink.end(provenance);
  }
}
