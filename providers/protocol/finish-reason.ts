/** Every provider's word for "why it ended", in OpenAI's words. */
import type { FinishReason } from './chat.ts';

const OWN: ReadonlySet<string> = new Set<FinishReason>([
  'stop',
  'length',
  'tool_calls',
  'content_filter',
  'function_call',
]);

const LENGTH = [
  'max_tokens',
  'max_token',
  'maximum_tokens',
  'model_length',
  'model_context_window_exceeded',
  'compaction',
];
const TOOL_CALLS = ['tool_use', 'tool_call'];
const CONTENT_FILTER = [
  'refusal',
  'error_toxic',
  'safety',
  'recitation',
  'language',
  'other',
  'blocklist',
  'prohibited_content',
  'spii',
  'image_safety',
  'image_prohibited_content',
  'no_image',
  'image_recitation',
  'image_other',
  'escalation',
  'sensitive',
  'guardrail_intervened',
  'content_filtered',
];

const FOREIGN: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ...LENGTH.map((word) => [word, 'length'] as const),
  ...TOOL_CALLS.map((word) => [word, 'tool_calls'] as const),
  ...CONTENT_FILTER.map((word) => [word, 'content_filter'] as const),
]);

export function isFinishReason(value: unknown): value is FinishReason {
  return typeof value === 'string' && OWN.has(value);
}

/** An unknown word means the answer ended in a way OpenAI has no word for: `stop`, never an error, because the text is there. */
export function toFinishReason(word: string): FinishReason {
  if (isFinishReason(word)) return word;
  const lower = word.toLowerCase();
  if (isFinishReason(lower)) return lower;
  return FOREIGN.get(lower) ?? 'stop';
}
