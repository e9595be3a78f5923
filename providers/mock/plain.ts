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
  '/images/generations': images,
  '/images/edits': images,
  '/images/variations': images,
  '/audio/speech': speech,
  '/audio/transcriptions': transcript,
  '/audio/translations': transcript,
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

/** One grey pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';

function images(body: JsonObject): MockPlain {
  const { n, prompt } = body;
  const picture = { b64_json: PNG, ...(typeof prompt === 'string' ? { revised_prompt: prompt } : {}) };
  return { json: { data: Array.from({ length: typeof n === 'number' ? n : 1 }, () => picture) } };
}

const SAMPLES_PER_SECOND = 8_000;
const SAMPLES_PER_CHARACTER = 80;
const HEADER_BYTES = 44;
/** The middle of what an unsigned byte can hold. */
const SILENCE = 0x80;

/** Silence of ten milliseconds a character, as a WAV file of one byte a sample. */
function speech(body: JsonObject): MockPlain {
  const samples = Math.min(String(body['input']).length, 1_000) * SAMPLES_PER_CHARACTER;
  const bytes = new Uint8Array(HEADER_BYTES + samples).fill(SILENCE);
  const view = new DataView(bytes.buffer);
  const tag = (at: number, text: string): void => bytes.set(new TextEncoder().encode(text), at);
  tag(0, 'RIFF');
  view.setUint32(4, HEADER_BYTES - 8 + samples, true);
  tag(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLES_PER_SECOND, true);
  view.setUint32(28, SAMPLES_PER_SECOND, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  tag(36, 'data');
  view.setUint32(40, samples, true);
  return { bytes, contentType: 'audio/wav' };
}

/** One second for a thousand bytes. */
function transcript(body: JsonObject): MockPlain {
  const { file } = body as { file?: { filename?: unknown; size?: unknown } };
  const text = `A mock transcript of ${String(file?.filename)}.`;
  const duration = typeof file?.size === 'number' ? file.size / 1000 : 0;
  return {
    json: {
      task: 'transcribe',
      language: 'english',
      duration,
      text,
      segments: [
        {
          id: 0,
          seek: 0,
          start: 0,
          end: duration,
          text,
          tokens: [],
          temperature: 0,
          avg_logprob: 0,
          compression_ratio: 1,
          no_speech_prob: 0,
        },
      ],
      words: text.split(' ').map((word) => ({ word, start: 0, end: duration })),
    },
  };
}
