/** Ollama's whole answer as OpenAI's. */
import type { ChatRequest, ChatResponse, FinishReason, ToolCall } from '../protocol/chat.ts';
import { tokenCount } from '../protocol/count.ts';
import { toFinishReason } from '../protocol/finish-reason.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { endThink, splitThink, THINK_START } from '../protocol/think-tags.ts';
import type { Usage } from '../protocol/usage.ts';
import { InvalidResponse, type Target } from '../provider.ts';
import { fromStreamError, TITLE } from './error.ts';

export function toToolCall(raw: unknown, index: number, target: Target): ToolCall | undefined {
  const called = isObject(raw) ? raw['function'] : undefined;
  if (!isObject(raw) || !isObject(called)) return undefined;
  const given = called['arguments'];
  return {
    id: textOf(raw['id']) ?? `call_${target.id}_${index}`,
    type: 'function',
    function: {
      name: textOf(called['name']) ?? '',
      arguments: typeof given === 'string' ? given || '{}' : JSON.stringify(given ?? {}),
    },
  };
}

export function toUsage(line: JsonObject): Usage | undefined {
  const output = tokenCount(line['eval_count']);
  // Left out where the whole prompt was still in the engine's cache.
  const input = tokenCount(line['prompt_eval_count'] ?? 0);
  if (output === undefined || input === undefined) return undefined;
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

export function finishReasonOf(line: JsonObject, hasTools: boolean): FinishReason {
  const reason = toFinishReason(textOf(line['done_reason']) ?? 'stop');
  return hasTools && reason === 'stop' ? 'tool_calls' : reason;
}

export function fromResponse(body: unknown, _request: ChatRequest, target: Target): ChatResponse {
  if (!isObject(body)) throw new InvalidResponse(`${TITLE} answered with a body that is not a JSON object.`);
  const { message } = body;
  if (!isObject(message)) {
    if (body['error'] === undefined) throw new InvalidResponse(`${TITLE} answered without a message.`);
    const failure = fromStreamError(body);
    throw new InvalidResponse(failure.message, failure);
  }
  const split = splitThink(THINK_START, textOf(message['content']) ?? '');
  const rest = endThink(split.state);
  const text = split.text + rest.text;
  const thought = (textOf(message['thinking']) ?? '') + split.thought + rest.thought;
  const calls = listOf(message['tool_calls']).map((call, index) => {
    const made = toToolCall(call, index, target);
    if (made === undefined) throw new InvalidResponse(`${TITLE} answered with a tool call that is none.`);
    return made;
  });
  const usage = toUsage(body);
  return {
    id: target.id,
    object: 'chat.completion',
    created: target.created,
    model: textOf(body['model']) ?? target.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && calls.length > 0 ? null : text,
          ...(thought === '' ? {} : { reasoning_content: thought }),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        finish_reason: finishReasonOf(body, calls.length > 0),
      },
    ],
    ...(usage === undefined ? {} : { usage }),
  };
}
