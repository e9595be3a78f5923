/** How one OpenAI-compatible provider differs from OpenAI, as data. Code for a difference is written once, in the files beside this one. */
import type { ChatRequest, ReasoningEffort } from '../protocol/chat.ts';
import type { JsonObject } from '../protocol/json.ts';
import type { PlainOperation, Target } from '../provider.ts';

/** Fields of messages and tools that are ours or another provider's, and that OpenAI's wire refuses. */
export type ForeignField = 'cache_control' | 'reasoning_content' | 'thinking_blocks' | 'provider_specific_fields';

/** OpenAI's own additions, which its imitators refuse or ignore. */
export const OPENAI_ONLY = [
  'verbosity',
  'modalities',
  'audio',
  'prediction',
  'web_search_options',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'store',
] as const;

/** The words that tools had before, which most imitators never learned. */
export const FUNCTIONS = ['functions', 'function_call'] as const;

/** What no model that only completes a text can have. */
export const NOT_OF_TEXT_MODELS = [
  'n',
  'stream_options',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'user',
  'response_format',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  ...FUNCTIONS,
  'reasoning_effort',
  'thinking',
  ...OPENAI_ONLY,
  'metadata',
] as const;

export type Dialect = {
  readonly id: string;
  readonly title: string;
  /** OpenAI parameters it cannot express, whatever the model. */
  readonly unsupported: readonly string[];
  /** Differs by model: which parameters this model cannot take with this value. */
  readonly objection?: (model: string, name: string, value: unknown, effort: unknown) => string | undefined;
  /** What the limit on the answer's length is called. `as_sent` leaves the caller's choice. */
  readonly maxTokens:
    'max_tokens' | 'max_completion_tokens' | 'as_sent' | ((model: string) => 'max_completion_tokens' | 'as_sent');
  readonly rename?: Readonly<Record<string, string>>;
  /** Word for `tool_choice: "required"`, and for a named tool where it cannot be named. */
  readonly toolChoice?: { readonly required?: string; readonly named?: string };
  /**
   * How thinking is asked for. `effort`: `thinking` becomes `reasoning_effort`. `switch`: `reasoning_effort` becomes `thinking{type}`.
   * `as_sent`: both pass unchanged.
   */
  readonly reasoning: 'effort' | 'switch' | 'as_sent';
  readonly efforts?: Readonly<Partial<Record<ReasoningEffort, string>>>;
  readonly temperature?: { readonly most: number };
  /** Whether `stream_options.include_usage` can be sent. Without it the provider counts in its last chunk anyway, or not at all. */
  readonly streamUsage: boolean;
  readonly keeps: readonly ForeignField[];
  /** Messages whose null fields are refused. */
  readonly stripNulls?: boolean;
  /** Text parts must be joined into one string. */
  readonly flattenText?: boolean;
  /** `strict` and `additionalProperties` in tools are refused. */
  readonly looseTools?: boolean;
  /** Only tool messages may carry a name. */
  readonly noNames?: boolean;
  /** xAI counts reasoning tokens beside the completion tokens. */
  readonly reasoningBeside?: boolean;
  readonly upstreamModel?: (model: string) => string;
  /** Where a model lives when not at the base URL. */
  readonly address?: (model: string, baseUrl: string) => string;
  /** Where chat lies under its address, when not at OpenAI's `/chat/completions`. */
  readonly path?: string;
  /** Sent with every request. */
  readonly extraBody?: Readonly<Record<string, unknown>>;
  /** The last word on the body, in place. Lists and objects in it may be the caller's: they are replaced, never changed. Throws `Refused`. */
  readonly adapt?: (body: ChatRequest, target: Target) => void;
  /** Puts an answer, or one event of a stream, into OpenAI's shape before it is read. May change the object: it was just parsed. */
  readonly readFrame?: (frame: JsonObject) => JsonObject;
  /** What it offers besides chat. */
  readonly also?: readonly PlainOperation[];
  /** Where what it offers besides chat is, when not at the usual path after the base URL. Nothing when the base URL is none. */
  readonly plainUrl?: (target: Target, path: string) => string | undefined;
  /** Said when the provider has ended its service; a base URL of one's own still works. */
  readonly ended?: string;
};
