/** Token counts in OpenAI's shape. Free of zod: workflows read it. */

/** What is counted where tokens are not: never beside the tokens of the same thing, or it would be charged twice. */
export type Units = {
  images?: number;
  /** Of all images together. */
  pixels?: number;
  characters?: number;
  /** Of sound. */
  seconds?: number;
  /** Searches of a rerank. */
  queries?: number;
};

/**
 * `prompt_tokens` includes cached and cache-write tokens; `completion_tokens` includes reasoning tokens;
 * `total_tokens` is their sum. Source: OpenAI's `CompletionUsage`, with Anthropic's cache-write count beside it.
 */
export type Usage = {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: {
    cached_tokens?: number;
    /** Tokens written to the provider's prompt cache; charged at a rate of their own. */
    cache_creation_tokens?: number;
    cache_creation_token_details?: { ephemeral_5m_input_tokens?: number; ephemeral_1h_input_tokens?: number };
    text_tokens?: number;
    image_tokens?: number;
    audio_tokens?: number;
    [detail: string]: unknown;
  };
  completion_tokens_details?: {
    reasoning_tokens?: number;
    text_tokens?: number;
    image_tokens?: number;
    audio_tokens?: number;
    accepted_prediction_tokens?: number;
    rejected_prediction_tokens?: number;
    [detail: string]: unknown;
  };
  units?: Units;
  [field: string]: unknown;
};
