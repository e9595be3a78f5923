/** Black Forest Labs' FLUX: a receipt at once, the picture later. */
import { toFailure } from '../protocol/failure.ts';
import { aspectOf, sizeOf } from '../protocol/image-size.ts';
import { joinPictures, onePictureEach, picturesAt } from '../protocol/images.ts';
import { isObject, textOf, type JsonObject } from '../protocol/json.ts';
import { createPlain } from '../protocol/plain-wire.ts';
import { isTrusted } from '../protocol/same-origin.ts';
import { InvalidResponse, type Provider, type Receipt } from '../provider.ts';

const TITLE = 'Black Forest Labs';
const POLL_AFTER_MS = 1500;

/** OpenAI's words for what it has not; everything else is an input of the model. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['user', 'style', 'background', 'output_compression', 'moderation']);

/** Models that are told a shape, not sides. */
function takesShape(model: string): boolean {
  return /ultra|kontext/.test(model);
}

function sizeIn(size: unknown, model: string): JsonObject {
  if (size === undefined || size === 'auto') return {};
  return takesShape(model) ? { aspect_ratio: aspectOf(size) } : sizeOf(size);
}

function pollOf(url: string): Receipt {
  return {
    poll: { method: 'GET', url, headers: { accept: 'application/json' }, body: '', dropped: [] },
    pollAfterMs: POLL_AFTER_MS,
  };
}

function failed(message: string, moderated: boolean): InvalidResponse {
  const code = moderated ? 'content_policy_violation' : 'provider_error';
  return new InvalidResponse(message, { code, message, billed: 'maybe' });
}

const images = createPlain({
  title: TITLE,
  takes: (name, value, { model }) => {
    if (name === 'quality')
      return value === 'auto' || value === 'standard' || (value === 'hd' && model.includes('ultra'));
    return !UNSUPPORTED.has(name);
  },
  toWire: ({ n: _one, size, quality, response_format: _ours, ...rest }, { model, baseUrl }) => ({
    url: `${baseUrl}/v1/${encodeURIComponent(model)}`,
    headers: { accept: 'application/json' },
    json: { ...rest, ...sizeIn(size, model), ...(quality === 'hd' ? { raw: true } : {}) },
  }),
  split: onePictureEach,
  join: joinPictures,
  receipt: ({ json }, { baseUrl }, before) => {
    if (!isObject(json)) return undefined;
    if (before !== undefined) return json['status'] === 'Pending' ? before : undefined;
    const url = textOf(json['polling_url']);
    if (url === undefined) return undefined;
    // The credential is sent to it.
    if (!isTrusted(url, baseUrl, ['bfl.ai']))
      throw new InvalidResponse(`${TITLE} named an address that is not its own.`);
    return pollOf(url);
  },
  fromResponse: ({ json }, body, target) => {
    const reply = isObject(json) ? json : {};
    const status = textOf(reply['status']) ?? 'nothing';
    if (status !== 'Ready') throw failed(`${TITLE} ended with ${status}.`, /moderated/i.test(status));
    const result = isObject(reply['result']) ? reply['result'] : {};
    return picturesAt([result['sample']], body, target.created);
  },
});

export const blackForestLabs: Provider = {
  id: 'black_forest_labs',
  title: TITLE,
  baseUrl: 'https://api.bfl.ai',
  baseUrlVariables: ['BFL_API_BASE'],
  keyVariables: ['BFL_API_KEY', 'BLACK_FOREST_LABS_API_KEY'],
  auth: { kind: 'header', name: 'x-key' },
  images,
  fromError: (status, body, headers) => toFailure({ title: TITLE, status, body, headers }),
};
