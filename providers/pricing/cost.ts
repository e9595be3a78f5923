/** What an answer costs. Integer arithmetic only, rounded once at the end. Free of zod: workflows read it. */
import type { Units, Usage } from '../protocol/usage.ts';
import { parseFemtoUsd, toNanoUsd } from './decimal.ts';
import { parseUnitRates, unitsCost, type UnitRates } from './units.ts';

/** Rates in femto-dollars per token. */
export type Rates = {
  readonly input: bigint;
  readonly output: bigint;
  readonly cacheRead: bigint;
  readonly cacheWrite: bigint;
  /** Writes that live for an hour. */
  readonly cacheWriteLong: bigint;
  readonly reasoning: bigint;
  readonly audioInput: bigint;
  readonly audioOutput: bigint;
  readonly imageInput: bigint;
  readonly imageOutput: bigint;
};

export type Tier = { readonly aboveTokens: number; readonly rates: Rates };

export type Prices = {
  readonly rates: Rates;
  /** Rates for prompts longer than `aboveTokens`, for the whole request; the largest threshold first. */
  readonly tiers: readonly Tier[];
  /** Femto-dollars for each call, and for each web search the provider ran. */
  readonly perRequest: bigint;
  readonly perSearch: bigint;
  /** Whether the rates per token are known. Where they are not, they are zero, and what is counted in units is charged alone. */
  readonly hasTokenRates: boolean;
  readonly units: UnitRates;
};

/** Prices as configurations and price lists write them: `input_cost_per_token` and so on, decimal strings or numbers. */
export type PriceFields = Readonly<Record<string, unknown>>;

type FieldReader = (name: string) => bigint | undefined;

function ratesFrom(read: FieldReader, base?: Rates): Rates | undefined {
  const givenInput = read('input_cost_per_token');
  const givenOutput = read('output_cost_per_token');
  if (givenInput === undefined && givenOutput === undefined && base === undefined) return undefined;
  const input = givenInput ?? base?.input ?? 0n;
  const output = givenOutput ?? base?.output ?? 0n;
  const cacheWrite = read('cache_creation_input_token_cost') ?? base?.cacheWrite ?? input;
  return {
    input,
    output,
    cacheRead:
      read('cache_read_input_token_cost') ?? read('input_cost_per_token_cache_hit') ?? base?.cacheRead ?? input,
    cacheWrite,
    cacheWriteLong: read('cache_creation_input_token_cost_above_1hr') ?? base?.cacheWriteLong ?? cacheWrite,
    reasoning: read('output_cost_per_reasoning_token') ?? base?.reasoning ?? output,
    audioInput: read('input_cost_per_audio_token') ?? base?.audioInput ?? input,
    audioOutput: read('output_cost_per_audio_token') ?? base?.audioOutput ?? output,
    imageInput: read('input_cost_per_image_token') ?? base?.imageInput ?? input,
    imageOutput: read('output_cost_per_image_token') ?? base?.imageOutput ?? output,
  };
}

/** `input_cost_per_token_above_200k_tokens` → 200000 */
function thresholdsIn(fields: PriceFields): readonly number[] {
  const found = new Set<number>();
  for (const name in fields) {
    const thousands = /^(?:input|output)_cost_per_token_above_(\d+)k_tokens/.exec(name)?.[1];
    if (thousands !== undefined) found.add(Number(thousands) * 1000);
  }
  return [...found].sort((a, b) => b - a);
}

/** Rates that a tier does not name grow as its input or output rate does: a tier never makes cached tokens dearer than fresh ones. */
function tierBase(base: Rates, fields: FieldReader): Rates {
  const input = fields('input_cost_per_token') ?? base.input;
  const output = fields('output_cost_per_token') ?? base.output;
  const scaled = (rate: bigint, from: bigint, to: bigint): bigint => (from === 0n ? rate : (rate * to) / from);
  return {
    input,
    output,
    cacheRead: scaled(base.cacheRead, base.input, input),
    cacheWrite: scaled(base.cacheWrite, base.input, input),
    cacheWriteLong: scaled(base.cacheWriteLong, base.input, input),
    reasoning: scaled(base.reasoning, base.output, output),
    audioInput: scaled(base.audioInput, base.input, input),
    audioOutput: scaled(base.audioOutput, base.output, output),
    imageInput: scaled(base.imageInput, base.input, input),
    imageOutput: scaled(base.imageOutput, base.output, output),
  };
}

function searchPrice(fields: PriceFields): bigint {
  const sizes = fields['search_context_cost_per_query'];
  if (typeof sizes !== 'object' || sizes === null) return 0n;
  // Providers that report how many searches they ran charge one price for all sizes.
  return parseFemtoUsd((sizes as Record<string, unknown>)['search_context_size_medium']) ?? 0n;
}

const NO_RATES: Rates = {
  input: 0n,
  output: 0n,
  cacheRead: 0n,
  cacheWrite: 0n,
  cacheWriteLong: 0n,
  reasoning: 0n,
  audioInput: 0n,
  audioOutput: 0n,
  imageInput: 0n,
  imageOutput: 0n,
};

/**
 * Nothing when no price is known: an unknown price is not a price of zero. Of a service tier
 * (`priority`, `flex`), its own prices count where there are any.
 */
