/** What the mock answers besides chat: always the same to the same request, counted to the word. */
import { inputCount, packFloats, textsOf } from '../protocol/embeddings.ts';
import { listOf, type JsonObject } from '../protocol/json.ts';

export type MockPlain = { readonly json: JsonObject } | { readonly bytes: Uint8Array; readonly contentType: string };

/** Nothing where the mock has no such operation. `path` is OpenAI's. */
export function answerPlain(path: string, body: JsonObject): MockPlain | undefined {
  const answer = ANSWERS[path];
  return answer?.(body);
}

const ANSWERS: Readonly<Record<string, (body: JsonObject) => MockPlain>> = {
  '/embeddings': embeddings,
  '/moderations': moderation,
  '/rerank': rerank,
};

const DIMENSIONS = 8;

function embeddings(body: JsonObject): MockPlain {
  const { dimensions } = body as { dimensions?: unknown };
  const size = typeof dimensions === 'number' ? dimensions : DIMENSIONS;
  const texts = textsOf(body) ?? tokenLists(body);
  const count = texts.reduce((sum, text) => sum + wordsIn(text), 0);
  return {
    json: {
      object: 'list',
      model: body['model'],
      data: texts.map((text, index) => {
        const vector = vectorOf(text, size);
        return {
          object: 'embedding',
          index,
          embedding: body['encoding_format'] === 'base64' ? packFloats(vector) : vector,
        };
      }),
      usage: { prompt_tokens: count, total_tokens: count },
    },
  };
}

function tokenLists(body: JsonObject): readonly string[] {
  const input = listOf(body['input']);
  return inputCount(body) === 1 && !Array.isArray(input[0])
    ? [input.join(' ')]
    : input.map((one) => listOf(one).join(' '));
}

export function wordsIn(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

/** A unit vector that follows from the text: exact in 32 bits, so that both encodings hold the same numbers. */
function vectorOf(text: string, size: number): readonly number[] {
  let state = 0x811c9dc5;
  const step = (value: number): number => {
    state = Math.imul(state ^ value, 0x01000193) >>> 0;
    return state;
  };
  for (let at = 0; at < text.length; at += 1) step(text.charCodeAt(at));
  const raw = Array.from({ length: size }, (_, index) => (step(index) % 2001) / 1000 - 1);
  const length = Math.hypot(...raw) || 1;
  return raw.map((value) => Math.fround(value / length));
}

/** Flags what holds the word "forbidden". */
function moderation(body: JsonObject): MockPlain {
  const { input } = body;
  const inputs = Array.isArray(input) && typeof input[0] === 'string' ? (input as unknown[]) : [input];
  return {
    json: {
      id: 'modr-mock',
      model: body['model'],
      results: inputs.map((one) => {
        const flagged = /forbidden/i.test(JSON.stringify(one));
        return { flagged, categories: { violence: flagged }, category_scores: { violence: flagged ? 1 : 0 } };
      }),
    },
  };
}

/** The share of the query's words that a document holds. */
function rerank(body: JsonObject): MockPlain {
  const words = String(body['query']).toLowerCase().match(/\S+/g) ?? [];
  const results = listOf(body['documents']).map((document, index) => {
    const text = String(document).toLowerCase();
    return { index, relevance_score: words.filter((word) => text.includes(word)).length / Math.max(1, words.length) };
  });
  return {
    json: { id: 'rerank-mock', results, meta: { billed_units: { search_units: Math.ceil(results.length / 100) } } },
  };
}
