/** Helpers for tests of operations that are answered whole. */
import { isObject, parseJson, type JsonObject } from '../../providers/protocol/json.ts';
import type {
  PlainAnswer,
  PlainOperation,
  PlainReply,
  PlainTranslation,
  Provider,
  WireRequest,
} from '../../providers/provider.ts';

export function operationOf(provider: Provider, name: PlainOperation): PlainTranslation {
  const translation = provider[name];
  if (translation === undefined) throw new Error(`${provider.id} has no ${name}`);
  return translation;
}

/** The request, which must not be a refusal. */
export function sentPlain(
  result: ReturnType<PlainTranslation['toRequest']>,
): WireRequest & { readonly json: JsonObject } {
  if ('refused' in result) throw new Error(result.refused.message);
  const json = typeof result.body === 'string' ? parseJson(result.body) : undefined;
  return { ...result, json: isObject(json) ? json : {} };
}

export function jsonReply(json: unknown): PlainReply {
  return { json, bytes: new TextEncoder().encode(JSON.stringify(json)), contentType: 'application/json' };
}

/** The body of an answer that is no bytes. */
export function bodyOf({ body }: PlainAnswer): JsonObject {
  if (body['bytes'] instanceof Uint8Array) throw new Error('bytes');
  return body;
}
