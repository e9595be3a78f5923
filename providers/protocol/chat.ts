/** The chat protocol: OpenAI's wire, which is our own language. Unknown fields are kept, so that newer parameters pass. */
import type { Usage } from './usage.ts';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export type TextPart = { type: 'text'; text: string; cache_control?: CacheControl };
export type ImagePart = {
  type: 'image_url';
  image_url: string | { url: string; detail?: string; format?: string };
  cache_control?: CacheControl;
};
export type AudioPart = {
  type: 'input_audio';
  input_audio: { data: string; format: string };
  cache_control?: CacheControl;
};
export type FilePart = {
  type: 'file';
  file: { file_data?: string; file_id?: string; filename?: string; format?: string };
  cache_control?: CacheControl;
};
export type OtherPart = { type: string; cache_control?: CacheControl; [field: string]: unknown };
export type ContentPart = TextPart | ImagePart | AudioPart | FilePart | OtherPart;
export type CacheControl = { type: string; ttl?: string };

export type ThinkingBlock =
  | { type: 'thinking'; thinking: string; signature?: string; cache_control?: CacheControl }
  | { type: 'redacted_thinking'; data: string; cache_control?: CacheControl };

export type ToolCall = {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
  [field: string]: unknown;
};

export type ChatMessage = {
  role: 'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function';
  content?: string | ContentPart[] | null;
  name?: string;
  tool_calls?: ToolCall[];
  tool_call_id?: string;
  function_call?: { name: string; arguments: string } | null;
  refusal?: string | null;
  reasoning_content?: string | null;
  thinking_blocks?: ThinkingBlock[] | null;
  cache_control?: CacheControl;
  [field: string]: unknown;
};

export type Tool = {
  type: string;
  function?: { name: string; description?: string; parameters?: Record<string, unknown>; strict?: boolean | null };
  cache_control?: CacheControl;
  [field: string]: unknown;
};

export type ToolChoice =
  'auto' | 'none' | 'required' | 'any' | { type: string; function?: { name: string }; [field: string]: unknown };

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json_object'; [field: string]: unknown }
  | {
      type: 'json_schema';
      json_schema: { name: string; description?: string; schema?: Record<string, unknown>; strict?: boolean | null };
    };

export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** A parsed `POST /v1/chat/completions` body. */
export type ChatRequest = {
  model: string;
  messages: ChatMessage[];
  stream?: boolean | null;
  stream_options?: { include_usage?: boolean; [field: string]: unknown } | null;
  temperature?: number | null;
  top_p?: number | null;
  n?: number | null;
  max_tokens?: number | null;
  max_completion_tokens?: number | null;
  stop?: string | string[] | null;
  presence_penalty?: number | null;
  frequency_penalty?: number | null;
  logit_bias?: Record<string, number> | null;
  logprobs?: boolean | null;
  top_logprobs?: number | null;
  seed?: number | null;
  user?: string | null;
  tools?: Tool[] | null;
  tool_choice?: ToolChoice | null;
  parallel_tool_calls?: boolean | null;
  response_format?: ResponseFormat | null;
  reasoning_effort?: ReasoningEffort | { effort?: ReasoningEffort; summary?: string } | null;
  thinking?: { type: string; budget_tokens?: number } | null;
  metadata?: Record<string, unknown> | null;
  [parameter: string]: unknown;
};

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call';

export type AssistantMessage = {
  role: 'assistant';
  content: string | null;
  refusal?: string | null;
  tool_calls?: ToolCall[];
  function_call?: { name: string; arguments: string } | null;
  reasoning_content?: string | null;
  thinking_blocks?: ThinkingBlock[];
  annotations?: unknown[];
  provider_specific_fields?: Record<string, unknown>;
  [field: string]: unknown;
};

export type ChatChoice = {
  index: number;
  message: AssistantMessage;
  finish_reason: FinishReason | null;
  logprobs?: unknown;
  [field: string]: unknown;
};

/** A whole answer. `id`, `created` and the caller's name of the model are stamped by the gateway. */
export type ChatResponse = {
  id: string;
  object: 'chat.completion';
  created: number;
  model: string;
  choices: ChatChoice[];
  usage?: Usage;
  system_fingerprint?: string | null;
  service_tier?: string | null;
  [field: string]: unknown;
};

export type ToolCallDelta = {
  index: number;
  id?: string;
  type?: 'function';
  function?: { name?: string; arguments?: string };
  [field: string]: unknown;
};

export type ChatDelta = {
  role?: 'assistant';
  content?: string | null;
  refusal?: string | null;
  tool_calls?: ToolCallDelta[];
  function_call?: { name?: string; arguments?: string };
  reasoning_content?: string | null;
  thinking_blocks?: ThinkingBlock[];
  [field: string]: unknown;
};

export type ChunkChoice = {
  index: number;
  delta: ChatDelta;
  finish_reason: FinishReason | null;
  logprobs?: unknown;
  [field: string]: unknown;
};

/**
 * One streamed piece. Exactly one chunk per choice carries a finish reason; usage comes in a chunk of its own with `choices: []`,
 * always, whether the caller asked for it or not (the gateway accounts with it and shows it only when asked).
 */
export type ChatChunk = {
  id: string;
  object: 'chat.completion.chunk';
  created: number;
  model: string;
  choices: ChunkChoice[];
  usage?: Usage | null;
  [field: string]: unknown;
};
