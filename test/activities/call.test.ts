/** One provider call from end to end: credential, project, pictures, and what comes back, over real sockets. */
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { beginCall, type Call, type CallResult } from '../../activities/call.ts';
import { createHttpClient, type HttpClient } from '../../activities/http/client.ts';
import type { ChatChunk } from '../../providers/protocol/chat.ts';

type Seen = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string };

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

const FRAMES = [
  { candidates: [{ content: { parts: [{ text: 'A red ' }] } }], modelVersion: 'gemini-2.5-flash' },
  {
    candidates: [{ content: { parts: [{ text: 'square.' }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 3, thoughtsTokenCount: 5, totalTokenCount: 15 },
  },
];

let server: Server;
let base = '';
let http: HttpClient;
const seen: Seen[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const path = request.url ?? '';
      seen.push({ path, headers: request.headers, body: Buffer.concat(parts).toString() });
      if (path === '/stuck') return;
      if (path === '/token') response.end(JSON.stringify({ access_token: 'fresh', expires_in: 3600 }));
      else if (path.startsWith('/picture')) response.writeHead(200, { 'content-type': 'image/png' }).end('png');
      else if (path.includes('alt=sse')) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(FRAMES.map((frame) => `data: ${JSON.stringify(frame)}\r\n\r\n`).join(''));
      } else response.end(JSON.stringify(FRAMES[1]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  base = `http://${host}`;
  http = createHttpClient({ validate: true, allowedHosts: [host] });
});

afterAll(async () => {
  await http.close();
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  seen.length = 0;
});

const credentials = (path = '/token') => ({
  type: 'service_account',
  project_id: 'its-project',
  client_email: 'a@b',
  private_key: privateKey,
  token_uri: `${base}${path}`,
});

function callOf(fields: Partial<Call> & { readonly image?: string; readonly stuck?: boolean }): Call {
  const { image = `${base}/picture`, stuck = false, ...rest } = fields;
  return {
    id: 'req_01',
    n: 1,
    kind: 'chatCompletion',
    deployment: {
      id: 'd',
      group: 'g',
      provider: 'vertex_ai',
      model: 'gemini-2.5-flash',
      baseUrl: base,
      tags: [],
      defaults: {},
      settings: { vertex_credentials: credentials(stuck ? '/stuck' : '/token'), vertex_location: 'europe-west4' },
      modelInfo: {},
    },
    body: {
      model: 'g',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: image } },
          ],
        },
      ],
    },
    streaming: false,
    shownModel: 'g',
    timeoutMs: 20_000,
    idleMs: 20_000,
    onChunk: () => undefined,
    ...rest,
    settings: { defaults: {}, wished: {} },
  };
}

function answered(result: CallResult): Record<string, unknown> {
  if (result.kind === 'failed') throw new Error(result.failure.message);
  return JSON.parse(result.answer.json) as Record<string, unknown>;
}

describe('a call', () => {
  it('has the token and the project of its credential, and the picture as data', async () => {
    const body = answered(await beginCall(http, callOf({})).result);
    expect(body).toMatchObject({
      choices: [{ message: { content: 'square.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15 },
    });
    const call = seen.at(-1);
    expect(call?.path).toBe(
      '/v1/projects/its-project/locations/europe-west4/publishers/google/models/gemini-2.5-flash:generateContent',
    );
    expect(call?.headers.authorization).toBe('Bearer fresh');
    expect(JSON.parse(call?.body ?? '')).toEqual({
      contents: [
        {
          role: 'user',
          parts: [
            { text: 'What is it?' },
            { inlineData: { mimeType: 'image/png', data: Buffer.from('png').toString('base64') } },
          ],
        },
      ],
    });
  });

  it('streams until the connection ends', async () => {
    const chunks: ChatChunk[] = [];
    const call = callOf({ streaming: true, onChunk: (chunk) => chunks.push(chunk) });
    expect(answered(await beginCall(http, call).result)).toMatchObject({
      choices: [{ message: { content: 'A red square.' }, finish_reason: 'stop' }],
    });
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? null)).toEqual(['A red ', 'square.', null, null]);
  });

  it('sends nothing when its picture cannot be had', async () => {
    const result = await beginCall(http, callOf({ image: 'http://169.254.169.254/latest/meta-data' })).result;
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { code: 'invalid_request', param: 'messages[0].content[1].image_url', billed: 'no' },
    });
    expect(seen.filter(({ path }) => path.includes('generateContent'))).toEqual([]);
  });

  it('ends when it is told to, also while it waits for its token, and costs nothing then', async () => {
    const running = beginCall(http, callOf({ stuck: true }));
    while (!seen.some(({ path }) => path === '/stuck')) await new Promise((resolve) => setImmediate(resolve));
    running.abort({ code: 'cancelled', message: 'The request was cancelled.', billed: 'maybe' });
    expect(await running.result).toMatchObject({ kind: 'failed', failure: { code: 'cancelled', billed: 'no' } });
  });
});
