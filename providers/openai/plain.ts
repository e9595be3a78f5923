/** Operations besides chat on OpenAI's wire. Same words in and out: what is not known here passes unchanged. */
import { fromOpenAiEmbeddings } from '../protocol/embeddings.ts';
import { toModeration } from '../protocol/moderation.ts';
import { createRerank } from '../protocol/rerank-wire.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import { anything, checkPlain } from '../protocol/plain-parameters.ts';
import { extraHeaders } from '../protocol/settings.ts';
import type { PlainOperation, PlainTranslation, Refusal, Target, WireRequest } from '../provider.ts';
import type { Dialect } from './dialect.ts';
import { addressProblem } from './request.ts';

/** How the operations of one provider differ. */
export type PlainWire = Dialect & { readonly baseUrl: string };

export function plainUrl(wire: PlainWire, target: Target, path: string): string {
  const own = wire.plainUrl?.(target, path);
  if (own !== undefined) return own;
  const base = wire.address?.(target.model, target.baseUrl) ?? target.baseUrl;
  return `${base.replace(/\/chat\/completions$/, '')}${path}`;
}

export function jsonRequest(wire: PlainWire, target: Target, path: string, body: JsonObject): WireRequest | Refusal {
  const problem = addressProblem(wire, wire.baseUrl, target);
  if (problem !== undefined) return problem;
  const { model, settings } = target;
  const checked = checkPlain(body, { title: wire.title, model, settings, takes: anything });
  if ('refused' in checked) return checked;
  const url = plainUrl(wire, target, path);
  if (!URL.canParse(url)) return noUrl(wire.title, target.baseUrl);
  const extra = isObject(settings['extra_body']) ? settings['extra_body'] : {};
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...openAiHeaders(settings) },
    body: JSON.stringify({ ...checked.kept, model: wire.upstreamModel?.(model) ?? model, ...extra }),
    dropped: checked.dropped,
  };
}

/** An address that is none: a 502 that names it, before anything is sent. */
function noUrl(title: string, found: string): Refusal {
  const message = `${title}: api_base ${JSON.stringify(found)} is no URL.`;
  return { refused: { code: 'provider_unreachable', message, billed: 'no' } };
}

export function openAiHeaders(settings: JsonObject): Readonly<Record<string, string>> {
  return {
    ...(typeof settings['organization'] === 'string' ? { 'openai-organization': settings['organization'] } : {}),
    ...(typeof settings['project'] === 'string' ? { 'openai-project': settings['project'] } : {}),
    ...extraHeaders(settings),
  };
}

type Create = (wire: PlainWire) => PlainTranslation;

export function createEmbeddings(wire: PlainWire): PlainTranslation {
  return {
    toRequest: (body, target) => jsonRequest(wire, target, '/embeddings', body),
    fromResponse: ({ json }, body, target) => fromOpenAiEmbeddings(json, body, target.model),
  };
}

function moderation(wire: PlainWire): PlainTranslation {
  return {
    toRequest: (body, target) => jsonRequest(wire, target, '/moderations', body),
    fromResponse: ({ json }, _body, target) => toModeration(json, target.id, target.model),
  };
}

function rerank(wire: PlainWire): PlainTranslation {
  const { upstreamModel } = wire;
  const translation = createRerank({
    title: wire.title,
    url: (target) => plainUrl(wire, target, '/rerank'),
    also: ['max_chunks_per_doc', 'max_tokens_per_doc'],
    ...(upstreamModel === undefined ? {} : { upstreamModel }),
  });
  return {
    ...translation,
    toRequest: (body, target) => addressProblem(wire, wire.baseUrl, target) ?? translation.toRequest(body, target),
  };
}

const OPERATIONS: { readonly [operation in PlainOperation]?: Create } = {
  embeddings: createEmbeddings,
  moderation,
  rerank,
};

/** The operations that a provider has, ready to be put beside its chat. */
export function plainOperations(
  wire: PlainWire,
  names: readonly PlainOperation[],
): { readonly [operation in PlainOperation]?: PlainTranslation } {
  return Object.fromEntries(
    names.flatMap((name) => {
      const create = OPERATIONS[name];
      return create === undefined ? [] : [[name, create(wire)] as const];
    }),
  );
}
