/** What a model behind Triton wrote. */
import type { ChatRequest, ChatResponse } from '../protocol/chat.ts';
import { toFailureInside } from '../protocol/failure.ts';
import { isObject, listOf, type JsonObject } from '../protocol/json.ts';
import { textResponse } from '../protocol/text-answer.ts';
import { InvalidResponse, type Target } from '../provider.ts';
import { TITLE } from './error.ts';
import { promptOf } from './request.ts';

/** A text or a list with one; of plain inference, the first tensor. */
export function textIn(answer: JsonObject): string | undefined {
  const [tensor] = listOf(answer['outputs']);
  const found = isObject(tensor) ? tensor['data'] : answer['text_output'];
  const text: unknown = Array.isArray(found) ? found[0] : found;
  return typeof text === 'string' ? text : undefined;
}

/** Some models repeat the prompt before the answer. */
function withoutPrompt(text: string, prompt: string): string {
  return prompt !== '' && text.startsWith(prompt) ? text.slice(prompt.length) : text;
}

export function fromResponse(body: unknown, request: ChatRequest, target: Target): ChatResponse {
  if (!isObject(body)) throw new InvalidResponse(`${TITLE} answered with a body that is not a JSON object.`);
  if (body['error'] !== undefined) {
    const failure = toFailureInside({ title: TITLE, body });
    throw new InvalidResponse(failure.message, failure);
  }
  const text = textIn(body);
  if (text === undefined) throw new InvalidResponse(`${TITLE} answered without a text.`);
  return textResponse({ texts: [withoutPrompt(text, promptOf(request, target))] }, target);
}