export function parsePrices(fields: PriceFields, serviceTier?: string): Prices | undefined {
  const reader =
    (suffix: string): FieldReader =>
    (name) =>
      (serviceTier === undefined ? undefined : parseFemtoUsd(fields[`${name}${suffix}_${serviceTier}`])) ??
      parseFemtoUsd(fields[`${name}${suffix}`]);
  const known = ratesFrom(reader(''));
  const units = parseUnitRates(reader(''));
  if (known === undefined && Object.keys(units).length === 0) return undefined;
  const rates = known ?? NO_RATES;
  const tiers: Tier[] = [];
  for (const aboveTokens of thresholdsIn(fields)) {
    const read = reader(`_above_${aboveTokens / 1000}k_tokens`);
    const own = ratesFrom(read, tierBase(rates, read));
    if (own !== undefined) tiers.push({ aboveTokens, rates: own });
  }
  return {
    rates,
    tiers,
    perRequest: parseFemtoUsd(fields['input_cost_per_request']) ?? 0n,
    perSearch: searchPrice(fields),
    hasTokenRates: known !== undefined,
    units,
  };
}

function ratesFor(promptTokens: number, prices: Prices): Rates {
  return prices.tiers.find((tier) => promptTokens > tier.aboveTokens)?.rates ?? prices.rates;
}

/** A detail is part of its total: what a provider reports beyond it is not charged. */
function atMost(count: number | undefined, rest: number): number {
  return count === undefined || !(count > 0) ? 0 : Math.min(Math.floor(count), rest);
}

function promptCost(usage: Usage, rates: Rates): bigint {
  const details = usage.prompt_tokens_details;
  let rest = usage.prompt_tokens;
  const read = atMost(details?.cached_tokens, rest);
  rest -= read;
  const written = atMost(details?.cache_creation_tokens, rest);
  rest -= written;
  const long = atMost(details?.cache_creation_token_details?.ephemeral_1h_input_tokens, written);
  const audio = atMost(details?.audio_tokens, rest);
  rest -= audio;
  const image = atMost(details?.image_tokens, rest);
  rest -= image;
  return (
    BigInt(read) * rates.cacheRead +
    BigInt(written - long) * rates.cacheWrite +
    BigInt(long) * rates.cacheWriteLong +
    BigInt(audio) * rates.audioInput +
    BigInt(image) * rates.imageInput +
    BigInt(rest) * rates.input
  );
}

function completionCost(usage: Usage, rates: Rates): bigint {
  const details = usage.completion_tokens_details;
  let rest = usage.completion_tokens;
  const reasoning = atMost(details?.reasoning_tokens, rest);
  rest -= reasoning;
  const audio = atMost(details?.audio_tokens, rest);
  rest -= audio;
  const image = atMost(details?.image_tokens, rest);
  rest -= image;
  return (
    BigInt(reasoning) * rates.reasoning +
    BigInt(audio) * rates.audioOutput +
    BigInt(image) * rates.imageOutput +
    BigInt(rest) * rates.output
  );
}

function searchesOf(usage: Usage): bigint {
  const tools = usage['server_tool_use'];
  if (typeof tools !== 'object' || tools === null) return 0n;
  const count: unknown = (tools as Record<string, unknown>)['web_search_requests'];
  return typeof count === 'number' && Number.isInteger(count) && count > 0 ? BigInt(count) : 0n;
}

function countAt(fields: object, name: string): number | undefined {
  const count: unknown = (fields as Record<string, unknown>)[name];
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? count : undefined;
}

/** Cohere charges for fewer tokens than its models read and write, and says for how many. */
function billedOf(usage: Usage): Usage {
  const billed = usage['billed_units'];
  if (typeof billed !== 'object' || billed === null) return usage;
  const input = countAt(billed, 'input_tokens');
  const output = countAt(billed, 'output_tokens');
  if (input === undefined || output === undefined) return usage;
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

/** Whether these counts can be charged: a price per character says nothing about an answer that was counted in tokens. */
export function isPriced(usage: Usage, prices: Prices): boolean {
  if (unitsCost(usage.units, prices.units) !== undefined) return true;
  return prices.hasTokenRates && (usage.total_tokens > 0 || usage.units === undefined);
}

/** Nano-dollars for an answer with these counts, when they are priced. */
export function costNanoUsd(usage: Usage, prices: Prices): bigint {
  const rates = ratesFor(usage.prompt_tokens, prices);
  const billed = billedOf(usage);
  const femto =
    promptCost(billed, rates) +
    completionCost(billed, rates) +
    prices.perRequest +
    (unitsCost(usage.units, prices.units) ?? 0n) +
    searchesOf(usage) * prices.perSearch;
  return toNanoUsd(femto);
}

export type RequestSizes = {
  readonly promptTokens: number;
  /** All answers together: the limit on one times `n`. */
  readonly completionTokens: number;
  /** Whether the request holds or asks for audio or images, whose tokens have prices of their own. */
  readonly media?: boolean;
  /** As many of each as there can be; what the prices do not name is not counted. */
  readonly units?: Units;
};

function dearest(...rates: readonly bigint[]): bigint {
  return rates.reduce((most, rate) => (rate > most ? rate : most), 0n);
}

/** Whether there is a price for any of it. */
export function canBePriced(sizes: RequestSizes, prices: Prices): boolean {
  return prices.hasTokenRates || unitsCost(sizes.units, prices.units) !== undefined;
}

/** Nano-dollars that a request of this size can cost at most: what a budget has to hold before the call. */
export function worstCaseNanoUsd(sizes: RequestSizes, prices: Prices): bigint {
  const rates = ratesFor(sizes.promptTokens, prices);
  const media = sizes.media === true;
  const input = dearest(
    rates.input,
    rates.cacheWrite,
    rates.cacheWriteLong,
    ...(media ? [rates.audioInput, rates.imageInput] : []),
  );
  const output = dearest(rates.output, rates.reasoning, ...(media ? [rates.audioOutput, rates.imageOutput] : []));
  return toNanoUsd(
    BigInt(sizes.promptTokens) * input +
      BigInt(sizes.completionTokens) * output +
      (unitsCost(sizes.units, prices.units) ?? 0n) +
      prices.perRequest,
  );
}
