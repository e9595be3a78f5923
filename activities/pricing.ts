/** What a call cost, or, where nobody told us, what it cost at least and at most. */
import { costNanoUsd, worstCaseNanoUsd, type Prices } from '../providers/pricing/cost.ts';
import { modelFacts, priceOf } from '../providers/pricing/prices.ts';
import type { ChatMessage, ChatRequest, ChatResponse } from '../providers/protocol/chat.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import type { Deployment } from './config/config.ts';
import type { CostBounds } from './store/attempts.ts';
import type { Settlement } from './store/settlements.ts';

export type PricedCall = {
  /** Absent when the price is unknown, or the usage is. */
  readonly costNano?: bigint;
  readonly columns: Pick<Settlement, 'usage' | 'costNano' | 'estimated' | 'costMinNano' | 'costMaxNano'>;
};

/** `response` is the whole answer, or what had been streamed when the call failed. */
export function priceCall(
  deployment: Deployment,
  request: ChatRequest,
  response: ChatResponse | undefined,
  failure: Failure | undefined,
): PricedCall {
  const usage = response?.usage;
  const prices = pricesOf(deployment, response);
  if (usage !== undefined) {
    const columns = { usage: JSON.stringify(usage) };
    if (prices === undefined) return { columns };
    const costNano = costNanoUsd(usage, prices);
    return { costNano, columns: { ...columns, costNano } };
  }
  if (failure?.billed === 'no') return { costNano: 0n, columns: { costNano: 0n } };
  const bounds = prices === undefined ? undefined : bound(deployment, request, JSON.stringify(request), prices);
  return {
    columns: {
      estimated: true,
      ...(bounds === undefined ? {} : { costMinNano: bounds.minNano, costMaxNano: bounds.maxNano }),
    },
  };
}

/** For an attempt whose outcome died with its process. Undefined when the price is unknown. */
export function boundsOf(deployment: Deployment | undefined, body: string): CostBounds | undefined {
  if (deployment === undefined) return undefined;
  const prices = pricesOf(deployment, undefined);
  return prices === undefined ? undefined : bound(deployment, JSON.parse(body) as ChatRequest, body, prices);
}

function pricesOf(deployment: Deployment, response: ChatResponse | undefined): Prices | undefined {
  const tier = response?.service_tier;
  return priceOf(deployment.provider, deployment.model, {
    settings: deployment.settings,
    modelInfo: deployment.modelInfo,
    ...(typeof tier === 'string' ? { serviceTier: tier } : {}),
  });
}

/** An image by URL takes few bytes of the request and up to this many tokens of the prompt. */
const TOKENS_PER_PART = 4_000;
/** What templates add around a message. */
const TOKENS_PER_MESSAGE = 64;
/** Where neither the request nor any list says how long an answer can be. */
const MAX_OUTPUT_TOKENS = 128_000;

function bound(deployment: Deployment, request: ChatRequest, body: string, prices: Prices): CostBounds {
  // A token is at least one byte of text.
  const text = Buffer.byteLength(body) + request.messages.length * TOKENS_PER_MESSAGE;
  const parts = request.messages.reduce((sum, message) => sum + countParts(message), 0);
  const sizes = {
    promptTokens: text + parts * TOKENS_PER_PART,
    completionTokens: maxOutput(deployment, request) * (request.n ?? 1),
    media: parts > 0 || request['modalities'] !== undefined,
  };
  return { minNano: 0n, maxNano: worstCaseNanoUsd(sizes, prices) };
}

function countParts(message: ChatMessage): number {
  return Array.isArray(message.content) ? message.content.filter((part) => part.type !== 'text').length : 0;
}

function maxOutput(deployment: Deployment, request: ChatRequest): number {
  const known = [
    request.max_completion_tokens,
    request.max_tokens,
    deployment.defaults['max_completion_tokens'],
    deployment.defaults['max_tokens'],
    deployment.modelInfo['max_output_tokens'],
    modelFacts(deployment.provider, deployment.model)?.maxOutputTokens,
  ];
  return known.find((value): value is number => typeof value === 'number') ?? MAX_OUTPUT_TOKENS;
}
