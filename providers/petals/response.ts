/** What a Petals server wrote, or that it failed. */
import type { ChatRequest, ChatResponse } from '../protocol/chat.ts';
import { isObject } from '../protocol/json.ts';
import { textResponse } from '../protocol/text-answer.ts';
import { InvalidResponse, type Target } from '../provider.ts';
import { FAILED, TITLE } from './error.ts';

export function fromResponse(body: unknown, _request: ChatRequest, target: Target): ChatResponse {
  if (!isObject(body)) throw new InvalidResponse(`${TITLE} answered with a body that is not a JSON object.`);
  if (body['ok'] === false || 'traceback' in body) throw new InvalidResponse(FAILED.message, FAILED);
  const text = body['outputs'];
  if (typeof text !== 'string') throw new InvalidResponse(`${TITLE} answered without a text.`);
  return textResponse({ texts: [text] }, target);
}
