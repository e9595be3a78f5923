/** Cohere counts twice: the tokens the model read and wrote, and the fewer ones it charges for. */
import { tokenCount } from '../protocol/count.ts';
import { isObject } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';

type Counts = { readonly input: number; readonly output: number };

function countsOf(raw: unknown): Counts | undefined {
  if (!isObject(raw)) return undefined;
  const input = tokenCount(raw['input_tokens']);
  const output = tokenCount(raw['output_tokens']);
  // A count that is left out is zero: an answer that is all tool plan can have no billed input.
  if (input === undefined && raw['input_tokens'] !== undefined) return undefined;
  if (output === undefined && raw['output_tokens'] !== undefined) return undefined;
  return input === undefined && output === undefined ? undefined : { input: input ?? 0, output: output ?? 0 };
}

/** The real counts are the caller's; `billed_units` rides beside them, because the price is of those. */
export function toUsage(raw: unknown): Usage | undefined {
  if (!isObject(raw)) return undefined;
  const billed = countsOf(raw['billed_units']);
  const counts = countsOf(raw['tokens']) ?? billed;
  if (counts === undefined) return undefined;
  const cached = tokenCount(raw['cached_tokens']);
  return {
    prompt_tokens: counts.input,
    completion_tokens: counts.output,
    total_tokens: counts.input + counts.output,
    ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
    ...(billed === undefined ? {} : { billed_units: { input_tokens: billed.input, output_tokens: billed.output } }),
  };
}
