/** What an Azure deployment runs. Its name is the operator's choice, so a prefix can say it: `o_series/my-name`, `gpt5_series/my-name`. */
import { openAiObjection, wantsMaxCompletionTokens } from '../openai/models.ts';

const SERIES: Readonly<Record<string, string>> = { o_series: 'o3', gpt5_series: 'gpt-5' };

function seriesOf(model: string): string | undefined {
  const slash = model.indexOf('/');
  const prefix = model.slice(0, slash);
  return slash > 0 && Object.hasOwn(SERIES, prefix) ? prefix : undefined;
}

export function deploymentOf(model: string): string {
  const series = seriesOf(model);
  return series === undefined ? model : model.slice(series.length + 1);
}

/** The OpenAI model whose rules hold. */
function familyOf(model: string): string {
  const series = seriesOf(model);
  // Azure's own lists write gpt-35-turbo and gpt-4o like OpenAI's, apart from the dot.
  return series === undefined ? model : (SERIES[series] ?? model);
}

export function azureObjection(model: string, name: string, value: unknown, effort: unknown): string | undefined {
  return openAiObjection(familyOf(model), name, value, effort);
}

export function azureLength(model: string): 'max_completion_tokens' | 'as_sent' {
  return wantsMaxCompletionTokens(familyOf(model)) ? 'max_completion_tokens' : 'as_sent';
}

const OPENAI_NAMES = /^(ft:)?(gpt-|o\d)/;

/** In the model catalogue names are the models' own; only OpenAI's and xAI's have rules of their own. */
export function catalogueObjection(model: string, name: string, value: unknown, effort: unknown): string | undefined {
  const lower = model.toLowerCase();
  if (name === 'stop' && lower.includes('grok')) return 'the model has no stop sequences';
  return OPENAI_NAMES.test(lower) ? openAiObjection(lower, name, value, effort) : undefined;
}
