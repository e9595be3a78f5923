/** Embeddings in OpenAI's words: the request's schema, and answers in the encoding that the caller asked for. */
import { z } from 'zod';
import { InvalidResponse, type PlainAnswer, type Target } from '../provider.ts';
import { toBase64 } from './base64.ts';
import { isObject, listOf, type JsonObject } from './json.ts';
import type { Usage } from './usage.ts';
import { countsOf, tokensRead } from './plain-usage.ts';

const text = z.string();
const tokens = z.array(z.int().min(0)).min(1);

export const embeddingRequestSchema = z.looseObject({
  model: text.min(1).max(512),
  input: z.union([text.min(1), z.array(text).min(1).max(2048), tokens, z.array(tokens).min(1).max(2048)]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).nullish(),
  user: text.nullish(),
});

export const embeddingResponseSchema = z.looseObject({
  id: text,
  object: z.literal('list'),
  model: text,
  data: z.array(
    z.looseObject({
      object: z.literal('embedding'),
      index: z.int(),
      embedding: z.union([z.array(z.number()), text]),
    }),
  ),
  usage: z.looseObject({ prompt_tokens: z.int(), total_tokens: z.int() }).optional(),
});

/** Little-endian 32-bit floats, as OpenAI packs them; numpy on the caller's side reads nothing else. */
export function packFloats(values: readonly number[]): string {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setFloat32(index * 4, value, true);
  return toBase64(bytes);
}

/** Errors: {@link InvalidResponse} when the text is no packed list. */
export function unpackFloats(packed: string): readonly number[] {
  let binary: string;
  try {
    binary = atob(packed);
  } catch {
    throw new InvalidResponse('The provider sent an embedding that is not base64.');
  }
  if (binary.length % 4 !== 0) throw new InvalidResponse('The provider sent an embedding that is cut off.');
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true));
}

function inFormat(embedding: unknown, format: unknown): readonly number[] | string {
  if (typeof embedding === 'string') return format === 'base64' ? embedding : unpackFloats(embedding);
  if (!Array.isArray(embedding) || embedding.length === 0 || !embedding.every(isNumber))
    throw new InvalidResponse('The provider sent an embedding that is not a list of numbers.');
  return format === 'base64' ? packFloats(embedding) : embedding;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

/** How many texts were asked about. */
export function inputCount(body: JsonObject): number {
  const { input } = body as { input?: unknown };
  return Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1;
}

/** The texts, for providers that take no tokens; nothing when tokens were sent. */
export function textsOf(body: JsonObject): readonly string[] | undefined {
  const input: unknown = body['input'];
  const list = Array.isArray(input) ? (input as unknown[]) : [input];
  return list.every((one): one is string => typeof one === 'string') ? list : undefined;
}

/** One vector per input, in their order. Errors: {@link InvalidResponse} when some are missing. */
export function toEmbeddings(
  vectors: readonly unknown[],
  body: JsonObject,
  usage: Usage | undefined,
  model: string,
): PlainAnswer {
  const wanted = inputCount(body);
  if (vectors.length !== wanted)
    throw new InvalidResponse(`The provider sent ${vectors.length} embeddings for ${wanted} inputs.`);
  const data = vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: inFormat(vector, body['encoding_format']),
  }));
  const counts = usage === undefined ? {} : { usage: shownUsage(usage) };
  return { body: { object: 'list', data, model, ...counts }, ...(usage === undefined ? {} : { usage }) };
}

/** Answers about one text each, as one about all of them. */
export function joinEmbeddings(answers: readonly PlainAnswer[], body: JsonObject, { model }: Target): PlainAnswer {
  const vectors = answers.flatMap((answer) => entriesOf(answer).map((entry) => entry['embedding']));
  const counts = answers.flatMap(({ usage }) => (usage === undefined ? [] : [usage.total_tokens]));
  // A sum of some of them would be too small to charge by.
  const usage =
    counts.length === answers.length ? tokensRead(counts.reduce((sum, count) => sum + count, 0)) : undefined;
  return toEmbeddings(vectors, body, usage, model);
}

function entriesOf({ body }: PlainAnswer): JsonObject[] {
  return 'data' in body ? listOf(body['data']).filter(isObject) : [];
}

/** Embeddings complete nothing: OpenAI's usage of them has no completion tokens. */
function shownUsage({ completion_tokens: _none, ...usage }: Usage): Omit<Usage, 'completion_tokens'> {
  return usage;
}

/** An answer on OpenAI's wire, from a provider that may ignore `encoding_format` or the order. */
export function fromOpenAiEmbeddings(json: unknown, body: JsonObject, model: string): PlainAnswer {
  if (!isObject(json) || !Array.isArray(json['data']))
    throw new InvalidResponse('The provider answered without a list of embeddings.');
  const entries = listOf(json['data']).filter(isObject);
  const sorted = entries.toSorted((a, b) => indexOf(a) - indexOf(b));
  return toEmbeddings(
    sorted.map((entry) => entry['embedding']),
    body,
    countsOf(json['usage']),
    model,
  );
}

function indexOf(entry: JsonObject): number {
  return typeof entry['index'] === 'number' ? entry['index'] : 0;
}
