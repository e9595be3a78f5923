/** A whole chat answer in Google's words. */
import type { AssistantMessage, ChatResponse } from '../protocol/chat.ts';
import { isObject, textOf, type JsonObject } from '../protocol/json.ts';
import type { Body } from './dialect.ts';
import {
  callPart,
  finishReason,
  mediaParts,
  responseId,
  showsThoughts,
  signed,
  usageMetadata,
} from './generation-words.ts';

function partsOf(message: AssistantMessage, thoughts: boolean): readonly JsonObject[] {
  const thought = textOf(message.reasoning_content);
  const text = `${message.content ?? ''}${message.refusal ?? ''}`;
  const calls = (message.tool_calls ?? []).filter((call) => isObject(call.function));
  const old = message.function_call;
  const parts: JsonObject[] = [
    ...(thoughts && thought !== undefined ? [{ text: thought, thought: true }] : []),
    ...(text === '' ? [] : [{ text }]),
    ...mediaParts(message),
    ...calls.map((call) => callPart({ id: call.id, name: call.function.name, json: call.function.arguments })),
    ...(old ? [callPart({ id: '', name: old.name, json: old.arguments })] : []),
  ];
  return signed(parts, message.thinking_blocks ?? []);
}

export function fromResponse(response: ChatResponse, body: Body, id: string): Record<string, unknown> {
  const thoughts = showsThoughts(body);
  const usage = usageMetadata(response.usage);
  return {
    candidates: response.choices.map(({ message, finish_reason: finish, index }) => ({
      content: { role: 'model', parts: partsOf(message, thoughts) },
      finishReason: finishReason(finish),
      index,
    })),
    ...(usage === undefined ? {} : { usageMetadata: usage }),
    modelVersion: response.model,
    responseId: responseId(id),
  };
}
