/** Anthropic counts what came from its cache, and what went into it, beside the input; OpenAI counts them inside. */
import { isObject, type JsonObject } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';

/** See `usage-parse.ts`: a broken server's count must not become a bill. */
const MOST_TOKENS = 1_000_000_000;

const COUNTS = ['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'] as const;

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_TOKENS;
}

function countAt(raw: JsonObject, field: string): number {
  const value = raw[field];
  return isCount(value) ? value : 0;
}

function cacheWrites(
  raw: JsonObject,
): NonNullable<Usage['prompt_tokens_details']>['cache_creation_token_details'] | undefined {
  const split = raw['cache_creation'];
  if (!isObject(split)) return undefined;
  const short = countAt(split, 'ephemeral_5m_input_tokens');
  const long = countAt(split, 'ephemeral_1h_input_tokens');
  return short + long === 0 ? undefined : { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: long };
}

const BESIDE = ['server_tool_use', 'service_tier', 'inference_geo', 'iterations'] as const;

/** The counts, or nothing when they are missing, negative or absurd. */
export function toUsage(raw: unknown): Usage | undefined {
  if (!isObject(raw) || !isCount(raw['input_tokens']) || !isCount(raw['output_tokens'])) return undefined;
  for (const field of COUNTS) {
    const value = raw[field];
    if (value !== undefined && value !== null && !isCount(value)) return undefined;
  }
  const read = countAt(raw, 'cache_read_input_tokens');
  const written = countAt(raw, 'cache_creation_input_tokens');
  const prompt = raw['input_tokens'] + read + written;
  const completion = raw['output_tokens'];
  const split = cacheWrites(raw);
  const details = isObject(raw['output_tokens_details']) ? raw['output_tokens_details'] : {};
  const thinking = countAt(details, 'thinking_tokens');
  const beside: Record<string, unknown> = {};
  for (const field of BESIDE) if (raw[field] !== undefined && raw[field] !== null) beside[field] = raw[field];
  return {
    ...beside,
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: read,
      cache_creation_tokens: written,
      ...(split === undefined ? {} : { cache_creation_token_details: split }),
    },
    ...(thinking === 0 ? {} : { completion_tokens_details: { reasoning_tokens: thinking } }),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
  };
}

/** A stream counts in `message_start` and again in `message_delta`: later counts replace earlier ones, field by field. */
export function mergeUsage(earlier: JsonObject, later: unknown): JsonObject {
  if (!isObject(later)) return earlier;
  const merged: Record<string, unknown> = { ...earlier };
  for (const field in later) if (later[field] !== null && later[field] !== undefined) merged[field] = later[field];
  return merged;
}
