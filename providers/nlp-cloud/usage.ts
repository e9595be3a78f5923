/** NLP Cloud's counts; of the prompt only newer models tell them. */
import { tokenCount } from '../protocol/count.ts';
import type { JsonObject } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';

export function toUsage(answer: JsonObject): Usage | undefined {
  const input = tokenCount(answer['nb_input_tokens']);
  const output = tokenCount(answer['nb_generated_tokens']);
  if (input === undefined || output === undefined) return undefined;
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}
