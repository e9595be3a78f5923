/** Settings of Ollama's engine, which it takes in a map of their own. */
import type { ChatRequest } from '../protocol/chat.ts';
import type { Target } from '../provider.ts';

/** OpenAI's names that are Ollama's, too. */
const SAME = ['temperature', 'top_p', 'top_k', 'min_p', 'seed', 'frequency_penalty', 'presence_penalty'] as const;

/** Ollama's own. A caller or a deployment may give them; they change how a model is loaded. */
export const NATIVE: ReadonlySet<string> = new Set([
  'num_ctx',
  'num_batch',
  'num_gpu',
  'main_gpu',
  'num_thread',
  'num_keep',
  'num_gqa',
  'numa',
  'use_mmap',
  'use_mlock',
  'low_vram',
  'mirostat',
  'mirostat_eta',
  'mirostat_tau',
  'repeat_last_n',
  'repeat_penalty',
  'tfs_z',
  'typical_p',
  'penalize_newline',
]);

export function toOptions(kept: ChatRequest, target: Target): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const name of NATIVE) {
    const value = kept[name] ?? target.settings[name];
    if (value !== undefined && value !== null) options[name] = value;
  }
  for (const name of SAME) if (kept[name] !== undefined && kept[name] !== null) options[name] = kept[name];
  // Other servers' name for it. OpenAI's frequency_penalty is another formula on another scale, and Ollama has that as well.
  if (kept['repetition_penalty'] !== undefined) options['repeat_penalty'] = kept['repetition_penalty'];
  const length = kept.max_completion_tokens ?? kept.max_tokens;
  if (typeof length === 'number') options['num_predict'] = length;
  if (kept.stop) options['stop'] = typeof kept.stop === 'string' ? [kept.stop] : kept.stop;
  return options;
}
