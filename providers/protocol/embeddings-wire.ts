/** Embeddings of providers that read texts only and have words of their own for them. */
import type { PlainTranslation, Target, WireRequest } from '../provider.ts';
import { textsOf, toEmbeddings } from './embeddings.ts';
import type { JsonObject } from './json.ts';
import { oneOf } from './plain-parameters.ts';
import { createPlain } from './plain-wire.ts';
import { Refused } from './refused.ts';
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
  return createPlain({
    title,
    takes: oneOf('input', 'encoding_format', ...takes),
    toWire: ({ input: _input, encoding_format: _ours, ...kept }, target, asked) => {
      const texts = textsOf(asked);
      if (texts === undefined)
        throw new Refused('unsupported_parameter', `${title} embeds texts, not tokens.`, 'input');
      const { body, ...rest } = toWire(texts, kept, target);
      return { ...rest, json: body };
    },
    fromResponse: ({ json }, body, target) => {
      const { vectors, usage } = read(json, target);
      return toEmbeddings(vectors, body, usage, target.model);
    },
  });
}
