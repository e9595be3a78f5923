/** Cohere's whole answer as OpenAI's. */
import type { AssistantMessage, ChatRequest, ChatResponse, FinishReason, ToolCall } from '../protocol/chat.ts';
import { toFinishReason } from '../protocol/finish-reason.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { InvalidResponse, type Target } from '../provider.ts';
import { fromFinishReason, fromStreamError, TITLE } from './error.ts';
import { toUsage } from './usage.ts';

/** A call without arguments has the word `null` for them. */
export function toArguments(value: unknown): string {
  if (typeof value !== 'string') return isObject(value) ? JSON.stringify(value) : '{}';
  return value === '' || value === 'null' ? '{}' : value;
}

function toToolCall(raw: unknown, index: number, target: Target): ToolCall {
  const called = isObject(raw) ? raw['function'] : undefined;
  if (!isObject(raw) || !isObject(called))
    throw new InvalidResponse(`${TITLE} answered with a tool call that is none.`);
  return {
    id: textOf(raw['id']) ?? `call_${target.id}_${index}`,
    type: 'function',
    function: { name: textOf(called['name']) ?? '', arguments: toArguments(called['arguments']) },
  };
}

/** Words that OpenAI's repeat exactly; any other is kept beside it. */
const SAME: ReadonlySet<string> = new Set(['COMPLETE', 'MAX_TOKENS', 'TOOL_CALL']);

export function nativeReason(word: unknown): Record<string, unknown> {
  return typeof word === 'string' && !SAME.has(word) ? { native_finish_reason: word } : {};
}

export function finishReasonOf(word: unknown, hasTools: boolean): FinishReason {
  const reason = typeof word === 'string' ? toFinishReason(word) : 'stop';
  return hasTools && reason === 'stop' ? 'tool_calls' : reason;
}

/** Each entry is a piece of text with the probabilities of its tokens; the piece's own is their product. */
export function toLogprobs(raw: unknown): { content: unknown[] } | undefined {
  const content = listOf(raw).flatMap((entry) => {
    if (!isObject(entry)) return [];
    const parts = listOf(entry['logprobs']).filter((part) => typeof part === 'number');
    if (parts.length === 0) return [];
    const logprob = parts.reduce((sum, part) => sum + part, 0);
    return [{ token: textOf(entry['text']) ?? '', logprob, bytes: null, top_logprobs: [] }];
  });
  return content.length === 0 ? undefined : { content };
}

type Parts = { readonly texts: string[]; readonly thoughts: string[] };

function partsOf(message: JsonObject): Parts {
  const parts: Parts = { texts: [], thoughts: [] };
  const { content } = message;
  if (typeof content === 'string') parts.texts.push(content);
  for (const part of listOf(content)) {
    if (!isObject(part)) throw new InvalidResponse(`${TITLE} answered with a content part that is not an object.`);
    const thought = textOf(part['thinking']);
    if (part['type'] === 'thinking') parts.thoughts.push(thought ?? '');
    else parts.texts.push(textOf(part['text']) ?? '');
  }
  // The plan before a tool call is a thought: the caller did not ask for it, and sends it back as one.
  const plan = textOf(message['tool_plan']);
  if (plan !== undefined) parts.thoughts.push(plan);
  return parts;
}

function toMessage(message: JsonObject, reason: unknown, target: Target): AssistantMessage {
  const { texts, thoughts } = partsOf(message);
  const calls = listOf(message['tool_calls']).map((call, index) => toToolCall(call, index, target));
  const citations = listOf(message['citations']);
  const specific = { ...nativeReason(reason), ...(citations.length === 0 ? {} : { citations }) };
  return {
    role: 'assistant',
    content: texts.length === 0 ? null : texts.join(''),
    ...(thoughts.length === 0 ? {} : { reasoning_content: thoughts.join('') }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(Object.keys(specific).length === 0 ? {} : { provider_specific_fields: specific }),
  };
}

export function fromResponse(body: unknown, _request: ChatRequest, target: Target): ChatResponse {
  if (!isObject(body)) throw new InvalidResponse(`${TITLE} answered with a body that is not a JSON object.`);
  const raw = body['message'];
  if (!isObject(raw)) {
    if (typeof raw !== 'string') throw new InvalidResponse(`${TITLE} answered without a message.`);
    // An error body has a sentence in this place.
    const failure = fromStreamError(body);
    throw new InvalidResponse(failure.message, failure);
  }
  const reason = body['finish_reason'];
  const failure = fromFinishReason(reason, body['error']);
  if (failure !== undefined) throw new InvalidResponse(failure.message, failure);
  const message = toMessage(raw, reason, target);
  const logprobs = toLogprobs(body['logprobs']);
  const usage = toUsage(body['usage']);
  return {
    id: textOf(body['id']) ?? target.id,
    object: 'chat.completion',
    created: target.created,
    model: target.model,
    choices: [
      {
        index: 0,
        message,
        finish_reason: finishReasonOf(reason, message.tool_calls !== undefined),
        ...(logprobs === undefined ? {} : { logprobs }),
      },
    ],
    ...(usage === undefined ? {} : { usage }),
  };
}
