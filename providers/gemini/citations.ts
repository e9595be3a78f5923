/** Where an answer comes from: Google's grounding as OpenAI's annotations. */
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';

/** Google counts bytes of UTF-8, OpenAI characters. */
function indexAt(bytes: Uint8Array, offset: unknown): number {
  const end = typeof offset === 'number' && offset > 0 ? Math.min(offset, bytes.byteLength) : 0;
  return new TextDecoder().decode(bytes.subarray(0, end)).length;
}

function citation(bytes: Uint8Array, segment: JsonObject, chunk: unknown): unknown[] {
  const source = isObject(chunk) ? (chunk['web'] ?? chunk['retrievedContext'] ?? chunk['maps']) : undefined;
  const url = isObject(source) ? textOf(source['uri']) : undefined;
  if (!isObject(source) || url === undefined) return [];
  const title = textOf(source['title']);
  return [
    {
      type: 'url_citation',
      url_citation: {
        start_index: indexAt(bytes, segment['startIndex']),
        end_index: indexAt(bytes, segment['endIndex']),
        url,
        ...(title === undefined ? {} : { title }),
      },
    },
  ];
}

/** One annotation for each passage and source. */
export function toAnnotations(grounding: unknown, text: string): unknown[] {
  if (!isObject(grounding)) return [];
  const chunks = listOf(grounding['groundingChunks']);
  const bytes = new TextEncoder().encode(text);
  return listOf(grounding['groundingSupports']).flatMap((support) => {
    if (!isObject(support) || !isObject(support['segment'])) return [];
    const { segment } = support;
    return listOf(support['groundingChunkIndices']).flatMap((index) =>
      typeof index === 'number' && isObject(segment) ? citation(bytes, segment, chunks[index]) : [],
    );
  });
}

/** Searches as Google charges them: each query since generation 3, before it each answer that was grounded. */
export function searchesOf(grounding: unknown, third: boolean): number {
  const queries = isObject(grounding) ? listOf(grounding['webSearchQueries']).length : 0;
  return third ? queries : Math.min(queries, 1);
}
