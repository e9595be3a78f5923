/** Converse counts what came from its cache, and what went into it, beside the input; OpenAI counts them inside. */
import { tokenCount } from '../protocol/count.ts';
import { isObject, listOf } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';

type Writes = NonNullable<NonNullable<Usage['prompt_tokens_details']>['cache_creation_token_details']>;

function writesByLife(details: unknown): Writes | undefined {
  let short = 0;
  let long = 0;
  for (const entry of listOf(details)) {
    if (!isObject(entry)) continue;
    const count = tokenCount(entry['inputTokens']) ?? 0;
    if (entry['ttl'] === '1h') long += count;
    else short += count;
  }
  return short + long === 0 ? undefined : { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: long };
}

const COUNTS = [
  'cacheReadInputTokens',
  'cacheWriteInputTokens',
  'cacheReadInputTokenCount',
  'cacheWriteInputTokenCount',
];

/** The counts, or nothing when they are missing, negative or absurd. */
export function toUsage(raw: unknown): Usage | undefined {
  if (!isObject(raw)) return undefined;
  const input = tokenCount(raw['inputTokens']);
  const output = tokenCount(raw['outputTokens']);
  if (input === undefined || output === undefined) return undefined;
  for (const field of COUNTS)
    if (raw[field] !== undefined && raw[field] !== null && tokenCount(raw[field]) === undefined) return undefined;
  // `invoke` has only the longer names; Converse repeats the counts under both.
  const read = tokenCount(raw['cacheReadInputTokens'] ?? raw['cacheReadInputTokenCount']) ?? 0;
  const written = tokenCount(raw['cacheWriteInputTokens'] ?? raw['cacheWriteInputTokenCount']) ?? 0;
  const prompt = input + read + written;
  const split = writesByLife(raw['cacheDetails']);
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: {
      cached_tokens: read,
      cache_creation_tokens: written,
      ...(split === undefined ? {} : { cache_creation_token_details: split }),
    },
  };
}
