/** What a model costs and how long its context is: the generated list, under the deployment's own prices. */
import { pricedNames } from '../bedrock/priced-names.ts';
import { parsePrices, type PriceFields, type Prices } from './cost.ts';
import list from './prices.json' with { type: 'json' };

export type ModelFacts = {
  readonly provider: string;
  readonly mode?: string;
  readonly maxInputTokens?: number;
  readonly maxOutputTokens?: number;
  readonly prices: PriceFields;
};

type Row = {
  readonly provider: string;
  readonly mode?: string;
  readonly max_input_tokens?: number;
  readonly max_output_tokens?: number;
  readonly [price: string]: unknown;
};

/** Fixed, so that tests of money can compute the expected sum by hand: 150 and 600 nano-dollars per token, a cent per image. */
const MOCK: Row = {
  provider: 'mock',
  mode: 'chat',
  input_cost_per_token: '0.00000015',
  output_cost_per_token: '0.0000006',
  output_cost_per_image: '0.01',
  input_cost_per_character: '0.00001',
  input_cost_per_second: '0.0001',
  input_cost_per_query: '0.001',
};

const ROWS: Readonly<Record<string, Row>> = list.models;

export const pricesSource: { readonly source: string; readonly date: string } = {
  source: list.source,
  date: list.date,
};

function at(key: string): Row | undefined {
  return Object.hasOwn(ROWS, key) ? ROWS[key] : undefined;
}

/** A fine-tuned model costs what the list says for its base: `ft:gpt-4o-2024-08-06:acme::id`. */
function fineTuned(model: string): string | undefined {
  const [prefix, base] = model.split(':');
  return prefix === 'ft' && base !== undefined ? `ft:${base}` : undefined;
}

function rowOf(provider: string, model: string, settings: PriceFields = {}): Row | undefined {
  if (provider === 'mock') return MOCK;
  if (provider !== 'bedrock') return rowNamed(provider, model);
  const region = settings['aws_region_name'];
  for (const name of pricedNames(model, typeof region === 'string' ? region : undefined)) {
    const row = rowNamed(provider, name);
    if (row !== undefined) return row;
  }
  return undefined;
}

function rowNamed(provider: string, model: string): Row | undefined {
  const prefixed = at(`${provider}/${model}`);
  if (prefixed !== undefined) return prefixed;
  // A bare name is one provider's; the same name on a server of one's own has another price.
  const bare = at(model) ?? at(fineTuned(model) ?? '');
  return bare?.provider === provider ? bare : undefined;
}

/** Facts of a listed model. `model` is the upstream's name, or a key of the list such as `base_model` holds. */
export function modelFacts(provider: string, model: string): ModelFacts | undefined {
  const row = rowOf(provider, model);
  if (row === undefined) return undefined;
  const {
    provider: owner,
    mode,
    max_input_tokens: maxInputTokens,
    max_output_tokens: maxOutputTokens,
    ...prices
  } = row;
  return {
    provider: owner,
    ...(mode === undefined ? {} : { mode }),
    ...(maxInputTokens === undefined ? {} : { maxInputTokens }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    prices,
  };
}

const PRICE_FIELD = /_cost_per_|_token_cost/;

function overridesIn(settings: PriceFields | undefined): PriceFields {
  const found: Record<string, unknown> = {};
  for (const name in settings) {
    const value = settings[name];
    if (PRICE_FIELD.test(name) && value !== null && value !== undefined) found[name] = value;
  }
  return found;
}

export type PriceOptions = {
  /** The deployment's settings and `model_info`: prices written there win over the list. */
  readonly settings?: PriceFields;
  readonly modelInfo?: PriceFields;
  /** The tier the provider says it served (`priority`, `flex`). */
  readonly serviceTier?: string;
  /** Names before the model's, as in `hd/1024-x-1024/dall-e-3`: rows with prices that the model's own row lacks; the first found counts. */
  readonly variants?: readonly string[];
};

/** A key of the list, whatever the provider: an operator who names a base model means exactly it. */
function baseModelRow(provider: string, options: PriceOptions): Row | undefined {
  const name = options.modelInfo?.['base_model'] ?? options.settings?.['base_model'];
  return typeof name === 'string' ? (rowOf(provider, name) ?? at(name)) : undefined;
}

/**
 * Order: the deployment's own prices over those of `provider/model`, else of `model`, else of the base model. Nothing when the price is
 * unknown, which is never the same as free.
 */
export function priceOf(provider: string, model: string, options: PriceOptions = {}): Prices | undefined {
  const row = rowOf(provider, model, options.settings) ?? baseModelRow(provider, options);
  const variant = options.variants
    ?.map((name) => rowOf(provider, `${name}/${model}`))
    .find((found) => found !== undefined);
  const fields = { ...variant, ...row, ...overridesIn(options.modelInfo), ...overridesIn(options.settings) };
  const tier = options.serviceTier;
  return parsePrices(fields, tier === 'priority' || tier === 'flex' ? tier : undefined);
}
