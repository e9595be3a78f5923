/** Pictures in OpenAI's words: requests to make, to edit and to vary them, and the answer to all three. */
import { z } from 'zod';
import { InvalidResponse, type PlainAnswer, type Target } from '../provider.ts';
import { fileSchema } from './file.ts';
import { pixelsOf } from './image-size.ts';
import { isObject, listOf, textOf, type JsonObject } from './json.ts';
import { unitsOf } from './plain-usage.ts';
import type { Usage } from './usage.ts';
import { parseUsage } from './usage-parse.ts';

const text = z.string();

const common = {
  model: text.min(1).max(512),
  n: z.int().min(1).max(10).nullish(),
  size: text.nullish(),
  quality: text.nullish(),
  response_format: z.enum(['url', 'b64_json']).nullish(),
  background: text.nullish(),
  output_format: text.nullish(),
  output_compression: z.int().min(0).max(100).nullish(),
  user: text.nullish(),
};

export const imageRequestSchema = z.looseObject({ ...common, prompt: text.min(1), style: text.nullish() });

export const imageEditSchema = z.looseObject({
  ...common,
  prompt: text.min(1),
  image: z.union([fileSchema, z.array(fileSchema).min(1).max(16)]),
  mask: fileSchema.optional(),
});

export const imageVariationSchema = z.looseObject({ ...common, image: fileSchema });

export const imagesResponseSchema = z.looseObject({
  created: z.int(),
  data: z.array(z.looseObject({ url: text.optional(), b64_json: text.optional(), revised_prompt: text.optional() })),
  usage: z.looseObject({}).optional(),
});

/** Errors: {@link InvalidResponse} when there is no picture. */
export function toImages(json: unknown, body: JsonObject, created: number): PlainAnswer {
  const data = isObject(json) ? json['data'] : undefined;
  if (!isObject(json) || !Array.isArray(data) || data.length === 0 || !data.every(isPicture))
    throw new InvalidResponse('The provider answered without a picture.');
  return {
    body: { ...json, created: typeof json['created'] === 'number' ? json['created'] : created },
    usage: countedIn(json['usage']) ?? unitsIn(data.length, body),
  };
}

/** Pictures that came as base64; who asked for addresses gets them as data URIs. Errors: as {@link toImages}. */
export function picturesIn(
  list: readonly unknown[],
  body: JsonObject,
  created: number,
  mediaType = 'image/png',
): PlainAnswer {
  const asUrl = body['response_format'] === 'url';
  const data = list.map((one) => {
    const base64 = textOf(one);
    if (base64 === undefined) return {};
    return asUrl ? { url: `data:${mediaType};base64,${base64}` } : { b64_json: base64 };
  });
  return toImages({ data }, body, created);
}

/** Pictures that came as addresses. Errors: as {@link toImages}. */
export function picturesAt(urls: readonly unknown[], body: JsonObject, created: number): PlainAnswer {
  const data = urls.map((url) => (textOf(url) === undefined ? {} : { url }));
  return toImages({ data }, body, created);
}

/** For models that make one picture a call. */
export function onePictureEach(body: JsonObject): readonly JsonObject[] | undefined {
  const { n } = body;
  if (typeof n !== 'number' || n < 2) return undefined;
  return Array.from({ length: n }, () => ({ ...body, n: 1 }));
}

/** Answers with one picture each, as one. */
export function joinPictures(answers: readonly PlainAnswer[], body: JsonObject, { created }: Target): PlainAnswer {
  const data = answers.flatMap((answer) => ('data' in answer.body ? listOf(answer.body['data']) : []));
  const counted = answers.flatMap(({ usage }) => (usage === undefined || usage.units !== undefined ? [] : [usage]));
  const joined = toImages({ data }, body, created);
  return counted.length === answers.length ? { ...joined, usage: sumOf(counted) } : joined;
}

function sumOf(counts: readonly Usage[]): Usage {
  const sum = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  let images = 0;
  for (const count of counts) {
    sum.prompt_tokens += count.prompt_tokens;
    sum.completion_tokens += count.completion_tokens;
    sum.total_tokens += count.total_tokens;
    images += count.completion_tokens_details?.image_tokens ?? 0;
  }
  return images === 0 ? sum : { ...sum, completion_tokens_details: { image_tokens: images } };
}

function isPicture(entry: unknown): boolean {
  return isObject(entry) && (textOf(entry['url']) ?? textOf(entry['b64_json'])) !== undefined;
}

function unitsIn(images: number, body: JsonObject): Usage {
  const pixels = pixelsOf(body['size']);
  return unitsOf({ images, ...(pixels === undefined ? {} : { pixels: pixels * images }) });
}

/** Models that are charged by the token count what they read and, of pictures only, what they wrote. */
function countedIn(raw: unknown): Usage | undefined {
  if (!isObject(raw)) return undefined;
  const { input_tokens: prompt, output_tokens: completion, total_tokens: total } = raw;
  if (prompt === undefined) return undefined;
  return parseUsage({
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: total,
    prompt_tokens_details: raw['input_tokens_details'] ?? undefined,
    completion_tokens_details: raw['output_tokens_details'] ?? { image_tokens: completion },
  });
}
