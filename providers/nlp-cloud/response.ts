/** What NLP Cloud wrote, whole. */
import type { ChatRequest, ChatResponse } from '../protocol/chat.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import { textResponse } from '../protocol/text-answer.ts';
import { InvalidResponse, type Target } from '../provider.ts';
import { TITLE } from './error.ts';
import { toUsage } from './usage.ts';

/** One text, or a list of several where several were asked for. */
function textsIn(answer: JsonObject): readonly string[] {
  const text = answer['generated_text'];
  const list: readonly unknown[] = Array.isArray(text) ? text : [text];
  if (list.length === 0 || !list.every((one): one is string => typeof one === 'string'))
    throw new InvalidResponse(`${TITLE} answered without a text.`);
  return list;
}

export function fromResponse(body: unknown, _request: ChatRequest, target: Target): ChatResponse {
  if (!isObject(body)) throw new InvalidResponse(`${TITLE} answered with a body that is not a JSON object.`);
  return textResponse({ texts: textsIn(body), usage: toUsage(body) }, target);
}
