/** Anthropic's wire, as far as this translation builds it. */
import type { CacheControl } from '../protocol/chat.ts';

export type Block = { type: string; cache_control?: CacheControl; [field: string]: unknown };

export type Turn = { role: 'user' | 'assistant'; content: Block[] };

export type AnthropicTool = { name: string; cache_control?: CacheControl; [field: string]: unknown };

export type ThinkingSetting = { type: string; budget_tokens?: number; display?: string };

export type MessagesBody = {
  model: string;
  max_tokens: number;
  messages: Turn[];
  system?: Block[];
  tools?: AnthropicTool[];
  tool_choice?: Record<string, unknown>;
  thinking?: ThinkingSetting;
  output_config?: Record<string, unknown>;
  [field: string]: unknown;
};
