/** From a submission to its answer, whole or streamed. */
import type { Accepted, Caller, StreamSink, Submission } from '../dispatch.ts';
import { sendFailure } from '../middleware/reply.ts';
import { createSseSink } from '../stream/sse.ts';
import { CHAT_WORDS, type StreamWords } from '../stream/words.ts';
import { answerHeaders } from './answer-headers.ts';
import type { Exchange } from './exchange.ts';
import { answerAccepted } from './respond-async.ts';
import { answerWhole, cancelAbandoned } from './submission.ts';

export async function answer(
  exchange: Exchange,
  caller: Caller,
  submission: Submission,
  words: StreamWords = CHAT_WORDS,
): Promise<void> {
  const accepted = await exchange.deps.dispatch.submit(submission);
  if ('refused' in accepted) sendFailure(exchange, accepted.refused);
  else if (submission.inBackground === true) await answerAccepted(exchange, caller, accepted);
  else if (submission.streaming) answerStream(exchange, caller, accepted, words);
  else await answerWhole(exchange, caller, accepted);
}

export function answerStream(
  exchange: Exchange,
  caller: Caller,
  accepted: Accepted,
  words: StreamWords,
  /** Whether the request is this reader's own: who only watches it does not end it by leaving. */
  owns = true,
): void {
  attach(
    accepted,
    (onGone) =>
      createSseSink({
        exchange,
        requestId: accepted.id,
        words,
        headers: (provenance) => answerHeaders(exchange, accepted, provenance),
        onGone,
      }),
    () => {
      if (owns && exchange.deps.config().holdfast.cancelOnDisconnect) cancelAbandoned(exchange, caller, accepted);
    },
  );
}

/** Feeds a sink until its reader is gone. */
export function attach(
  accepted: Accepted,
  createSink: (onGone: () => void) => StreamSink,
  afterwards: () => void,
): void {
  let detach = (): void => undefined;
  let gone = false;
  const sink = createSink(() => {
    gone = true;
    detach();
    afterwards();
  });
  detach = accepted.stream(sink);
  // The sink may have been fed, and the reader lost, before there was anything to detach.
  if (gone) detach();
}
