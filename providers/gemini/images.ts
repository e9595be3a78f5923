/** Google's pictures: Imagen predicts them, Gemini's own models say them. */
import { aspectOf } from '../protocol/image-size.ts';
import { joinPictures, onePictureEach, picturesIn } from '../protocol/images.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { oneOf } from '../protocol/plain-parameters.ts';
import { createPlain } from '../protocol/plain-wire.ts';
import { InvalidResponse, type PlainTranslation, type Target } from '../provider.ts';
import { toUsage } from './usage.ts';

export type GeminiImages = {
  readonly title: string;
  readonly url: (target: Target, method: string) => string;
};

const OPENAI = ['prompt', 'n', 'size', 'response_format'] as const;

/** Imagen's own parameters, which pass. */
const IMAGEN = [
  'aspectRatio',
  'negativePrompt',
  'seed',
  'enhancePrompt',
  'personGeneration',
  'safetySetting',
  'sampleImageSize',
  'addWatermark',
  'language',
] as const;

const takesImagen = oneOf(...OPENAI, ...IMAGEN);
const takesGemini = oneOf(...OPENAI, 'aspectRatio', 'imageSize', 'seed');

const ASPECTS = ['1:1', '3:4', '4:3', '9:16', '16:9'] as const;

function isImagen({ model }: Target): boolean {
  return /imagen|imagegeneration/.test(model);
}

function shapeOf(size: unknown): JsonObject {
  return size === undefined || size === 'auto' ? {} : { aspectRatio: aspectOf(size, ASPECTS) };
}

function toImagen({ prompt, n, size, response_format: _ours, ...own }: JsonObject): JsonObject {
  return { instances: [{ prompt }], parameters: { sampleCount: n ?? 1, ...shapeOf(size), ...own } };
}

function toGemini({ prompt, size, aspectRatio, imageSize, seed }: JsonObject): JsonObject {
  const imageConfig = {
    ...shapeOf(size),
    ...(aspectRatio === undefined ? {} : { aspectRatio }),
    ...(imageSize === undefined ? {} : { imageSize }),
  };
  return {
    contents: [{ role: 'user', parts: [{ text: prompt }] }],
    generationConfig: {
      responseModalities: ['TEXT', 'IMAGE'],
      ...(Object.keys(imageConfig).length === 0 ? {} : { imageConfig }),
      ...(seed === undefined ? {} : { seed }),
    },
  };
}

type Found = { readonly pictures: readonly JsonObject[]; readonly reason: string | undefined };

function inPredictions(reply: JsonObject): Found {
  const entries = listOf(reply['predictions']).filter(isObject);
  const pictures = entries
    .filter((entry) => textOf(entry['bytesBase64Encoded']) !== undefined)
    .map((entry) => ({ data: entry['bytesBase64Encoded'], mimeType: entry['mimeType'] }));
  return {
    pictures,
    reason: entries.map((entry) => textOf(entry['raiFilteredReason'])).find((one) => one !== undefined),
  };
}

function inCandidates(reply: JsonObject): Found {
  const [candidate] = listOf(reply['candidates']).filter(isObject);
  const content = candidate?.['content'];
  const parts = listOf(isObject(content) ? content['parts'] : undefined).filter(isObject);
  const pictures = parts.map((part) => part['inlineData']).filter(isObject);
  const feedback = reply['promptFeedback'];
  const blocked = isObject(feedback) ? textOf(feedback['blockReason']) : undefined;
  return { pictures, reason: blocked ?? textOf(candidate?.['finishReason']) };
}

export function createGeminiImages({ title, url }: GeminiImages): PlainTranslation {
  return createPlain({
    title,
    takes: (name, _value, target) => (isImagen(target) ? takesImagen : takesGemini)(name),
    toWire: (kept, target) =>
      isImagen(target)
        ? { url: url(target, 'predict'), json: toImagen(kept) }
        : { url: url(target, 'generateContent'), json: toGemini(kept) },
    split: (body, target) => (isImagen(target) ? undefined : onePictureEach(body)),
    join: joinPictures,
    fromResponse: ({ json }, body, target) => {
      const reply = isObject(json) ? json : {};
      const { pictures, reason } = isImagen(target) ? inPredictions(reply) : inCandidates(reply);
      if (pictures.length === 0 && reason !== undefined && reason !== 'STOP' && reason !== 'MAX_TOKENS') {
        const message = `${title} made no picture: ${reason}`;
        throw new InvalidResponse(message, { code: 'content_policy_violation', message, billed: 'maybe' });
      }
      const type = textOf(pictures[0]?.['mimeType']) ?? 'image/png';
      const answer = picturesIn(
        pictures.map((picture) => picture['data']),
        body,
        target.created,
        type,
      );
      const usage = toUsage(reply['usageMetadata']);
      return usage === undefined ? answer : { ...answer, usage };
    },
  });
}
