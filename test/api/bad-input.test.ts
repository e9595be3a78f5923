/** What is not a proper request gets a 4xx in OpenAI's shape, and the process goes on. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chat, HEADERS, HELLO, MASTER_KEY, startEdge, type Edge } from './edge.ts';
import { sendRaw } from './wire.ts';

let edge: Edge;

beforeAll(async () => {
  edge = await startEdge({ limits: { headersTimeoutMs: 300, requestTimeoutMs: 300, checkIntervalMs: 50 } });
});

afterAll(async () => {
  const answer = await chat(edge, HELLO);
  await edge.close();
  // Whatever was sent before, the process still answers.
  expect(answer.status).toBe(200);
});

type ErrorBody = { error: { message: string; type: string; param: string | null; code: string } };

async function expectError(response: Response, status: number, code: string): Promise<ErrorBody['error']> {
  const { error } = (await response.json()) as ErrorBody;
  expect({ status: response.status, code: error.code }).toEqual({ status, code });
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9A-Z]{26}$/);
  expect(typeof error.message).toBe('string');
  expect(typeof error.type).toBe('string');
  expect(JSON.stringify(error)).not.toContain(MASTER_KEY);
  return error;
}

const user = (content: unknown): unknown => ({ ...HELLO, messages: [{ role: 'user', content }] });

describe('a body that is no request', () => {
  it.each<[string, unknown, string | null]>([
    ['malformed JSON', '{"model":"gpt-4o",', null],
    ['an empty body', '', null],
    ['white space', '  \n', null],
    ['null', 'null', null],
    ['a list', '[]', null],
    ['a string', '"hello"', null],
    ['a number', '1e999', null],
    ['an empty object', {}, 'model'],
    ['a model that is a number', { ...HELLO, model: 4 }, 'model'],
    ['an empty model', { ...HELLO, model: '' }, 'model'],
    ['no messages', { model: 'gpt-4o' }, 'messages'],
    ['an empty list of messages', { ...HELLO, messages: [] }, 'messages'],
    ['messages that are a string', { ...HELLO, messages: 'hello' }, 'messages'],
    ['an unknown role', { ...HELLO, messages: [{ role: 'wizard', content: 'x' }] }, 'messages[0].role'],
    ['content that is a number', user(7), 'messages[0].content'],
    ['a temperature that is a string', { ...HELLO, temperature: 'hot' }, 'temperature'],
    ['a temperature out of range', { ...HELLO, temperature: 3 }, 'temperature'],
    ['n = 0', { ...HELLO, n: 0 }, 'n'],
    ['a stream flag that is a string', { ...HELLO, stream: 'yes' }, 'stream'],
    ['tools that are an object', { ...HELLO, tools: {} }, 'tools'],
    ['a NUL character', user('a\0b'), 'messages[0].content'],
    ['an unpaired surrogate', user('\ud800'), 'messages[0].content'],
    ['__proto__', '{"model":"gpt-4o","__proto__":{"a":1},"messages":[]}', '__proto__'],
    ['a depth of 100,000', `{"model":"gpt-4o","messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, null],
    ['an open depth of 100,000', '['.repeat(100_000), null],
  ])('is a 400: %s', async (_name, body, param) => {
    const error = await expectError(await chat(edge, body), 400, 'invalid_request');
    expect(error.param).toBe(param);
    expect(error.type).toBe('invalid_request_error');
  });

  it.each<[string, number[]]>([
    ['a broken sequence', [0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('is a 400 when it is not UTF-8: %s', async (_name, bytes) => {
    const error = await expectError(await chat(edge, Uint8Array.from(bytes)), 400, 'invalid_request');
    expect(error.message).toContain('UTF-8');
  });

  it('is read with a byte order mark', async () => {
    const response = await chat(edge, `\ufeff${JSON.stringify(HELLO)}`);
    expect(response.status).toBe(200);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json garbage',
    'application/json; charset=latin1',
  ])('is a 415 when it says it is %s', async (type) => {
    await expectError(await chat(edge, HELLO, { 'content-type': type }), 415, 'unsupported_media_type');
  });

  it('is a 415 when it does not say what it is', async () => {
    const body = JSON.stringify(HELLO);
    const answer = await sendRaw(
      edge.port,
      `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${MASTER_KEY}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer.status).toBe(415);
  });

  it.each(['gzip', 'br', 'deflate', 'gzip, identity'])('is a 415 when it is compressed with %s', async (encoding) => {
    await expectError(await chat(edge, HELLO, { 'content-encoding': encoding }), 415, 'unsupported_media_type');
  });
});

describe('a body that is too large', () => {
  it('is a 413 at 50 MB, by its declared length', async () => {
    await expectError(await chat(edge, 'x'.repeat(50_000_000)), 413, 'request_too_large');
  });

  it('is a 413 as soon as more than the limit has come, without a declared length', async () => {
    const chunk = new Uint8Array(64 * 1024).fill(0x20);
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        if (sent > 48) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const init = { method: 'POST', headers: HEADERS, body, duplex: 'half' };
    await expectError(await fetch(`${edge.url}/v1/chat/completions`, init), 413, 'request_too_large');
  });

  it('is refused before the caller was asked to send it', async () => {
    const answer = await sendRaw(
      edge.port,
      `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${MASTER_KEY}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 50000000\r\n\r\n`,
    );
    expect(answer.status).toBe(413);
    expect(answer.headers['connection']).toBe('close');
  });

  it('reaches the limit without being refused', async () => {
    const filled = JSON.stringify(user('')).length;
    const limit = 1024 * 1024;
    expect((await chat(edge, user('x'.repeat(limit - filled)))).status).toBe(200);
    expect((await chat(edge, user('x'.repeat(limit - filled + 1)))).status).toBe(413);
  });
});

describe('a caller without a valid key', () => {
  it('is told how to send one', async () => {
    const response = await fetch(`${edge.url}/v1/chat/completions`, { method: 'POST', body: '{}' });
    const error = await expectError(response, 401, 'auth_error');
    expect(error.message).toContain('Authorization');
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  it.each([
    ['Bearer wrong', 'auth_error'],
    [`Bearer ${MASTER_KEY}x`, 'invalid_api_key'],
    [`Bearer ${MASTER_KEY.slice(0, -1)}`, 'invalid_api_key'],
    ['Basic eDp5', 'auth_error'],
    ['Bearer', 'auth_error'],
    [MASTER_KEY, 'auth_error'],
    [`Bearer ${'x'.repeat(50_000)}`, 'auth_error'],
  ])('is refused: %.20s', async (authorization, code) => {
    const error = await expectError(await chat(edge, HELLO, { authorization }), 401, code);
    expect(error.message).not.toContain('wrong');
  });

  it('is refused before its body is read', async () => {
    const answer = await sendRaw(
      edge.port,
      'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n',
    );
    expect(answer.status).toBe(401);
  });
});

describe('a caller with a key', () => {
  it.each<Record<string, string>>([
    { authorization: `Bearer ${MASTER_KEY}` },
    { authorization: `bearer  ${MASTER_KEY}` },
    { 'x-api-key': MASTER_KEY },
    { 'api-key': MASTER_KEY },
    { 'x-litellm-api-key': MASTER_KEY },
    { 'x-litellm-api-key': `Bearer ${MASTER_KEY}`, authorization: 'Bearer for-somebody-else' },
  ])('is accepted with %p', async (headers) => {
    const response = await fetch(`${edge.url}/v1/models`, { headers });
    expect(response.status).toBe(200);
    await response.arrayBuffer();
  });
});

describe('an unknown model', () => {
  it("is a 404 in OpenAI's words, with the nearest name", async () => {
    const error = await expectError(await chat(edge, { ...HELLO, model: 'gpt-4p' }), 404, 'model_not_found');
    expect(error.message).toContain('The model `gpt-4p` does not exist or you do not have access to it.');
    expect(error.message).toContain('Did you mean `gpt-4o`?');
    expect(error.param).toBe('model');
  });
});

describe('what is not HTTP', () => {
  it('is a 431 when the headers are 70 KB', async () => {
    const answer = await sendRaw(
      edge.port,
      `GET /v1/models HTTP/1.1\r\nHost: x\r\nx-long: ${'a'.repeat(70_000)}\r\n\r\n`,
    );
    expect(answer.status).toBe(431);
    expect((JSON.parse(answer.body) as ErrorBody).error.code).toBe('headers_too_large');
    expect(answer.headers['x-request-id']).toMatch(/^req_/);
  });

  it('takes headers of 60 KB', async () => {
    const response = await fetch(`${edge.url}/v1/models`, { headers: { ...HEADERS, 'x-long': 'a'.repeat(60_000) } });
    expect(response.status).toBe(200);
    await response.arrayBuffer();
  });

  it.each([
    ['garbage', 'hello there\r\n\r\n'],
    [
      'two lengths',
      'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    ],
    [
      'a length and chunks',
      'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\nx-a: b\r\n c\r\n\r\n'],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\nx-a: b\0c\r\n\r\n'],
    ['a bare carriage return', 'GET / HTTP/1.1\r\nHost: x\r\nx-a: b\rx-c: d\r\n\r\n'],
  ])('is a 400 and the end of the connection: %s', async (_name, bytes) => {
    const answer = await sendRaw(edge.port, bytes);
    expect(answer.status).toBe(400);
    expect((JSON.parse(answer.body) as ErrorBody).error.code).toBe('invalid_request');
  });

  it('is a 408 when the body never comes', async () => {
    const answer = await sendRaw(
      edge.port,
      `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${MASTER_KEY}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"model"`,
    );
    expect(answer.status).toBe(408);
    expect((JSON.parse(answer.body) as ErrorBody).error.code).toBe('request_timeout');
  });

  it('is a 408 when the headers never end', async () => {
    const answer = await sendRaw(edge.port, 'GET /v1/models HTTP/1.1\r\nHost: x\r\n');
    expect(answer.status).toBe(408);
  });
});

describe('a URL that is not ours', () => {
  it("is a 404 in OpenAI's words", async () => {
    const error = await expectError(await chat(edge, HELLO, {}, '/v1/nothing?key=secret'), 404, 'not_found');
    expect(error.message).toBe('Invalid URL (POST /v1/nothing)');
  });

  it('is a 400 when its escapes are broken', async () => {
    await expectError(await fetch(`${edge.url}/v1/models/%E0%A4%A`, { headers: HEADERS }), 400, 'invalid_request');
  });

  it('is a 405 with the wrong method, and says which are right', async () => {
    const response = await fetch(`${edge.url}/v1/chat/completions`, { method: 'PUT', headers: HEADERS, body: '{}' });
    expect(response.headers.get('allow')).toBe('POST');
    await expectError(response, 405, 'method_not_allowed');
  });

  it('tells its methods', async () => {
    const response = await fetch(`${edge.url}/v1/models`, { method: 'OPTIONS' });
    expect([response.status, response.headers.get('allow')]).toEqual([204, 'GET, HEAD']);
  });
});
