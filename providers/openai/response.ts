/** A whole answer on OpenAI's wire, made regular: compatible servers leave out ids, send objects for arguments, use words of their own. */
import type { AssistantMessage, ChatChoice, ChatRequest, ChatResponse, ToolCall } from '../protocol/chat.ts';
import { isFinishReason, toFinishReason } from '../protocol/finish-reason.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { parseUsage } from '../protocol/usage-parse.ts';
import { InvalidResponse, type Target } from '../provider.ts';
import type { Dialect } from './dialect.ts';
import { fromErrorInside } from './error.ts';

/** `{}` where a model calls a tool without arguments; JSON text where a server sends the object itself. */
export function toArguments(value: unknown): string {
  if (typeof value === 'string') return value === '' || value === 'null' ? '{}' : value;
  return value === undefined || value === null ? '{}' : JSON.stringify(value);
}

function toToolCall(raw: unknown, index: number, target: Target): ToolCall {
  if (!isObject(raw)) throw new InvalidResponse('A tool call in the answer is not an object.');
  const called = raw['function'];
  if (raw['type'] !== undefined && raw['type'] !== 'function' && !isObject(called)) {
    // A custom tool call of OpenAI has another shape; it passes as it is.
    return raw as ToolCall;
  }
  if (!isObject(called)) throw new InvalidResponse('A tool call in the answer names no function.');
  return {
    ...raw,
    id: textOf(raw['id']) ?? `call_${target.id}_${index}`,
    type: 'function',
    function: { ...called, name: textOf(called['name']) ?? '', arguments: toArguments(called['arguments']) },
  };
}

/** Mistral's content: a list of text and thinking parts. */
function fromParts(parts: readonly unknown[]): { content: string; reasoning: string } {
  const content: string[] = [];
  const reasoning: string[] = [];
  for (const part of parts) {
    if (!isObject(part)) continue;
    if (part['type'] === 'thinking') {
      for (const thought of listOf(part['thinking']))
        if (isObject(thought)) reasoning.push(textOf(thought['text']) ?? '');
    } else content.push(textOf(part['text']) ?? '');
  }
  return { content: content.join(''), reasoning: reasoning.join('') };
}

function toMessage(raw: JsonObject, target: Target): AssistantMessage {
  const { content, reasoning, tool_calls: calls, ...rest } = raw;
  const parts = Array.isArray(content) ? fromParts(content) : undefined;
  const thoughts = textOf(rest['reasoning_content']) ?? textOf(reasoning) ?? textOf(parts?.reasoning);
  const toolCalls = listOf(calls).map((call, index) => toToolCall(call, index, target));
  return {
    ...rest,
    role: 'assistant',
    content: parts ? parts.content : typeof content === 'string' ? content : null,
    ...(thoughts === undefined ? {} : { reasoning_content: thoughts }),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
  };
}

/** Some servers say `stop`, or nothing, after a tool call. Clients look for `tool_calls` before they run tools. */
export function finishReasonOf(word: unknown, hasToolCalls: boolean): ChatChoice['finish_reason'] {
  const reason = typeof word === 'string' ? toFinishReason(word) : 'stop';
  return hasToolCalls && reason === 'stop' ? 'tool_calls' : reason;
}

function toChoice(raw: unknown, position: number, target: Target, dialect: Dialect): ChatChoice {
  if (!isObject(raw) || !isObject(raw['message'])) throw new InvalidResponse('A choice in the answer has no message.');
  if (isObject(raw['error'])) throw insideError(raw, dialect);
  const message = toMessage(raw['message'], target);
  const word = raw['finish_reason'];
  const own = isFinishReason(word) || typeof word !== 'string' || word === '';
  return {
    ...raw,
    index: typeof raw['index'] === 'number' ? raw['index'] : position,
    message: own
      ? message
      : { ...message, provider_specific_fields: { ...message.provider_specific_fields, native_finish_reason: word } },
    finish_reason: finishReasonOf(word, message.tool_calls !== undefined),
  };
}

function insideError(body: unknown, dialect: Dialect): InvalidResponse {
  const failure = fromErrorInside(dialect, body);
  return new InvalidResponse(failure.message, failure);
}

function isError(body: JsonObject): boolean {
  return (body['error'] !== undefined && body['error'] !== null) || body['object'] === 'error';
}

export function fromChatResponse(raw: unknown, _request: ChatRequest, target: Target, dialect: Dialect): ChatResponse {
  const body = isObject(raw) ? (dialect.readFrame?.(raw) ?? raw) : raw;
  if (!isObject(body)) throw new InvalidResponse(`${dialect.title} answered with a body that is not a JSON object.`);
  const { choices, usage: rawUsage, ...rest } = body;
  if (!Array.isArray(choices) || choices.length === 0) {
    if (isError(body)) throw insideError(body, dialect);
    throw new InvalidResponse(`${dialect.title} answered without choices.`);
  }
  const usage = parseUsage(rawUsage, dialect);
  return {
    ...rest,
    id: textOf(rest['id']) ?? target.id,
    object: 'chat.completion',
    created: typeof rest['created'] === 'number' ? Math.floor(rest['created']) : target.created,
    model: textOf(rest['model']) ?? target.model,
    choices: choices.map((choice, position) => toChoice(choice, position, target, dialect)),
    ...(usage === undefined ? {} : { usage }),
  };
}
