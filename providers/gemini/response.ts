/** Google's whole answer as OpenAI's: it is read like a stream of one piece. */
import { createAggregate } from '../protocol/aggregate.ts';
import type { ChatRequest, ChatResponse } from '../protocol/chat.ts';
import { isObject } from '../protocol/json.ts';
import { InvalidResponse, type Target } from '../provider.ts';
import { fromGoogleErrorInside, isErrorBody } from './error.ts';
import { contextOf, endChunks, initialState, readFrame } from './fold.ts';

export function createFromResponse(title: string) {
  return (body: unknown, request: ChatRequest, target: Target): ChatResponse => {
    if (isErrorBody(body)) {
      const failure = fromGoogleErrorInside(title, body);
      throw new InvalidResponse(failure.message, failure);
    }
    if (!isObject(body)) throw new InvalidResponse(`${title} answered with a body that is not a JSON object.`);
    const context = contextOf(request, target);
    const { state, chunks } = readFrame(initialState(target), body, context);
    const aggregate = createAggregate();
    for (const chunk of chunks) aggregate.add(chunk);
    for (const chunk of endChunks(state, context)) aggregate.add(chunk);
    const response = aggregate.response();
    if (response === undefined || response.choices.length === 0)
      throw new InvalidResponse(`${title} answered without a candidate.`);
    return response;
  };
}
