/** fal: many makers' picture models, each with inputs of its own. */
import { toFailure } from '../protocol/failure.ts';
import { sizeOf } from '../protocol/image-size.ts';
import { picturesAt } from '../protocol/images.ts';
import { isObject, listOf, type JsonObject } from '../protocol/json.ts';
import { createPlain } from '../protocol/plain-wire.ts';
import type { Provider } from '../provider.ts';

const TITLE = 'fal';

/** OpenAI's words for what it has not; everything else is an input of the model. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['user', 'quality', 'style', 'background', 'output_compression']);

/** The model's own words for a size, such as `landscape_16_9`, pass. */
function sizeIn(size: unknown): JsonObject {
  if (size === undefined || size === 'auto') return {};
  return { image_size: typeof size === 'string' && /^[a-z]/.test(size) ? size : sizeOf(size) };
}

const images = createPlain({
  title: TITLE,
  takes: (name) => !UNSUPPORTED.has(name),
  toWire: ({ n, size, response_format: _ours, ...rest }, { model, baseUrl }) => ({
    url: `${baseUrl}/${model.split('/').map(encodeURIComponent).join('/')}`,
    headers: { accept: 'application/json' },
    json: { ...rest, ...sizeIn(size), ...(n === undefined ? {} : { num_images: n }) },
  }),
  fromResponse: ({ json }, body, target) => {
    const reply = isObject(json) ? json : {};
    const pictures = Array.isArray(reply['images']) ? listOf(reply['images']) : [reply['image']];
    return picturesAt(
      pictures.map((picture) => (isObject(picture) ? picture['url'] : undefined)),
      body,
      target.created,
    );
  },
});

export const fal: Provider = {
  id: 'fal_ai',
  title: TITLE,
  baseUrl: 'https://fal.run',
  baseUrlVariables: ['FAL_AI_API_BASE'],
  keyVariables: ['FAL_AI_API_KEY', 'FAL_KEY'],
  auth: { kind: 'header', name: 'authorization', prefix: 'Key ' },
  images,
  fromError: (status, body, headers) => toFailure({ title: TITLE, status, body, headers }),
};
