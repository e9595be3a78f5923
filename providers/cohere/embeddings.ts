/** Cohere's embeddings. */
import { createTextEmbeddings } from '../protocol/embeddings-wire.ts';
import { isObject, listOf, type JsonObject } from '../protocol/json.ts';
import { countedRead } from '../protocol/plain-usage.ts';
import { TITLE } from './error.ts';

export function apiUrl(baseUrl: string, path: string): string {
  return `${baseUrl.replace(/(\/v[12])?(\/(chat|embed|rerank))?$/, '')}/v2${path}`;
}

export const EMBEDDING_WORDS = ['dimensions', 'input_type', 'truncate', 'output_dimension'] as const;

/** The body of Cohere's protocol, wherever its models are served, without the model. */
export function embeddingBody(texts: readonly string[], { dimensions, ...rest }: JsonObject): JsonObject {
  return {
    // Required by Cohere and unknown to OpenAI's callers, most of whom fill an index.
    input_type: 'search_document',
    ...rest,
    texts,
    embedding_types: ['float'],
    ...(dimensions === undefined ? {} : { output_dimension: dimensions }),
  };
}

export function vectorsIn(json: unknown): readonly unknown[] {
  const list = isObject(json) ? json['embeddings'] : undefined;
  return listOf(isObject(list) ? list['float'] : list);
}

export const embeddings = createTextEmbeddings({
  title: TITLE,
  takes: [...EMBEDDING_WORDS, 'priority'],
  toWire: (texts, kept, { model, baseUrl }) => ({
    url: apiUrl(baseUrl, '/embed'),
    body: { ...embeddingBody(texts, kept), model },
  }),
  read: (json) => {
    const meta = isObject(json) ? json['meta'] : undefined;
    const billed = isObject(meta) ? meta['billed_units'] : undefined;
    return { vectors: vectorsIn(json), ...countedRead(isObject(billed) ? billed['input_tokens'] : undefined) };
  },
});
