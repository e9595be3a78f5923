/** Forms on a real socket: what is kept of them, and every way in which they can be wrong. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { configOf, MASTER_KEY, startEdge, type Edge } from '../edge.ts';

let edge: Edge;

beforeAll(async () => {
  const config = configOf({ maxBodyBytes: 30 * 1024 * 1024 });
  edge = await startEdge({ config: () => config });
});

afterAll(async () => edge.close());

type Answered = {
  readonly status: number;
  readonly error: { readonly code: string; readonly param: string | null; readonly message: string };
};

const PATH = '/v1/audio/transcriptions';

async function send(
  body: NonNullable<RequestInit['body']>,
  headers: Record<string, string> = {},
  path = PATH,
): Promise<Answered> {
  const response = await fetch(edge.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${MASTER_KEY}`, ...headers },
    body,
  });
  const { error } = JSON.parse(await response.text()) as { error: Answered['error'] };
  return { status: response.status, error };
}

function formOf(fields: Readonly<Record<string, string | Blob>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

const SOUND = new File([new Uint8Array([0, 255, 10])], 'a.mp3', { type: 'audio/mpeg' });

function raw(text: string, boundary = 'b'): Promise<Answered> {
  return send(text, { 'content-type': `multipart/form-data; boundary=${boundary}` });
}

describe('a form', () => {
  it('becomes the request that the ledger keeps: text, numbers, lists, and files as base64', async () => {
    const form = formOf({ model: 'gpt-4o', file: SOUND, temperature: '0.5', num_retries: '3', tags: '["a"]' });
    form.append('timestamp_granularities[]', 'word');
    form.append('timestamp_granularities[]', 'segment');
    expect((await send(form)).status).toBe(200);
    const { body, wishes, kind, model } = edge.submissions.at(-1) ?? {};
    expect([kind, model]).toEqual(['transcription', 'gpt-4o']);
    expect(body).toEqual({
      model: 'gpt-4o',
      temperature: 0.5,
      timestamp_granularities: ['word', 'segment'],
      file: { filename: 'a.mp3', content_type: 'audio/mpeg', base64: 'AP8K' },
    });
    expect(wishes).toEqual({ numRetries: 3, tags: ['a'] });
  });

  it('holds several pictures under one name', async () => {
    const form = formOf({ model: 'gpt-4o', prompt: 'p', n: '2' });
    form.append('image[]', SOUND);
    form.append('image[]', SOUND);
    expect((await send(form, {}, '/openai/deployments/gpt-4o-mini/images/edits')).status).toBe(200);
    expect(edge.submissions.at(-1)).toMatchObject({
      kind: 'imageEdit',
      model: 'gpt-4o-mini',
      body: { n: 2, image: [{}, {}] },
    });
  });

  it.each([
    [{ model: 'gpt-4o' }, 'file'],
    [{ model: 'gpt-4o', file: 'text' }, 'file'],
    [{ file: SOUND }, 'model'],
    [{ model: 'gpt-4o', file: SOUND, temperature: 'warm' }, 'temperature'],
    [{ model: 'gpt-4o', file: SOUND, response_format: 'xml' }, 'response_format'],
    [{ model: 'gpt-4o', file: SOUND, num_retries: 'many' }, 'num_retries'],
    [{ model: 'gpt-4o', file: SOUND, stream: 'true' }, 'stream'],
  ])('that is wrong is refused with the name of what is wrong (%#)', async (fields, param) => {
    const { status, error } = await send(formOf(fields));
    expect([status, error.param]).toEqual([400, param]);
  });

  it('larger than a file may be is refused while it arrives', async () => {
    const file = new File([new Uint8Array(25 * 1024 * 1024 + 1)], 'a.mp3');
    const { status, error } = await send(formOf({ model: 'gpt-4o', file }));
    expect([status, error.code, error.param]).toEqual([413, 'request_too_large', 'file']);
  });

  it('larger than a body may be is refused before it arrives', async () => {
    const half = new File([new Uint8Array(16 * 1024 * 1024)], 'a.png');
    const form = formOf({ model: 'gpt-4o', prompt: 'p' });
    form.append('image[]', half);
    form.append('image[]', half);
    const answered = await send(form, {}, '/v1/images/edits').catch(() => undefined);
    // The connection may be closed while the client still sends.
    if (answered !== undefined) expect(answered.status).toBe(413);
    expect(edge.submissions.some(({ body }) => JSON.stringify(body).length > 30 * 1024 * 1024)).toBe(false);
  });

  it('of another type, without a boundary, or with one that is too long is refused', async () => {
    expect((await send('{}', { 'content-type': 'application/json' })).status).toBe(415);
    expect((await send('x', { 'content-type': 'multipart/form-data; charset=utf-8' })).status).toBe(400);
    expect((await raw('x', 'b'.repeat(71))).status).toBe(400);
    const gzip = { 'content-type': 'multipart/form-data; boundary=b', 'content-encoding': 'gzip' };
    expect((await send('x', gzip)).status).toBe(415);
  });

  it('that is cut off, empty or nonsense is refused', async () => {
    const head = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc';
    for (const text of [head, '', 'nonsense', '--b--\r\n', '--b\r\n\r\n\r\n--b--\r\n'])
      expect((await raw(text)).status).toBe(400);
  });

  it('with too many or strange fields is refused', async () => {
    const field = (name: string): string => `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\nx\r\n`;
    const many = await raw(`${field('a').repeat(101)}--b--\r\n`);
    expect([many.status, many.error.message]).toEqual([400, expect.stringContaining('fields')]);
    for (const name of ['__proto__', 'a[b]', 'ä', 'x'.repeat(200)])
      expect((await raw(`${field(name)}--b--\r\n`)).status).toBe(400);
    const long = await send(formOf({ model: 'gpt-4o', prompt: 'x'.repeat(1024 * 1024 + 1), file: SOUND }));
    expect([long.status, long.error.param]).toEqual([400, 'prompt']);
  });

  it('of any bytes is never our fault', async () => {
    const piece = fc.constantFrom(
      '--b',
      '--b--',
      '\r\n',
      '\n',
      'content-disposition: form-data; name="file"',
      '; filename="a"',
      '"',
      ':',
      '\0',
      'é',
      'content-type: x/y',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(piece, fc.string()), { maxLength: 12 }), async (pieces) => {
        const { status } = await raw(pieces.join(''));
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 60 },
    );
  });
});
