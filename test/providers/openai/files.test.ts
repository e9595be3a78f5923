/** Pictures and sound on OpenAI's wire. */
import { describe, expect, it } from '@jest/globals';
import busboy from 'busboy';
import { catalog } from '../../../providers/catalog.ts';
import { openai } from '../../../providers/openai/index.ts';
import type { JsonObject } from '../../../providers/protocol/json.ts';
import { InvalidResponse, type PlainAnswer, type Provider, type WireRequest } from '../../../providers/provider.ts';
import { bodyOf, jsonReply, operationOf, sentPlain } from '../plain.ts';
import { targetOf } from '../streams.ts';

const BASE = 'https://api.openai.com/v1';
const FILE = {
  filename: 'a "b".wav',
  content_type: 'audio/wav',
  base64: Buffer.from([0, 255, 13, 10]).toString('base64'),
};

type Part = { readonly name: string; readonly value: string | { filename: string; mimeType: string; bytes: number[] } };

/** The form as any server reads it. */
async function partsOf({ headers, body }: WireRequest): Promise<readonly Part[]> {
  const parts: Part[] = [];
  const parser = busboy({ headers: { 'content-type': headers['content-type'] ?? '' } });
  parser.on('field', (name, value) => parts.push({ name, value }));
  parser.on('file', (name, stream, { filename, mimeType }) => {
    const bytes: number[] = [];
    stream.on('data', (packet: Buffer) => bytes.push(...packet));
    stream.on('end', () => parts.push({ name, value: { filename: filename ?? '', mimeType, bytes } }));
  });
  const closed = new Promise((resolve) => parser.on('close', resolve));
  parser.end(Buffer.from(body));
  await closed;
  return parts;
}

function textIn({ body }: PlainAnswer): string {
  return body['bytes'] instanceof Uint8Array ? new TextDecoder().decode(body['bytes']) : JSON.stringify(body);
}

describe('pictures', () => {
  const { toRequest, fromResponse } = operationOf(openai, 'images');
  const target = targetOf('gpt-image-1', {}, BASE);

  it('are counted in tokens where the provider counts them, else as pictures and pixels', () => {
    const data = [{ b64_json: 'AA==' }, { url: 'https://x/y.png', revised_prompt: 'r' }];
    const usage = {
      input_tokens: 10,
      output_tokens: 20,
      total_tokens: 30,
      input_tokens_details: { text_tokens: 8, image_tokens: 2 },
    };
    const counted = fromResponse(jsonReply({ created: 5, data, usage }), { size: '10x20' }, target);
    expect(bodyOf(counted)).toEqual({ created: 5, data, usage });
    expect(counted.usage).toEqual({
      prompt_tokens: 10,
      completion_tokens: 20,
      total_tokens: 30,
      prompt_tokens_details: { text_tokens: 8, image_tokens: 2 },
      completion_tokens_details: { image_tokens: 20 },
    });
    expect(fromResponse(jsonReply({ data }), { size: '10x20' }, target).usage?.units).toEqual({
      images: 2,
      pixels: 400,
    });
    expect(fromResponse(jsonReply({ data }), { size: 'auto' }, target).usage?.units).toEqual({ images: 2 });
  });

  it('are asked for in the caller’s words', () => {
    const wire = sentPlain(toRequest({ prompt: 'a cat', n: 2, size: 'auto' }, target));
    expect([wire.url, wire.json]).toEqual([
      `${BASE}/images/generations`,
      { model: 'gpt-image-1', prompt: 'a cat', n: 2, size: 'auto' },
    ]);
  });

  it('are edited and varied by a form with the files in it', async () => {
    const edit = sentPlain(
      operationOf(openai, 'imageEdits').toRequest({ prompt: 'p', n: 1, image: [FILE, FILE], mask: FILE }, target),
    );
    expect(edit.url).toBe(`${BASE}/images/edits`);
    const file = { filename: 'a "b".wav', mimeType: 'audio/wav', bytes: [0, 255, 13, 10] };
    const shown = (await partsOf(edit)).map(({ name, value }) => [
      name,
      typeof value === 'string' ? value : { ...value, filename: value.filename.replaceAll('%22', '"') },
    ]);
    expect(shown).toEqual(
      expect.arrayContaining([
        ['prompt', 'p'],
        ['n', '1'],
        ['image[]', file],
        ['image[]', file],
        ['mask', file],
        ['model', 'gpt-image-1'],
      ]),
    );
    const vary = sentPlain(operationOf(openai, 'imageVariations').toRequest({ image: FILE }, target));
    expect([vary.url, (await partsOf(vary)).length]).toEqual([`${BASE}/images/variations`, 2]);
  });

  it.each([undefined, {}, { data: [] }, { data: [{ x: 1 }] }])('are refused when there are none: %j', (json) => {
    expect(() => fromResponse(jsonReply(json), {}, target)).toThrow(InvalidResponse);
  });
});

