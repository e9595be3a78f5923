/** `POST /v1/chat/completions` and its aliases: parse, accept, answer. */
import { parseChatRequest } from '../../providers/protocol/chat-schema.ts';
import type { Caller } from '../dispatch.ts';
import { answer } from './answer.ts';
import type { Exchange, Params } from './exchange.ts';
import { pathOf } from './params.ts';
import { readCall, toSubmission } from './submission.ts';

export async function chatCompletions(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const body = await readCall(exchange);
  const submission = toSubmission(exchange, caller, {
    kind: 'chatCompletion',
    body,
    pathModel: pathOf(params['model']),
    parse: parseChatRequest,
  });
  await answer(exchange, caller, submission);
}
