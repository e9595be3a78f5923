/** A whole chat completion as the chunks it might have come in. */
import { isObject, listOf, type JsonObject } from '../protocol/json.ts';

export function replayChat(answer: JsonObject, body: JsonObject): readonly string[] {
  const { choices, usage, ...rest } = answer;
  const head = { ...rest, object: 'chat.completion.chunk' };
  const frames = listOf(choices)
    .filter(isObject)
    .flatMap(({ message, finish_reason: reason, logprobs, ...choice }) => [
      {
        ...head,
        choices: [{ ...choice, delta: deltaOf(message), ...(logprobs ? { logprobs } : {}), finish_reason: null }],
      },
      { ...head, choices: [{ ...choice, delta: {}, finish_reason: reason ?? 'stop' }] },
    ]);
  const options = body['stream_options'];
  const wanted = isObject(options) && options['include_usage'] === true && isObject(usage);
  return [...frames, ...(wanted ? [{ ...head, choices: [], usage }] : [])].map((frame) => JSON.stringify(frame));
}

/** In a stream each tool call says which one it is. */
function deltaOf(message: unknown): JsonObject {
  if (!isObject(message)) return {};
  const { tool_calls: calls, ...rest } = message;
  if (!Array.isArray(calls)) return rest;
  return { ...rest, tool_calls: calls.filter(isObject).map((call, index) => ({ index, ...call })) };
}