describe('a speech', () => {
  const { toRequest, fromResponse } = operationOf(openai, 'speech');
  const target = targetOf('tts-1', {}, BASE);

  it('is counted in characters, as people count them', () => {
    expect(sentPlain(toRequest({ input: 'Hi 👋', voice: 'alloy' }, target)).json).toEqual({
      model: 'tts-1',
      input: 'Hi 👋',
      voice: 'alloy',
    });
    const bytes = new Uint8Array([1, 2]);
    const reply = { json: undefined, bytes, contentType: 'audio/mpeg' };
    expect(fromResponse(reply, { input: 'Hi 👋' }, target)).toEqual({
      body: { bytes, contentType: 'audio/mpeg' },
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, units: { characters: 4 } },
    });
    const untold = fromResponse({ ...reply, contentType: '' }, { input: 'a', response_format: 'flac' }, target);
    expect(untold.body).toMatchObject({ contentType: 'audio/flac' });
  });

  it('is refused when it is none', () => {
    expect(() => fromResponse(jsonReply({ x: 1 }), {}, target)).toThrow(InvalidResponse);
    expect(() =>
      fromResponse({ json: undefined, bytes: new Uint8Array(), contentType: 'audio/mpeg' }, {}, target),
    ).toThrow(InvalidResponse);
  });
});

const VERBOSE = {
  task: 'transcribe',
  language: 'english',
  duration: 3661.5,
  text: 'One. Two.',
  segments: [
    { id: 0, start: 0, end: 1.5, text: ' One.' },
    { id: 1, start: 1.5, end: 3661.5, text: ' Two.' },
  ],
};

describe('what was said', () => {
  const { toRequest, fromResponse } = operationOf(openai, 'transcription');
  const whisper = targetOf('whisper-1', {}, BASE);
  const newer = targetOf('gpt-4o-transcribe', {}, BASE);

  it('is asked of Whisper with its length, and of newer models as they can say it', async () => {
    const asked = async (target: typeof whisper, format?: string): Promise<unknown> => {
      const body = { file: FILE, ...(format === undefined ? {} : { response_format: format }) };
      return (await partsOf(sentPlain(toRequest(body, target)))).find(({ name }) => name === 'response_format')?.value;
    };
    for (const format of [undefined, 'text', 'srt', 'vtt', 'json'])
      expect(await asked(whisper, format)).toBe('verbose_json');
    expect(await asked(newer)).toBeUndefined();
    expect(await asked(newer, 'text')).toBe('json');
    expect(await asked(newer, 'diarized_json')).toBe('diarized_json');
    const form = await partsOf(
      sentPlain(toRequest({ file: FILE, timestamp_granularities: ['word', 'segment'] }, whisper)),
    );
    expect(form.filter(({ name }) => name === 'timestamp_granularities[]').map(({ value }) => value)).toEqual([
      'word',
      'segment',
    ]);
  });

  it.each([
    [undefined, '{"text":"One. Two."}'],
    ['json', '{"text":"One. Two."}'],
    ['text', 'One. Two.\n'],
    ['srt', '1\n00:00:00,000 --> 00:00:01,500\nOne.\n\n2\n00:00:01,500 --> 01:01:01,500\nTwo.\n\n'],
    ['vtt', 'WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nOne.\n\n00:00:01.500 --> 01:01:01.500\nTwo.\n\n'],
    ['verbose_json', JSON.stringify(VERBOSE)],
  ])('comes as %s, counted in seconds', (format, text) => {
    const answer = fromResponse(jsonReply(VERBOSE), { response_format: format }, whisper);
    expect(textIn(answer)).toBe(text);
    expect(answer.usage?.units).toEqual({ seconds: 3661.5 });
  });

  it('is counted as the provider counts it', () => {
    const of = (usage: JsonObject): unknown => fromResponse(jsonReply({ text: 'a', usage }), {}, newer).usage;
    expect(of({ type: 'duration', seconds: 4 })).toMatchObject({ total_tokens: 0, units: { seconds: 4 } });
    const tokens = {
      type: 'tokens',
      input_tokens: 9,
      output_tokens: 2,
      total_tokens: 11,
      input_token_details: { audio_tokens: 8 },
    };
    expect(of(tokens)).toEqual({
      prompt_tokens: 9,
      completion_tokens: 2,
      total_tokens: 11,
      prompt_tokens_details: { audio_tokens: 8 },
    });
    expect(of({})).toBeUndefined();
  });

  it('is translated at another path, and refused when it is nothing', () => {
    expect(sentPlain(operationOf(openai, 'translation').toRequest({ file: FILE }, whisper)).url).toBe(
      `${BASE}/audio/translations`,
    );
    expect(() => fromResponse(jsonReply({}), {}, whisper)).toThrow(InvalidResponse);
    expect(() => fromResponse({ json: undefined, bytes: new Uint8Array(), contentType: '' }, {}, whisper)).toThrow(
      InvalidResponse,
    );
  });

  it('is asked of Azure at the deployment', () => {
    const { toRequest: azure } = operationOf(catalog['azure'] as Provider, 'transcription');
    const target = targetOf('w', { api_version: '2024-10-21' }, 'https://x.openai.azure.com');
    expect(sentPlain(azure({ file: FILE }, target)).url).toBe(
      'https://x.openai.azure.com/openai/deployments/w/audio/transcriptions?api-version=2024-10-21',
    );
  });
});
