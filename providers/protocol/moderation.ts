/** Moderation in OpenAI's words. */
import { z } from 'zod';
import { InvalidResponse, type PlainAnswer } from '../provider.ts';
import { isObject, textOf, type JsonObject } from './json.ts';
import { countsOf, tokensRead } from './plain-usage.ts';

const text = z.string();
const part = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text'), text }),
  z.looseObject({ type: z.literal('image_url'), image_url: z.looseObject({ url: text.min(1) }) }),
]);

/** What OpenAI uses when a request names no model. */
const DEFAULT_MODEL = 'omni-moderation-latest';

export const moderationRequestSchema = z.looseObject({
  model: text.min(1).max(512).default(DEFAULT_MODEL),
  input: z.union([text, z.array(text).min(1), z.array(part).min(1)]),
});

export const moderationResponseSchema = z.looseObject({
  id: text,
  model: text,
  results: z.array(
    z.looseObject({
      flagged: z.boolean(),
      categories: z.record(text, z.boolean()),
      category_scores: z.record(text, z.number()),
    }),
  ),
});

/** Errors: {@link InvalidResponse}. */
export function toModeration(json: unknown, id: string, model: string): PlainAnswer {
  if (!isObject(json) || !Array.isArray(json['results']) || !json['results'].every(isObject))
    throw new InvalidResponse('The provider answered without results of a moderation.');
  const { usage, ...rest } = json;
  const results = (json['results'] as readonly JsonObject[]).map(withVerdict);
  // OpenAI charges nothing and counts nothing.
  return { body: { ...rest, id: textOf(json['id']) ?? id, model, results }, usage: countsOf(usage) ?? tokensRead(0) };
}

/** Mistral names the categories that apply and leaves the verdict to the caller. */
function withVerdict(result: JsonObject): JsonObject {
  if (typeof result['flagged'] === 'boolean') return result;
  const categories = isObject(result['categories']) ? result['categories'] : {};
  return { flagged: Object.values(categories).includes(true), ...result };
}
