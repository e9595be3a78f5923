/** Topaz Labs: pictures made larger and clearer. */
import { toFailure } from '../protocol/failure.ts';
import { fileIn, toForm } from '../protocol/file.ts';
import { sizeOf } from '../protocol/image-size.ts';
import { picturesIn } from '../protocol/images.ts';
import { toBase64 } from '../protocol/base64.ts';
import { createPlain } from '../protocol/plain-wire.ts';
import { InvalidResponse, type Provider } from '../provider.ts';

const TITLE = 'Topaz Labs';

const FORMATS: ReadonlySet<unknown> = new Set(['jpeg', 'png']);
const OWN = [
  'crop_to_fill',
  'face_enhancement',
  'face_enhancement_creativity',
  'face_enhancement_strength',
  'subject_detection',
  'sharpen',
  'denoise',
  'fix_compression',
  'strength',
] as const;
const NAMES: ReadonlySet<string> = new Set(['image', 'size', 'response_format', ...OWN]);

function takes(name: string, value: unknown): boolean {
  if (name === 'output_format') return FORMATS.has(value);
  return NAMES.has(name) || (name === 'n' && value === 1);
}

const imageVariations = createPlain({
  title: TITLE,
  takes,
  toWire: (kept, { model, baseUrl, id }, body) => {
    const { size, output_format: format = 'jpeg', n: _one, response_format: _ours, ...rest } = kept;
    const { width, height } = size === undefined || size === 'auto' ? {} : sizeOf(size);
    const sides = { output_width: width, output_height: height };
    const image = fileIn(body, 'image');
    return {
      url: `${baseUrl}/image/v1/enhance`,
      headers: { accept: `image/${String(format)}` },
      form: toForm({ ...rest, image, model, output_format: format, ...sides }, id),
    };
  },
  fromResponse: ({ bytes, contentType, json }, body, target) => {
    if (bytes.length === 0 || json !== undefined || /^(application\/json|text\/)/.test(contentType))
      throw new InvalidResponse(`${TITLE} answered without a picture.`);
    return picturesIn([toBase64(bytes)], body, target.created, contentType === '' ? 'image/jpeg' : contentType);
  },
});

export const topaz: Provider = {
  id: 'topaz',
  title: TITLE,
  baseUrl: 'https://api.topazlabs.com',
  baseUrlVariables: ['TOPAZ_API_BASE'],
  keyVariables: ['TOPAZ_API_KEY'],
  auth: { kind: 'header', name: 'x-api-key' },
  imageVariations,
  fromError: (status, body, headers) => toFailure({ title: TITLE, status, body, headers }),
};
