/** Bedrock's two ways to a model: Converse, one protocol for all, and `invoke`, each family's own. */
import type { ChatRequest, ChatResponse } from '../protocol/chat.ts';
import { isObject, textOf } from '../protocol/json.ts';
import { withoutDrops } from '../protocol/parameters.ts';
import { orRefusal } from '../protocol/refused.ts';
import { extraHeaders } from '../protocol/settings.ts';
import type { ChatTranslation, Decoder, Refusal, Target, WireHeaders, WireRequest } from '../provider.ts';
import { modelUrl, RUNTIME } from './address.ts';
import { converseDecoder } from './decoder.ts';
import { familyOf } from './invoke/families.ts';
import { unwrapped, usageInHeaders } from './invoke/invocation.ts';
import { namedModel, type NamedModel } from './model.ts';
import { placeOf } from './region.ts';
import { toConverse } from './request.ts';
import { fromConverse } from './response.ts';

type Sent = { readonly operation: string; readonly json: string; readonly dropped: readonly string[] };

function addressed(
  target: Target,
  model: NamedModel,
  sent: Sent,
  headers: Readonly<Record<string, string>>,
): WireRequest {
  const { region, baseUrl } = placeOf(target, RUNTIME, model.region);
  return {
    method: 'POST',
    url: modelUrl(baseUrl, model.id, sent.operation),
    headers: { 'content-type': 'application/json', ...headers, ...extraHeaders(target.settings) },
    body: sent.json,
    signingRegion: region,
    dropped: sent.dropped,
  };
}

/** What Converse has in its body, `invoke` has in headers. */
const IN_HEADERS = ['guardrailConfig', 'performanceConfig', 'requestMetadata', 'service_tier'] as const;

function invokeHeaders(request: ChatRequest, settings: Target['settings']): Record<string, string> {
  const headers: Record<string, string> = {};
  const set = (name: string, value: unknown): void => {
    const text = textOf(value);
    if (text !== undefined && !/[\r\n\0]/.test(text)) headers[`x-amzn-bedrock-${name}`] = text;
  };
  const guardrail = request['guardrailConfig'] ?? settings['guardrailConfig'];
  if (isObject(guardrail)) {
    set('guardrailidentifier', guardrail['guardrailIdentifier']);
    set('guardrailversion', guardrail['guardrailVersion']);
    const trace = textOf(guardrail['trace']);
    if (trace !== undefined) set('trace', trace.toUpperCase());
  }
  const performance = request['performanceConfig'] ?? settings['performanceConfig'];
  if (isObject(performance)) set('performanceconfig-latency', performance['latency']);
  const { service_tier: tier } = request;
  if (tier === 'flex' || tier === 'priority') set('service-tier', tier);
  return headers;
}

/** Without what goes into headers. */
function forModel(request: ChatRequest): ChatRequest {
  if (IN_HEADERS.every((name) => request[name] === undefined)) return request;
  const rest = { ...request };
  for (const name of IN_HEADERS) if (name !== 'service_tier' || isTier(rest[name])) delete rest[name];
  return rest;
}

/** Any other tier is left for the family to refuse. */
function isTier(value: unknown): boolean {
  return value === 'auto' || value === 'default' || value === 'flex' || value === 'priority';
}

function toInvoke(request: ChatRequest, target: Target, model: NamedModel): WireRequest | Refusal {
  const body = familyOf(model).toBody(forModel(request), target, model);
  if ('refused' in body) return body;
  const operation = request.stream === true ? 'invoke-with-response-stream' : 'invoke';
  // The family never sees what goes into headers: what the deployment drops of it is dropped here.
  const { kept, dropped } = withoutDrops(request, target.settings);
  const headers = { accept: 'application/json', ...invokeHeaders(kept, target.settings) };
  const also = dropped.filter((name) => !body.dropped.includes(name));
  return addressed(target, model, { operation, ...body, dropped: [...body.dropped, ...also] }, headers);
}

function toRequest(request: ChatRequest, target: Target): WireRequest | Refusal {
  return orRefusal(() => {
    const model = namedModel(target);
    if (model.route === 'invoke') return toInvoke(request, target, model);
    const translated = toConverse(request, target, model);
    if ('refused' in translated) return translated;
    const { body, streaming, dropped } = translated;
    const sent = { operation: streaming ? 'converse-stream' : 'converse', json: JSON.stringify(body), dropped };
    const accept = streaming ? 'application/vnd.amazon.eventstream' : 'application/json';
    return addressed(target, model, sent, { accept });
  });
}

function fromResponse(body: unknown, request: ChatRequest, target: Target, headers: WireHeaders = {}): ChatResponse {
  const model = namedModel(target);
  if (model.route === 'converse') return fromConverse(body, request, target, model);
  const response = familyOf(model).fromResponse(body, forModel(request), target, model);
  const usage = response.usage ?? usageInHeaders(headers);
  return usage === undefined ? response : { ...response, usage };
}

function createDecoder(request: ChatRequest, target: Target): Decoder {
  const model = namedModel(target);
  if (model.route === 'converse') return converseDecoder(request, target, model);
  const { id, created } = target;
  return unwrapped(familyOf(model).decoder(forModel(request), target, model), { id, created, model: target.model });
}

export const chat: ChatTranslation = {
  toRequest,
  fromResponse,
  framing: 'aws-eventstream',
  decoder: createDecoder,
  // Bedrock fetches nothing from the web.
  inlineUrls: () => true,
};
