/** Counts of answers that are no chat: some providers count only a total, some in other units than tokens. */
import { isObject } from './json.ts';
import type { Units, Usage } from './usage.ts';
import { parseUsage } from './usage-parse.ts';

/** Tokens as OpenAI-like providers count them. Where only a total is given, all of it was read. */
export function countsOf(raw: unknown): Usage | undefined {
  if (!isObject(raw)) return undefined;
  return parseUsage(raw['prompt_tokens'] === undefined ? { ...raw, prompt_tokens: raw['total_tokens'] } : raw);
}

export function tokensRead(count: number): Usage {
  return { prompt_tokens: count, completion_tokens: 0, total_tokens: count };
}

export function unitsOf(units: Units): Usage {
  return { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, units };
}

/** What was read, where the provider counted it. */
export function countedRead(count: unknown): { readonly usage?: Usage } {
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? { usage: tokensRead(count) } : {};
}
