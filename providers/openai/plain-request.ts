/** Requests of operations besides chat on OpenAI's wire: what is not known here passes unchanged. */
import { type JsonObject } from '../protocol/json.ts';
import { anything, checkPlain } from '../protocol/plain-parameters.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import type { Refusal, Target, WireRequest } from '../provider.ts';
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

/** What is sent, before it is written as JSON or as a form. */
export type Prepared = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fields: JsonObject;
  readonly dropped: readonly string[];
};

export function prepare(wire: PlainWire, target: Target, path: string, body: JsonObject): Prepared | Refusal {
  const problem = addressProblem(wire, wire.baseUrl, target);
  if (problem !== undefined) return problem;
  const { model, settings } = target;
  const checked = checkPlain(body, { title: wire.title, model, settings, takes: anything });
  if ('refused' in checked) return checked;
  const url = plainUrl(wire, target, path);
  if (!URL.canParse(url)) return noUrl(wire.title, target.baseUrl);
  const extra = extraBody(settings);
  return {
    url,
    headers: openAiHeaders(settings),
    fields: { ...checked.kept, model: wire.upstreamModel?.(model) ?? model, ...extra },
    dropped: checked.dropped,
  };
}

export function jsonRequest(wire: PlainWire, target: Target, path: string, body: JsonObject): WireRequest | Refusal {
  const prepared = prepare(wire, target, path, body);
  if ('refused' in prepared) return prepared;
  const { url, headers, fields, dropped } = prepared;
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(fields),
    dropped,
  };
}

/** An address that is none: a 502 that names it, before anything is sent. */
function noUrl(title: string, found: string): Refusal {
  const message = `${title}: api_base ${JSON.stringify(found)} is no URL.`;
  return { refused: { code: 'provider_unreachable', message, billed: 'no' } };
}

function openAiHeaders(settings: JsonObject): Readonly<Record<string, string>> {
  return {
    ...(typeof settings['organization'] === 'string' ? { 'openai-organization': settings['organization'] } : {}),
    ...(typeof settings['project'] === 'string' ? { 'openai-project': settings['project'] } : {}),
    ...extraHeaders(settings),
  };
}
