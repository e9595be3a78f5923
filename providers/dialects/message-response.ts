/** A whole chat answer as a message of Anthropic's. */
import type { AssistantMessage, ChatResponse, ThinkingBlock, ToolCall } from '../protocol/chat.ts';
import { isObject, listOf, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import { messageId, stopOf, usageOf } from './message-words.ts';

/** Anthropic's SDKs promise a signature; without one it is empty, and never sent to Anthropic again. */
export function toThinking(block: ThinkingBlock): JsonObject {
  if (block.type === 'redacted_thinking') return { type: 'redacted_thinking', data: block.data };
  return { type: 'thinking', thinking: block.thinking, signature: block.signature ?? '' };
}

function thinkingOf(message: AssistantMessage): JsonObject[] {
  const blocks = message.thinking_blocks ?? [];
  if (blocks.length > 0) return blocks.map(toThinking);
  const thought = textOf(message.reasoning_content);
  return thought === undefined ? [] : [{ type: 'thinking', thinking: thought, signature: '' }];
}

/** A model may write broken JSON; the block takes an object, so the text is kept inside one. */
export function toInput(text: string): JsonObject {
  if (text.trim() === '') return {};
  const parsed = parseJson(text);
  return isObject(parsed) ? parsed : { arguments: text };
}

function toToolUse(call: ToolCall): JsonObject {
  return { type: 'tool_use', id: call.id, name: call.function.name, input: toInput(call.function.arguments) };
}

export function fromResponse(response: ChatResponse, _body: unknown, id: string): Record<string, unknown> {
  const choice = response.choices[0];
  const message: AssistantMessage = choice?.message ?? { role: 'assistant', content: null };
  const fields = message.provider_specific_fields;
  const text = `${message.content ?? ''}${message.refusal ?? ''}`;
  const calls = (message.tool_calls ?? []).filter((call) => isObject(call.function));
  const old = message.function_call;
  return {
    id: messageId(id),
    type: 'message',
    role: 'assistant',
    model: response.model,
    content: [
      ...thinkingOf(message),
      ...listOf(fields?.['content_blocks']).filter(isObject),
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...calls.map(toToolUse),
      ...(old
        ? [{ type: 'tool_use', id: `toolu_${messageId(id)}`, name: old.name, input: toInput(old.arguments) }]
        : []),
    ],
    ...stopOf(choice?.finish_reason ?? null, fields),
    usage: usageOf(response.usage),
  };
}
