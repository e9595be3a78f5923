/** Parses the body of a text completion, OpenAI's older endpoint: strict on the fields we know, open to those we do not. */
import { z } from 'zod';
import type { Failure } from '../protocol/errors.ts';
import { toInvalidRequest } from '../protocol/problem.ts';
import type { Body } from './dialect.ts';

const text = z.string();
const token = z.int().min(0);

/** A text, several, or the same as token numbers. */
const prompt = z.union([
  text,
  z.array(text).min(1).max(2048),
  z.array(token).min(1),
  z.array(z.array(token).min(1)).min(1),
]);

/** https://platform.openai.com/docs/api-reference/completions/create */
export const completionsSchema = z.looseObject({
  model: text.min(1).max(512),
  prompt,
  suffix: text.nullish(),
  max_tokens: z.int().min(0).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).max(128).nullish(),
  best_of: z.int().min(1).max(128).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  logprobs: z.int().min(0).max(20).nullish(),
  echo: z.boolean().nullish(),
  stop: z.union([text, z.array(text).max(4)]).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(text, z.number().min(-100).max(100)).nullish(),
  seed: z.number().refine(Number.isInteger, { error: 'must be an integer' }).nullish(),
  user: text.nullish(),
});

/** Never throws. The failure's `param` is the path of the first problem. */
export function parseCompletions(body: unknown): { readonly request: Body } | { readonly refused: Failure } {
  const result = completionsSchema.safeParse(body);
  if (result.success) return { request: result.data };
  return { refused: toInvalidRequest(result.error, body) };
}
