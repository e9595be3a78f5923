/** Runway: pictures by tasks that are polled for. */
import { toFailure } from '../protocol/failure.ts';
import { sizeOf } from '../protocol/image-size.ts';
import { joinPictures, onePictureEach, picturesAt } from '../protocol/images.ts';
import { isObject, listOf, textOf } from '../protocol/json.ts';
import { oneOf } from '../protocol/plain-parameters.ts';
import { createPlain } from '../protocol/plain-wire.ts';
import { InvalidResponse, type Provider, type WireRequest } from '../provider.ts';

const TITLE = 'Runway';
const VERSION = { 'x-runway-version': '2024-11-06' } as const;
const POLL_AFTER_MS = 2000;
const RUNNING: ReadonlySet<unknown> = new Set(['PENDING', 'RUNNING', 'THROTTLED']);
const DEFAULT_RATIO = '1024:1024';

function ratioOf(size: unknown): string {
  if (size === undefined || size === 'auto') return DEFAULT_RATIO;
  if (typeof size === 'string' && /^\d+:\d+$/.test(size)) return size;
  const { width, height } = sizeOf(size);
  return `${width}:${height}`;
}

function wireOf(method: WireRequest['method'], url: string): WireRequest {
  return { method, url, headers: { accept: 'application/json', ...VERSION }, body: '', dropped: [] };
}

const images = createPlain({
  title: TITLE,
  takes: oneOf('prompt', 'n', 'size', 'response_format', 'seed', 'referenceImages', 'contentModeration', 'ratio'),
  toWire: ({ prompt, n: _one, size, response_format: _ours, ...rest }, { model, baseUrl }) => ({
    url: `${baseUrl}/v1/text_to_image`,
    headers: { accept: 'application/json', ...VERSION },
    json: { ratio: ratioOf(size), ...rest, model, promptText: prompt },
  }),
  split: onePictureEach,
  join: joinPictures,
  receipt: ({ json }, { baseUrl }, before) => {
    if (!isObject(json)) return undefined;
    if (before !== undefined) return RUNNING.has(json['status']) ? before : undefined;
    const id = textOf(json['id']);
    if (id === undefined) return undefined;
    // Built from the id: an address in the answer could lead the credential elsewhere.
    const url = `${baseUrl}/v1/tasks/${encodeURIComponent(id)}`;
    return { poll: wireOf('GET', url), pollAfterMs: POLL_AFTER_MS, cancel: wireOf('DELETE', url) };
  },
  fromResponse: ({ json }, body, target) => {
    const reply = isObject(json) ? json : {};
    if (reply['status'] === 'SUCCEEDED') return picturesAt(listOf(reply['output']), body, target.created);
    const moderated = /^(SAFETY|INPUT_PREPROCESSING\.SAFETY)/.test(textOf(reply['failureCode']) ?? '');
    const message = `${TITLE}: ${textOf(reply['failure']) ?? `the task ended with ${textOf(reply['status']) ?? 'nothing'}.`}`;
    const code = moderated ? 'content_policy_violation' : 'provider_error';
    throw new InvalidResponse(message, { code, message, billed: 'maybe' });
  },
});

export const runwayml: Provider = {
  id: 'runwayml',
  title: TITLE,
  baseUrl: 'https://api.dev.runwayml.com',
  baseUrlVariables: ['RUNWAYML_API_BASE'],
  keyVariables: ['RUNWAYML_API_SECRET', 'RUNWAYML_API_KEY'],
  auth: { kind: 'bearer' },
  images,
  fromError: (status, body, headers) => toFailure({ title: TITLE, status, body, headers }),
};
