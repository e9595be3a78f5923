/** Delivers a request's stream to one reader: at once what this process makes, from the journal what another one makes or has made. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended, Ticket } from '../activities/board.ts';
import type { JournaledChunk } from '../activities/store/journal.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import type { Provenance, StreamSink } from './dispatch.ts';

export type Delivery = {
  readonly ticket: Ticket;
  readonly sink: StreamSink;
  readonly durability: Provenance['durability'];
  readonly readJournal: (id: string, afterId: number) => Promise<readonly JournaledChunk[]>;
  /** The attempt whose chunks are worth showing. */
  readonly readSpeaking: (id: string) => Promise<number | undefined>;
};

/** Between two looks into the journal, which is written every 100 ms. */
const LOOK_MS = 50;

/** Chunk ids grow by this much from one attempt to the next. */
const IDS_PER_ATTEMPT = 1_000_000;

/** A reader who saw some of one generation must not be given the rest of another. */
const INTERRUPTED: Failure = {
  code: 'attempt_lost',
  message: 'The stream was interrupted. The request goes on: read its answer by its id.',
  billed: 'maybe',
};

const UNREADABLE: Failure = {
  code: 'internal_error',
  message: 'The stream could not be read from the journal.',
  billed: 'no',
};

function attemptOf(chunkId: number): number {
  return Math.floor((chunkId - 1) / IDS_PER_ATTEMPT) + 1;
}

/** For requests whose first attempt this process makes. Returns how to stop; closes the ticket when the stream is over. */
export function deliverLive(delivery: Delivery): () => void {
  const { ticket, sink, durability } = delivery;
  let shown: number | undefined;
  let over = false;
  let detach: () => void = () => undefined;
  const finish = (tell: () => void): void => {
    if (over) return;
    over = true;
    tell();
    detach();
    ticket.close();
  };
  detach = ticket.listen({
    opened: (origin) => {
      if (!over) sink.open({ ...origin, durability });
    },
    chunk: (id, json) => {
      if (over) return;
      if (shown !== undefined && attemptOf(id) !== shown) {
        finish(() => {
          sink.failed(INTERRUPTED, { attempts: attemptOf(id), fallbacks: 0, durability });
        });
        return;
      }
      shown = attemptOf(id);
      if (!sink.chunk(id, json)) finish(() => undefined);
    },
    broken: (failure, origin) => {
      finish(() => {
        sink.failed(failure, { ...origin, durability });
      });
    },
    ended: (end) => {
      // A later attempt was made by another process: what it said is in the journal only.
      if (!over && end.failure === undefined && shown === undefined && end.origin.attempts > 0) {
        over = true;
        detach();
        deliverJournal(delivery);
        return;
      }
      finish(() => {
        close(sink, end, shown, durability);
      });
    },
  });
  if (over) detach();
  return () => {
    finish(() => undefined);
  };
}

/** For requests that other processes carry, and for those asked for again. Returns how to stop; closes the ticket when the stream is over. */
export function deliverJournal(delivery: Delivery): () => void {
  const state = { gone: false };
  play(delivery, state)
    .catch(() => {
      if (!state.gone) delivery.sink.failed(UNREADABLE, { attempts: 0, fallbacks: 0, durability: delivery.durability });
    })
    .finally(delivery.ticket.close);
  return () => {
    state.gone = true;
  };
}

async function play(
  { ticket, sink, durability, readJournal, readSpeaking }: Delivery,
  state: { gone: boolean },
): Promise<void> {
  let ended: Ended | undefined;
  void ticket.ended.then((end) => {
    ended = end;
  });
  let after = 0;
  let shown: number | undefined;
  while (!state.gone) {
    const end = ended;
    // A failure is told by its status, not after the beginning of an answer that has no end.
    if (end?.failure !== undefined && shown === undefined) {
      close(sink, end, shown, durability);
      return;
    }
    // What an attempt left behind that was lost belongs to a generation that nobody will finish.
    const speaking = shown ?? (await readSpeaking(ticket.id));
    if (speaking === undefined && end === undefined) {
      await Promise.race([ticket.ended, sleep(LOOK_MS)]);
      continue;
    }
    if (speaking !== undefined) after = Math.max(after, (speaking - 1) * IDS_PER_ATTEMPT);
    const chunks = await readJournal(ticket.id, after);
    for (const { id, json } of chunks) {
      const attempt = attemptOf(id);
      if (shown !== undefined && attempt !== shown) {
        sink.failed(INTERRUPTED, { attempts: attempt, fallbacks: 0, durability });
        return;
      }
      if (shown === undefined) sink.open({ ...(end?.origin ?? { attempts: attempt, fallbacks: 0 }), durability });
      shown = attempt;
      if (state.gone || !sink.chunk(id, json)) return;
      after = id;
    }
    if (chunks.length > 0) continue;
    if (end !== undefined) {
      close(sink, end, shown, durability);
      return;
    }
    await Promise.race([ticket.ended, sleep(LOOK_MS)]);
  }
}

function close(sink: StreamSink, end: Ended, shown: number | undefined, durability: Provenance['durability']): void {
  const provenance: Provenance = { ...end.origin, durability };
  if (end.failure !== undefined) sink.failed(end.failure, provenance);
  else if (shown !== undefined && shown !== end.origin.attempts) sink.failed(INTERRUPTED, provenance);
  else {
    if (shown === undefined) sink.open(provenance);
    sink.end(provenance);
  }
}
