/** Stop reasons and token counts in Anthropic's words. */
import type { FinishReason } from '../protocol/chat.ts';
import { isObject, textOf, type JsonObject } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';

const STOP_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};

/** Reasons of Anthropic's that a Claude at another provider gives, and that OpenAI's words cannot say. */
const EXACT: ReadonlySet<string> = new Set(['stop_sequence', 'pause_turn', 'refusal', 'model_context_window_exceeded']);

export type Stop = { readonly stop_reason: string; readonly stop_sequence: string | null };

/** `fields`: the provider's own, beside its answer. */
export function stopOf(finish: FinishReason | null, fields: unknown): Stop {
  const specific: JsonObject = isObject(fields) ? fields : {};
  const exact = textOf(specific['native_finish_reason']);
  return {
    stop_reason: exact !== undefined && EXACT.has(exact) ? exact : STOP_REASONS[finish ?? 'stop'],
    stop_sequence: textOf(specific['stop_sequence']) ?? null,
  };
}

export type MessageUsage = {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
};

/** Anthropic counts what came from a cache, and what went into it, beside the input; OpenAI inside it. */
export function usageOf(usage: Usage | null | undefined): MessageUsage {
  const read = usage?.prompt_tokens_details?.cached_tokens ?? 0;
  const written = usage?.prompt_tokens_details?.cache_creation_tokens ?? 0;
  return {
    input_tokens: Math.max(0, (usage?.prompt_tokens ?? 0) - read - written),
    output_tokens: usage?.completion_tokens ?? 0,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
  };
}

/** The gateway's id of a request as the id of its message. */
export function messageId(id: string): string {
  return `msg_${id.slice(id.indexOf('_') + 1)}`;
}
