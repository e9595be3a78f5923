/** Rerank in Cohere's words: the request's schema, and answers made of any list of scores. */
import { z } from 'zod';
import { InvalidResponse, type PlainAnswer } from '../provider.ts';
import { isObject, listOf, type JsonObject } from './json.ts';
import { unitsOf } from './plain-usage.ts';
import type { Usage } from './usage.ts';

const text = z.string();

export const rerankRequestSchema = z.looseObject({
  model: text.min(1).max(512),
  query: text.min(1),
  documents: z
    .array(z.union([text, z.record(text, z.unknown())]))
    .min(1)
    .max(10_000),
  top_n: z.int().min(1).nullish(),
  return_documents: z.boolean().nullish(),
  rank_fields: z.array(text).nullish(),
  max_chunks_per_doc: z.int().min(1).nullish(),
  max_tokens_per_doc: z.int().min(1).nullish(),
});

export const rerankResponseSchema = z.looseObject({
  id: text,
  results: z.array(
    z.looseObject({ index: z.int(), relevance_score: z.number(), document: z.looseObject({}).optional() }),
  ),
  meta: z.looseObject({}).optional(),
});

/** Documents as texts, for providers that read nothing else. */
export function documentTexts(body: JsonObject): readonly string[] {
  const fields = listOf(body['rank_fields']).filter((field): field is string => typeof field === 'string');
  return listOf(body['documents']).map((document) =>
    isObject(document) ? objectText(document, fields) : String(document),
  );
}

function objectText(document: JsonObject, fields: readonly string[]): string {
  if (fields.length === 0 && typeof document['text'] === 'string') return document['text'];
  const names = fields.length === 0 ? Object.keys(document) : fields;
  return names
    .filter((name) => document[name] !== undefined)
    .map((name) => `${name}: ${wordsOf(document[name])}`)
    .join('\n');
}

function wordsOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function scoreOf(entry: JsonObject): unknown {
  return entry['relevance_score'] ?? entry['score'];
}

/** A list of scores under names of the provider's own, for {@link toRerank}. */
export function scoresIn(json: unknown, list: string, score: string): unknown {
  const found = isObject(json) ? json[list] : undefined;
  if (!Array.isArray(found)) return found;
  return found.map((entry: unknown) => (isObject(entry) ? { index: entry['index'], score: entry[score] } : entry));
}

/** Sorted, cut and with its documents, whatever the provider did of that. Errors: {@link InvalidResponse}. */
export function toRerank(list: unknown, body: JsonObject, usage: Usage | undefined, id: string): PlainAnswer {
  if (!Array.isArray(list)) throw new InvalidResponse('The provider answered without a list of scores.');
  const documents = listOf(body['documents']);
  const scored = list.map((entry: unknown) => {
    const index: unknown = isObject(entry) ? entry['index'] : undefined;
    const score: unknown = isObject(entry) ? scoreOf(entry) : undefined;
    if (typeof index !== 'number' || documents[index] === undefined || typeof score !== 'number')
      throw new InvalidResponse('The provider sent a score that belongs to no document.');
    return { index, relevance_score: score };
  });
  const most = typeof body['top_n'] === 'number' ? body['top_n'] : scored.length;
  const results = scored
    .toSorted((a, b) => b.relevance_score - a.relevance_score)
    .slice(0, most)
    .map((result) =>
      body['return_documents'] === true ? { ...result, document: shownDocument(documents[result.index]) } : result,
    );
  return {
    body: { id, results, ...(usage === undefined ? {} : { meta: metaOf(usage) }) },
    ...(usage === undefined ? {} : { usage }),
  };
}

function shownDocument(document: unknown): unknown {
  return isObject(document) ? document : { text: document };
}

function metaOf(usage: Usage): JsonObject {
  const searches = usage.units?.queries;
  return {
    ...(searches === undefined ? {} : { billed_units: { search_units: searches } }),
    ...(usage.total_tokens === 0 ? {} : { tokens: { input_tokens: usage.prompt_tokens } }),
  };
}

/** Cohere charges searches, not tokens. */
export function searchesIn(meta: unknown): Usage | undefined {
  const billed = isObject(meta) ? meta['billed_units'] : undefined;
  const count = isObject(billed) ? billed['search_units'] : undefined;
  return typeof count === 'number' && count >= 0 ? unitsOf({ queries: count }) : undefined;
}
