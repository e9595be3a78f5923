/** Topaz Labs: pictures made larger and clearer. */
import { toFailure } from '../protocol/failure.ts';
import { fileIn, toForm } from '../protocol/file.ts';
import { sizeOf } from '../protocol/image-size.ts';
import { picturesIn } from '../protocol/images.ts';
import { toBase64 } from '../protocol/base64.ts';
import { checkPlain } from '../protocol/plain-parameters.ts';
import { orRefusal } from '../protocol/refused.ts';
import { extraHeaders } from '../protocol/settings.ts';
import { InvalidResponse, type PlainTranslation, type Provider } from '../provider.ts';

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

const imageVariations: PlainTranslation = {
  toRequest: (body, target) => {
    const { model, baseUrl, settings } = target;
    const checked = checkPlain(body, { title: TITLE, model, settings, takes });
    if ('refused' in checked) return checked;
    const { size, output_format: format = 'jpeg', n: _one, response_format: _ours, ...rest } = checked.kept;
    return orRefusal(() => {
      const { width, height } = size === undefined || size === 'auto' ? {} : sizeOf(size);
      const form = toForm(
        {
          ...rest,
          image: fileIn(body, 'image'),
          model,
          output_format: format,
          output_width: width,
          output_height: height,
        },
        target.id,
      );
      return {
        method: 'POST',
        url: `${baseUrl}/image/v1/enhance`,
        headers: { 'content-type': form.contentType, accept: `image/${String(format)}`, ...extraHeaders(settings) },
        body: form.body,
        dropped: checked.dropped,
      };
    });
  },
  fromResponse: ({ bytes, contentType, json }, body, target) => {
    if (bytes.length === 0 || json !== undefined || /^(application\/json|text\/)/.test(contentType))
      throw new InvalidResponse(`${TITLE} answered without a picture.`);
    return picturesIn([toBase64(bytes)], body, target.created, contentType === '' ? 'image/jpeg' : contentType);
  },
};

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
