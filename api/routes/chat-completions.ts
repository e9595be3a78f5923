/** `POST /v1/chat/completions` and its aliases: parse, accept, answer. */
import { parseChatRequest } from '../../providers/protocol/chat-schema.ts';
import type { Accepted, Caller } from '../dispatch.ts';
import { readJson } from '../middleware/body.ts';
import { refuse } from '../middleware/refusal.ts';
import { sendFailure } from '../middleware/reply.ts';
import { createSseSink } from '../stream/sse.ts';
import { answerHeaders } from './answer-headers.ts';
import type { Exchange, Params } from './exchange.ts';
import { pathOf } from './params.ts';
import { answerWhole, cancelAbandoned, toSubmission } from './submission.ts';

export async function chatCompletions(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const { deps } = exchange;
  if (deps.draining()) refuse('shutting_down', 'This process is shutting down; send the request again.');
  const body = await readJson(exchange, deps.config().holdfast.maxBodyBytes);
  const submission = toSubmission(exchange, caller, {
    kind: 'chatCompletion',
    body,
    pathModel: pathOf(params['model']),
    parse: parseChatRequest,
  });
  const accepted = await deps.dispatch.submit(submission);
  if ('refused' in accepted) {
    sendFailure(exchange, accepted.refused);
    return;
  }
  if (submission.streaming) answerStream(exchange, caller, accepted);
  else await answerWhole(exchange, caller, accepted);
}

function answerStream(exchange: Exchange, caller: Caller, accepted: Accepted): void {
  let detach = (): void => undefined;
  let gone = false;
  const sink = createSseSink({
    exchange,
    requestId: accepted.id,
    headers: (provenance) => answerHeaders(exchange, accepted, provenance),
    onGone: () => {
      gone = true;
      detach();
      if (exchange.deps.config().holdfast.cancelOnDisconnect) cancelAbandoned(exchange, caller, accepted);
    },
  });
  detach = accepted.stream(sink);
  // The sink may have been fed, and the reader lost, before there was anything to detach.
  if (gone) detach();
}
