/** What a call cost, or, where nobody told us, what it cost at least and at most. */
import type { Body } from '../providers/dialects/dialect.ts';
import { kindRow, type KindRow } from '../providers/kinds.ts';
import { readCall } from '../providers/dialects/passed.ts';
import {
  canBePriced,
  costNanoUsd,
  isPriced,
  worstCaseNanoUsd,
  type Prices,
  type RequestSizes,
} from '../providers/pricing/cost.ts';
import { modelFacts, priceOf } from '../providers/pricing/prices.ts';
import type { ChatMessage, ChatRequest } from '../providers/protocol/chat.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import type { Metered } from './call-metered.ts';
import { imageVariants, largestSizes } from './pricing-sizes.ts';
import type { Deployment } from './config/config.ts';
import type { CostBounds } from './store/attempts.ts';
import type { Settlement } from './store/settlements.ts';

export type PricedCall = {
  /** Absent when the price is unknown, or the usage is. */
  readonly costNano?: bigint;
  readonly columns: Pick<Settlement, 'usage' | 'costNano' | 'estimated' | 'costMinNano' | 'costMaxNano'>;
};

/** What was asked of which deployment. */
export type Charge = { readonly deployment: Deployment; readonly kind: string; readonly body: Body };

/** `metered` is what the provider counted, of a whole answer or of what had been streamed when the call failed. */
export function priceCall(charge: Charge, metered: Metered | undefined, failure: Failure | undefined): PricedCall {
  const prices = pricesOf(charge, metered?.serviceTier);
  const counted = metered?.usage === undefined ? {} : { usage: JSON.stringify(metered.usage) };
  if (metered?.costNano !== undefined)
    return { costNano: metered.costNano, columns: { ...counted, costNano: metered.costNano } };
  if (metered?.usage !== undefined && prices === undefined) return { columns: counted };
  if (metered?.usage !== undefined && prices !== undefined && isPriced(metered.usage, prices)) {
    const columns = counted;
    const costNano = costNanoUsd(metered.usage, prices);
    return { costNano, columns: { ...columns, costNano } };
  }
  if (failure?.billed === 'no') return { costNano: 0n, columns: { costNano: 0n } };
  const bounds = prices === undefined ? undefined : bound(charge, prices);
  return {
    columns: {
      ...counted,
      estimated: true,
      ...(bounds === undefined ? {} : { costMinNano: bounds.minNano, costMaxNano: bounds.maxNano }),
    },
  };
}

/** For an attempt whose outcome died with its process. Undefined when the price is unknown. */
export function boundsOf(charge: Charge): CostBounds | undefined {
  const prices = pricesOf(charge, undefined);
  return prices === undefined ? undefined : bound(charge, prices);
}

function pricesOf({ deployment, kind, body }: Charge, serviceTier: string | undefined): Prices | undefined {
  return priceOf(deployment.provider, deployment.model, {
    settings: deployment.settings,
    modelInfo: deployment.modelInfo,
    ...(serviceTier === undefined ? {} : { serviceTier }),
    ...(kindRow(kind).operation.startsWith('image') ? { variants: imageVariants(body) } : {}),
  });
}

/** An image by URL takes few bytes of the request and up to this many tokens of the prompt. */
const TOKENS_PER_PART = 4_000;
/** What templates add around a message. */
const TOKENS_PER_MESSAGE = 64;
/** Where neither the request nor any list says how long an answer can be. */
const MAX_OUTPUT_TOKENS = 128_000;

/** Undefined when what the request can count has no price. */
function bound(charge: Charge, prices: Prices): CostBounds | undefined {
  const row = kindRow(charge.kind);
  const sizes = largest(charge, row);
  return canBePriced(sizes, prices) ? { minNano: 0n, maxNano: worstCaseNanoUsd(sizes, prices) } : undefined;
}

function largest(charge: Charge, row: KindRow): RequestSizes {
  if (row.operation === 'chat') return largestChat(charge.deployment, row.dialect.toChat(charge.body));
  return row.operation === 'passThrough' ? largestPassed(charge) : largestSizes(row.operation, charge.body);
}

/** Whatever is asked in whatever words: a token is at least one byte of it. */
function largestPassed({ deployment, body }: Charge): RequestSizes {
  const { text, base64 } = readCall(body);
  const bytes = text === undefined ? (base64?.length ?? 0) : Buffer.byteLength(text);
  return { promptTokens: bytes, completionTokens: maxOutput(deployment, { model: '', messages: [] }), media: true };
}

function largestChat(deployment: Deployment, request: ChatRequest): RequestSizes {
  // A token is at least one byte of text.
  const text = Buffer.byteLength(JSON.stringify(request)) + request.messages.length * TOKENS_PER_MESSAGE;
  const parts = request.messages.reduce((sum, message) => sum + countParts(message), 0);
  return {
    promptTokens: text + parts * TOKENS_PER_PART,
    completionTokens: maxOutput(deployment, request) * (request.n ?? 1),
    media: parts > 0 || request['modalities'] !== undefined,
  };
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
