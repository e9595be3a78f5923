/** Stability AI: pictures, and parts of pictures painted anew. */
import { toFailure } from '../protocol/failure.ts';
import { fileIn, toForm } from '../protocol/file.ts';
import { aspectOf } from '../protocol/image-size.ts';
import { joinPictures, onePictureEach, picturesIn } from '../protocol/images.ts';
import { isObject, textOf, type JsonObject } from '../protocol/json.ts';
import { oneOf } from '../protocol/plain-parameters.ts';
import { createPlain, type PlainWire } from '../protocol/plain-wire.ts';
import { InvalidResponse, type Provider } from '../provider.ts';

const TITLE = 'Stability AI';

const COMMON = ['prompt', 'n', 'response_format', 'output_format', 'negative_prompt', 'seed', 'style_preset'] as const;

/** The services: two of their own, and one for all generations of Stable Diffusion, which is told which. */
function serviceOf(model: string): { readonly path: string; readonly model?: string } {
  const name = model.toLowerCase();
  if (name.includes('ultra')) return { path: 'generate/ultra' };
  if (name.includes('core')) return { path: 'generate/core' };
  return name === 'sd3' ? { path: 'generate/sd3' } : { path: 'generate/sd3', model };
}

const TYPES: Readonly<Record<string, string>> = { jpeg: 'image/jpeg', webp: 'image/webp' };

function read(json: unknown, body: JsonObject, created: number): ReturnType<typeof picturesIn> {
  const reply = isObject(json) ? json : {};
  if (reply['finish_reason'] === 'CONTENT_FILTERED') {
    const message = `${TITLE}: the picture was held back by the content filter.`;
    throw new InvalidResponse(message, { code: 'content_policy_violation', message, billed: 'maybe' });
  }
  return picturesIn([reply['image']], body, created, TYPES[textOf(body['output_format']) ?? ''] ?? 'image/png');
}

const shared: Pick<PlainWire, 'title' | 'fromResponse' | 'split' | 'join'> = {
  title: TITLE,
  fromResponse: ({ json }, body, target) => read(json, body, target.created),
  split: onePictureEach,
  join: joinPictures,
};

const images = createPlain({
  ...shared,
  takes: oneOf(...COMMON, 'size', 'aspect_ratio', 'cfg_scale'),
  toWire: (kept, { model, baseUrl, id }) => {
    const { n: _one, response_format: _ours, size, aspect_ratio: aspect, ...rest } = kept;
    const service = serviceOf(model);
    const shape = aspect ?? (size === undefined || size === 'auto' ? undefined : aspectOf(size));
    const named = service.model === undefined ? {} : { model: service.model };
    return {
      url: `${baseUrl}/v2beta/stable-image/${service.path}`,
      headers: { accept: 'application/json' },
      form: toForm({ ...rest, ...named, aspect_ratio: shape }, id),
    };
  },
});

const imageEdits = createPlain({
  ...shared,
  takes: oneOf(...COMMON, 'image', 'mask', 'grow_mask'),
  toWire: (kept, { baseUrl, id }, body) => {
    const { n: _one, response_format: _ours, image: _image, ...rest } = kept;
    return {
      url: `${baseUrl}/v2beta/stable-image/edit/inpaint`,
      headers: { accept: 'application/json' },
      form: toForm({ ...rest, image: fileIn(body, 'image') }, id),
    };
  },
});

export const stability: Provider = {
  id: 'stability',
  title: TITLE,
  baseUrl: 'https://api.stability.ai',
  baseUrlVariables: ['STABILITY_API_BASE'],
  keyVariables: ['STABILITY_API_KEY'],
  auth: { kind: 'bearer' },
  images,
  imageEdits,
  fromError: (status, body, headers) => {
    const failure = toFailure({ title: TITLE, status, body, headers });
    // Its moderation answers 403, like a key that may not do something.
    const moderated = isObject(body) && body['name'] === 'content_moderation';
    return moderated ? { ...failure, code: 'content_policy_violation' } : failure;
  },
};
