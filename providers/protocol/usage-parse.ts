/** Token counts as OpenAI-like providers send them, checked before money is counted with them. */
import { isObject, type JsonObject } from './json.ts';
import type { Usage } from './usage.ts';

/** No model takes or gives a billion tokens in one answer; a larger count is a broken server, not a bill. */
const MOST_TOKENS = 1_000_000_000;

type Count = number | 'absent' | 'absurd';

function countOf(value: unknown): Count {
  if (value === undefined || value === null) return 'absent';
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MOST_TOKENS) return 'absurd';
  return value;
}

function hasAbsurdCount(details: unknown): boolean {
  if (!isObject(details)) return details !== undefined && details !== null;
  for (const key in details) {
    if (key.endsWith('_tokens') && countOf(details[key]) === 'absurd') return true;
  }
  return false;
}

/** DeepSeek and Moonshot count cached tokens beside `prompt_tokens_details`. */
function cachedBeside(raw: JsonObject): number | undefined {
  const count = countOf(raw['prompt_cache_hit_tokens'] ?? raw['cached_tokens']);
  return typeof count === 'number' ? count : undefined;
}

function withCached(raw: JsonObject): Usage['prompt_tokens_details'] {
  const details = isObject(raw['prompt_tokens_details']) ? raw['prompt_tokens_details'] : undefined;
  const beside = cachedBeside(raw);
  if (beside === undefined || details?.['cached_tokens'] !== undefined) return details;
  return { ...details, cached_tokens: beside };
}

export type UsageQuirks = {
  /** xAI leaves reasoning tokens out of `completion_tokens` and counts them in the total only. */
  readonly reasoningBeside?: boolean;
};

/**
 * The counts, or nothing when they are missing, negative or absurd: a wrong count must not become a wrong bill, and a missing one is
 * estimated by the caller.
 */
export function parseUsage(raw: unknown, quirks: UsageQuirks = {}): Usage | undefined {
  if (!isObject(raw)) return undefined;
  const prompt = countOf(raw['prompt_tokens']);
  const completion = countOf(raw['completion_tokens']);
  const total = countOf(raw['total_tokens']);
  if (prompt === 'absurd' || completion === 'absurd' || total === 'absurd') return undefined;
  if (prompt === 'absent') return undefined;
  if (hasAbsurdCount(raw['prompt_tokens_details']) || hasAbsurdCount(raw['completion_tokens_details']))
    return undefined;

  const promptDetails = withCached(raw);
  const completionDetails = isObject(raw['completion_tokens_details']) ? raw['completion_tokens_details'] : undefined;
  let completionTokens = completion === 'absent' ? 0 : completion;
  const reasoning = completionDetails?.['reasoning_tokens'];
  if (
    quirks.reasoningBeside === true &&
    typeof reasoning === 'number' &&
    total === prompt + completionTokens + reasoning
  ) {
    completionTokens += reasoning;
  }
  const sum = prompt + completionTokens;
  const { prompt_tokens_details: _prompt, completion_tokens_details: _completion, ...rest } = raw;
  return {
    ...rest,
    prompt_tokens: prompt,
    completion_tokens: completionTokens,
    total_tokens: typeof total === 'number' && total > sum ? total : sum,
    ...(promptDetails ? { prompt_tokens_details: promptDetails } : {}),
    ...(completionDetails ? { completion_tokens_details: completionDetails } : {}),
  };
}
