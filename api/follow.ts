/** Follows a request's stream in the journal, from any place on, whichever process makes it or has made it. */
import type { Ended } from '../activities/board.ts';
import { attemptOf, chunkId } from '../activities/store/chunk-id.ts';
import { kindRow } from '../providers/kinds.ts';
import { isObject, parseJson } from '../providers/protocol/json.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import { closeStream, INTERRUPTED, type Delivery } from './delivery.ts';
import type { Accepted, Followed, Provenance, Resumption } from './dispatch.ts';
import type { SubmitDeps } from './submit.ts';

const UNREADABLE: Failure = {
  code: 'internal_error',
  message: 'The stream could not be read from the journal.',
  billed: 'no',
};

const BEYOND_END: Failure = {
  code: 'invalid_request',
  message: 'The stream has ended before the event to start after.',
  param: 'starting_after',
  billed: 'no',
};

/** An earlier request, whoever carries it: its answer, also while it is still under way. */
export function follow(
  { board, journal, look }: Pick<SubmitDeps, 'board' | 'journal' | 'look'>,
  followed: Followed,
  resume?: Resumption,
): Accepted {
  const ticket = board.open(followed.id);
  // It may have ended long ago: nobody will tell.
  look();
  return {
    id: followed.id,
    replayed: resume === undefined,
    answer: async () => {
      const end = await ticket.ended;
      ticket.close();
      return toAnswer(end, 'temporal');
    },
    stream: (sink) =>
      deliverJournal({ ticket, sink, durability: 'temporal', journal, followed, ...(resume && { resume }) }),
  };
}

export function toAnswer(end: Ended, durability: Provenance['durability']): Awaited<ReturnType<Accepted['answer']>> {
  const provenance: Provenance = { ...end.origin, durability };
  if (end.json !== undefined) return { kind: 'completed', json: end.json, provenance };
  const failure: Failure = end.failure ?? {
    code: 'internal_error',
    message: 'The outcome was not recorded.',
    billed: 'maybe',
  };
  return { kind: 'failed', failure, provenance };
}

/** The frames of an answer whose stream was not kept, or never was one. */
export function framesOf({ kind, body }: Omit<Followed, 'id'>, json: string): readonly string[] {
  const row = kindRow(kind);
  // An answer that passes as it is is a frame of its own.
  if (row.operation === 'passThrough') return [json];
  const answer = parseJson(json);
  return row.operation === 'chat' && isObject(answer) ? row.dialect.replay(answer, body) : [];
}

/** Returns how to stop; closes the ticket when the stream is over. */
export function deliverJournal(delivery: Delivery): () => void {
  const bell = delivery.journal.bell(delivery.ticket.id);
  const reader: Reader = { delivery, bell, gone: false, after: delivery.resume?.after ?? 0, shown: undefined };
  if (reader.after > 0) reader.shown = attemptOf(reader.after);
  play(reader)
    .catch(() => {
      if (!reader.gone)
        delivery.sink.failed(UNREADABLE, { attempts: 0, fallbacks: 0, durability: delivery.durability });
    })
    .finally(() => {
      bell.close();
      delivery.ticket.close();
    });
  return () => {
    reader.gone = true;
    bell.ring();
  };
}

type Reader = {
  readonly delivery: Delivery;
  readonly bell: ReturnType<Delivery['journal']['bell']>;
  gone: boolean;
  /** The last chunk that was shown, here or before. */
  after: number;
  /** The attempt whose chunks are shown. */
  shown: number | undefined;
};

async function play(reader: Reader): Promise<void> {
  const { delivery, bell } = reader;
  const { ticket, sink, durability, resume } = delivery;
  let ended: Ended | undefined;
  void ticket.ended.then((end) => {
    ended = end;
    bell.ring();
  });
  // Who goes on with a stream is told of a failure by an event; a status would mean that there is nothing to go on with.
  if (resume?.open === true) sink.open({ attempts: reader.shown ?? 1, fallbacks: 0, durability });
  while (!reader.gone) {
    const end = ended;
    // A failure is told by its status, not after the beginning of an answer that has no end.
    if (end?.failure !== undefined && reader.shown === undefined) {
      closeStream(sink, end, reader.shown, durability);
      return;
    }
    const step = await readMore(reader, end);
    if (step === 'over') return;
    if (step === 'more') continue;
    if (end !== undefined) {
      await finish(reader, end);
      return;
    }
    await bell.rung();
  }
}

/** Shows what is in the journal behind what was shown. `nothing`: there is no more yet. */
async function readMore(reader: Reader, end: Ended | undefined): Promise<'more' | 'nothing' | 'over'> {
  const { ticket, sink, durability, journal, resume } = reader.delivery;
  // What an attempt left behind that was lost belongs to a generation that nobody will finish.
  if (reader.shown === undefined) {
    const speaking = await journal.speaking(ticket.id);
    if (speaking === undefined) return 'nothing';
    reader.after = Math.max(reader.after, chunkId(speaking, 0));
  }
  const chunks = await journal.read(ticket.id, reader.after);
  for (const { id, json } of chunks) {
    const attempt = attemptOf(id);
    if (reader.shown !== undefined && attempt !== reader.shown) {
      if (resume === undefined) {
        sink.failed(INTERRUPTED, { attempts: attempt, fallbacks: 0, durability });
        return 'over';
      }
      return startAnew(reader);
    }
    if (reader.shown === undefined) sink.open({ ...(end?.origin ?? { attempts: attempt, fallbacks: 0 }), durability });
    reader.shown = attempt;
    if (reader.gone || !sink.chunk(id, json)) return 'over';
    reader.after = id;
  }
  if (chunks.length === 0) return 'nothing';
  await sink.drained();
  return 'more';
}

/** Another attempt has taken over: its reader forgets what it saw of the one before. */
async function startAnew(reader: Reader): Promise<'more' | 'nothing'> {
  const { ticket, journal } = reader.delivery;
  // What is next in the journal may itself be of an attempt that broke off.
  const speaking = await journal.speaking(ticket.id);
  if (speaking === undefined || speaking === reader.shown) return 'nothing';
  reset(reader, speaking);
  return 'more';
}

function reset(reader: Reader, attempt: number): void {
  const id = chunkId(attempt, 0);
  reader.delivery.sink.reset(id, attempt, reader.after);
  reader.shown = attempt;
  reader.after = id;
}

/** The request has ended and nothing of it is left in the journal that was not shown. */
async function finish(reader: Reader, end: Ended): Promise<void> {
  const { ticket, sink, durability, journal, followed, resume } = reader.delivery;
  const winner = end.origin.attempts;
  if (end.failure !== undefined) {
    closeStream(sink, end, reader.shown, durability);
    return;
  }
  const extent = await journal.extent(ticket.id);
  const kept = extent !== undefined && attemptOf(extent.lastId) === winner;
  if (resume !== undefined && reader.shown !== undefined && reader.shown < winner) reset(reader, winner);
  if (kept && reader.after > extent.lastId) {
    sink.failed(BEYOND_END, { ...end.origin, durability });
    return;
  }
  if (!kept && end.json !== undefined && (reader.shown === undefined || reader.shown === winner)) {
    sink.open({ ...end.origin, durability });
    for (const [index, json] of framesOf(followed, end.json).entries()) {
      const id = chunkId(winner, index + 1);
      if (id > reader.after && !sink.chunk(id, json)) return;
    }
    reader.shown = winner;
  }
  closeStream(sink, end, reader.shown, durability);
}
