/** Workers AI's own shapes in OpenAI's: answers inside `result`, pieces of text under `response`, errors in a list. */
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';

function toCalls(calls: unknown): unknown[] | undefined {
  const list = listOf(calls).map((call, index) => {
    if (!isObject(call) || isObject(call['function'])) return call;
    return { index, id: call['id'], type: 'function', function: { name: call['name'], arguments: call['arguments'] } };
  });
  return list.length === 0 ? undefined : list;
}

function toText(response: unknown): string | undefined {
  // JSON mode answers with the object itself.
  return isObject(response) || Array.isArray(response) ? JSON.stringify(response) : textOf(response);
}

/** The errors of an answer that did not succeed, where OpenAI's reader looks for them. */
function withError(frame: JsonObject): JsonObject {
  return frame['success'] === false && frame['error'] === undefined
    ? { ...frame, error: listOf(frame['errors'])[0] ?? { message: 'The request failed.' } }
    : frame;
}

export function readFrame(frame: JsonObject): JsonObject {
  const { result } = frame;
  const inner = isObject(result) ? result : frame;
  if (inner['choices'] !== undefined) return inner;
  if (inner['response'] === undefined && inner['tool_calls'] === undefined) return withError(frame);
  const calls = toCalls(inner['tool_calls']);
  const said = { content: toText(inner['response']) ?? (calls === undefined ? '' : null) };
  const message = { role: 'assistant', ...said, ...(calls === undefined ? {} : { tool_calls: calls }) };
  const { usage } = inner;
  return {
    // `message` is read in whole answers, and as a delta in streams.
    choices: [{ index: 0, message }],
    ...(isObject(usage) ? { usage } : {}),
  };
}
