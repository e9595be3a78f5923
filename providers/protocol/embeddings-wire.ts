/** Embeddings of providers that read texts only and have words of their own for them. */
import type { PlainTranslation, Target, WireRequest } from '../provider.ts';
import { textsOf, toEmbeddings } from './embeddings.ts';
import type { JsonObject } from './json.ts';
import { checkPlain, oneOf } from './plain-parameters.ts';
import { Refused, orRefusal } from './refused.ts';
import { extraHeaders } from './settings.ts';
import type { Usage } from './usage.ts';

export type EmbeddingsSent = Pick<WireRequest, 'url' | 'signingRegion'> & {
  readonly body: JsonObject;
  readonly headers?: WireRequest['headers'];
};

export type EmbeddingsWire = {
  readonly title: string;
  /** Parameters it takes besides the texts and their encoding, which is always made here. */
  readonly takes: readonly string[];
  /** `kept`: those of them that were given. Throws `Refused`. */
  readonly toWire: (texts: readonly string[], kept: JsonObject, target: Target) => EmbeddingsSent;
  readonly read: (json: unknown, target: Target) => { readonly vectors: readonly unknown[]; readonly usage?: Usage };
};

export function createTextEmbeddings({ title, takes, toWire, read }: EmbeddingsWire): PlainTranslation {
  const known = oneOf('input', 'encoding_format', ...takes);
  return {
    toRequest: (body, target) => {
      const { model, settings } = target;
      const checked = checkPlain(body, { title, model, settings, takes: known });
      if ('refused' in checked) return checked;
      const { input: _input, encoding_format: _ours, ...kept } = checked.kept;
      return orRefusal(() => {
        const texts = textsOf(body);
        if (texts === undefined)
          throw new Refused('unsupported_parameter', `${title} embeds texts, not tokens.`, 'input');
        const { url, body: fields, headers, signingRegion } = toWire(texts, kept, target);
        return {
          method: 'POST',
          url,
          headers: { 'content-type': 'application/json', ...headers, ...extraHeaders(settings) },
          body: JSON.stringify(fields),
          ...(signingRegion === undefined ? {} : { signingRegion }),
          dropped: checked.dropped,
        };
      });
    },
    fromResponse: ({ json }, body, target) => {
      const { vectors, usage } = read(json, target);
      return toEmbeddings(vectors, body, usage, target.model);
    },
  };
}
