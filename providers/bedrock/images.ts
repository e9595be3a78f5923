/** Pictures by Amazon's and Stability's models behind Bedrock's `invoke`. */
import { aspectOf, sizeOf } from '../protocol/image-size.ts';
import { joinPictures, onePictureEach, picturesIn } from '../protocol/images.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { oneOf } from '../protocol/plain-parameters.ts';
import { createPlain } from '../protocol/plain-wire.ts';
import { Refused } from '../protocol/refused.ts';
import { InvalidResponse, type Target } from '../provider.ts';
import { modelUrl, RUNTIME } from './address.ts';
import { TITLE } from './error.ts';
import { namedModel } from './model.ts';
import { placeOf } from './region.ts';

const COMMON = ['prompt', 'n', 'size', 'response_format', 'seed', 'negative_prompt'] as const;
const takesAmazon = oneOf(...COMMON, 'quality', 'cfgScale');
const takesStability = oneOf(...COMMON, 'aspect_ratio', 'output_format', 'mode');

function isStability(name: string): boolean {
  return name.includes('stability.');
}

function setIf(name: string, value: unknown): JsonObject {
  return value === undefined ? {} : { [name]: value };
}

function toAmazon({ prompt, n, size, quality, seed, cfgScale, negative_prompt: negative }: JsonObject): JsonObject {
  const dimensions = size === undefined || size === 'auto' ? undefined : sizeOf(size);
  return {
    taskType: 'TEXT_IMAGE',
    textToImageParams: { text: prompt, ...setIf('negativeText', negative) },
    imageGenerationConfig: {
      numberOfImages: n ?? 1,
      ...dimensions,
      ...(quality === undefined || quality === 'auto' ? {} : { quality: isFine(quality) ? 'premium' : 'standard' }),
      ...setIf('seed', seed),
      ...setIf('cfgScale', cfgScale),
    },
  };
}

/** OpenAI's two words for it, and Amazon's own. */
function isFine(quality: unknown): boolean {
  return quality === 'hd' || quality === 'high' || quality === 'premium';
}

function toStability(kept: JsonObject): JsonObject {
  const { prompt, n: _one, size, response_format: _ours, aspect_ratio: aspect, ...rest } = kept;
  const shape = aspect ?? (size === undefined || size === 'auto' ? undefined : aspectOf(size));
  return { ...rest, prompt, ...setIf('aspect_ratio', shape) };
}

export const images = createPlain({
  title: TITLE,
  takes: (name, _value, target) => (isStability(modelOf(target).name) ? takesStability : takesAmazon)(name),
  toWire: (kept, target) => {
    const { id, name, region: named } = modelOf(target);
    const { region, baseUrl } = placeOf(target, RUNTIME, named);
    return {
      url: modelUrl(baseUrl, id, 'invoke'),
      headers: { accept: 'application/json' },
      json: isStability(name) ? toStability(kept) : toAmazon(kept),
      signingRegion: region,
    };
  },
  fromResponse: ({ json }, body, target) => {
    const reply = isObject(json) ? json : {};
    const filtered = listOf(reply['finish_reasons'])
      .map(textOf)
      .find((reason) => reason !== undefined);
    const pictures = listOf(reply['images']);
    if (pictures.length === 0 && (filtered ?? textOf(reply['error'])) !== undefined) {
      const message = `${TITLE}: ${filtered ?? textOf(reply['error']) ?? ''}`;
      throw new InvalidResponse(message, { code: 'content_policy_violation', message, billed: 'maybe' });
    }
    return picturesIn(pictures, body, target.created);
  },
  split: (body, { model }) => (isStability(model.toLowerCase()) ? onePictureEach(body) : undefined),
  join: joinPictures,
});

/** Throws `Refused` for a model that makes no pictures. */
function modelOf(target: Target): ReturnType<typeof namedModel> {
  const model = namedModel(target);
  if (/nova-canvas|titan-image|stability\./.test(model.name)) return model;
  throw new Refused('unsupported_parameter', `${TITLE} makes no pictures with the model ${model.name}.`, 'model');
}
