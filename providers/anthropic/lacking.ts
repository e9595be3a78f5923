/** What neither Anthropic's API nor Converse can express, and what some of Claude's models cannot. */
import { FUNCTIONS } from '../openai/dialect.ts';
import type { Objection } from '../protocol/parameters.ts';
import type { ClaudeModel } from './models.ts';

export const LACKING = [
  'n',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'seed',
  ...FUNCTIONS,
  'verbosity',
  'modalities',
  'audio',
  'prediction',
  'store',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
] as const;

const SAMPLING: ReadonlySet<string> = new Set(['temperature', 'top_p', 'top_k']);

export function samplingObjection({ sampling }: ClaudeModel, name: string, value: unknown): Objection | undefined {
  if (sampling || !SAMPLING.has(name) || (name !== 'top_k' && value === 1)) return undefined;
  return { param: name, because: 'the model chooses its sampling itself' };
}
