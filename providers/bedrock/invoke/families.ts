/** Which family a model behind `invoke` belongs to, by its name. */
import { Refused } from '../../protocol/refused.ts';
import { TITLE } from '../error.ts';
import type { Family, NamedModel } from '../model.ts';
import { claude } from './claude.ts';
import type { InvokeFamily } from './family.ts';
import { nova } from './nova.ts';
import { openAiFamily } from './openai.ts';
import { textFamily } from './text.ts';

/** Most specific first. What is not here speaks OpenAI's wire, as all newer models do. */
const BY_NAME: readonly (readonly [RegExp, Family])[] = [
  [/claude|(^|[./])anthropic\./, 'claude'],
  [/nova/, 'nova'],
  [/titan-text/, 'titan'],
  [/(^|[./])meta\.|llama/, 'llama'],
  [/deepseek\.r1/, 'deepseek_r1'],
  [/mistral-7b|mixtral-8x7b|mistral-(large|small)-2402/, 'mistral'],
  [/cohere\.command-r/, 'command-r'],
  [/cohere\.command/, 'command'],
];

const FAMILIES: Readonly<Record<Family, InvokeFamily>> = {
  claude,
  nova,
  openai: openAiFamily,
  llama: textFamily('llama'),
  deepseek_r1: textFamily('deepseek_r1'),
  mistral: textFamily('mistral'),
  titan: textFamily('titan'),
  command: textFamily('command'),
  'command-r': textFamily('command-r'),
  qwen2: textFamily('qwen2'),
};

/** Errors: {@link Refused} for models whose service has ended. */
export function familyOf({ name, family }: NamedModel): InvokeFamily {
  if (/ai21\.j2/.test(name)) throw new Refused('provider_ended', `${TITLE} no longer serves ${name}.`, 'model');
  return FAMILIES[family ?? BY_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? 'openai'];
}
