/** Calls to Bedrock from end to end, over real sockets: signed requests out, binary streams in, damaged ones among them. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { beginCall, type Call } from '../../activities/call.ts';
import { createHttpClient, type HttpClient } from '../../activities/http/client.ts';
import type { ChatChunk } from '../../providers/protocol/chat.ts';
import { eventMessage, exceptionMessage } from './http/amazon-frames.ts';

type Seen = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string };

const json = (name: string, payload: object) => eventMessage(name, JSON.stringify(payload));
const BEGUN = [
  json('messageStart', { role: 'assistant' }),
  json('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hello ' } }),
];
const REST = [
  json('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'there.' } }),
  json('contentBlockStop', { contentBlockIndex: 0 }),
  json('messageStop', { stopReason: 'end_turn' }),
  json('metadata', { usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 }, metrics: { latencyMs: 1 } }),
];

function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.indexOf('there');
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

let server: Server;
let base = '';
let http: HttpClient;
const seen: Seen[] = [];
let answer: Buffer = Buffer.alloc(0);

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const path = request.url ?? '';
      seen.push({ path, headers: request.headers, body: Buffer.concat(parts).toString() });
      if (path.endsWith('/invoke')) {
        response.writeHead(200, {
          'x-amzn-bedrock-input-token-count': '9',
          'x-amzn-bedrock-output-token-count': '4',
        });
        response.end(JSON.stringify({ outputs: [{ text: 'Hi.', stop_reason: 'stop' }] }));
        return;
      }
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      // Cut in the middle of a message.
      response.write(answer.subarray(0, 77));
      response.end(answer.subarray(77));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  http = createHttpClient();
});

afterAll(async () => {
  await http.close();
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  seen.length = 0;
});

function callOf(model: string, streaming: boolean, onChunk: (chunk: ChatChunk) => void, apiKey?: string): Call {
  return {
    id: 'req_01',
    n: 1,
    kind: 'chatCompletion',
    deployment: {
      id: 'd',
      group: 'g',
      provider: 'bedrock',
      model,
      baseUrl: base,
      ...(apiKey === undefined ? {} : { apiKey }),
      tags: [],
      defaults: {},
      settings: { aws_access_key_id: 'AKID', aws_secret_access_key: 'secret', aws_region_name: 'eu-west-1' },
      modelInfo: {},
    },
    body: { model: 'g', messages: [{ role: 'user', content: 'Say hello.' }] },
    streaming,
    shownModel: 'g',
    timeoutMs: 20_000,
    idleMs: 20_000,
    onChunk,
    settings: { defaults: {}, wished: {} },
  };
}

const MODEL = 'eu.amazon.nova-lite-v1:0';

async function stream(bytes: readonly Buffer[], apiKey?: string) {
  answer = Buffer.concat(bytes);
  const chunks: ChatChunk[] = [];
  const result = await beginCall(
    http,
    callOf(MODEL, true, (chunk) => chunks.push(chunk), apiKey),
  ).result;
  return { result, text: chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('') };
}

describe('a stream', () => {
  it('is asked for with a signature and read to its end', async () => {
    const { result, text } = await stream([...BEGUN, ...REST]);
    expect(text).toBe('Hello there.');
    expect(result).toMatchObject({
      kind: 'answered',
      answer: { usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
    });
    expect(seen[0]?.path).toBe('/model/eu.amazon.nova-lite-v1%3A0/converse-stream');
    expect(seen[0]?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/bedrock\/aws4_request, /,
    );
    expect(JSON.stringify(seen[0])).not.toContain('secret');
  });

  it('is asked for with an API key where there is one', async () => {
    await stream([...BEGUN, ...REST], 'ABSKkey');
    expect(seen[0]?.headers.authorization).toBe('Bearer ABSKkey');
  });

  it('with a flipped bit fails, and shows nothing of the message it was in', async () => {
    const { result, text } = await stream([
      ...BEGUN,
      ...REST.map((bytes) => (bytes.includes('there') ? damaged(bytes) : bytes)),
    ]);
    expect(text).toBe('Hello ');
    expect(result).toMatchObject({ kind: 'failed', failure: { code: 'provider_invalid_response', billed: 'maybe' } });
  });

  it('that is cut off in a message fails', async () => {
    const { result } = await stream([...BEGUN, (REST[0] ?? Buffer.alloc(0)).subarray(0, 40)]);
    expect(result).toMatchObject({ kind: 'failed', failure: { code: 'provider_invalid_response' } });
  });

  it('that is cut off between two messages fails', async () => {
    const { result } = await stream([...BEGUN, ...REST.slice(0, 2)]);
    expect(result).toMatchObject({ kind: 'failed', failure: { code: 'provider_invalid_response' } });
  });

  it('with an exception fails as it says', async () => {
    const { result, text } = await stream([
      ...BEGUN,
      exceptionMessage('throttlingException', { message: 'Too fast.' }),
    ]);
    expect(text).toBe('Hello ');
    expect(result).toMatchObject({ kind: 'failed', failure: { code: 'rate_limit_exceeded', message: 'Too fast.' } });
  });
});

describe('a whole answer', () => {
  it('is charged by the counts in its headers', async () => {
    const call = callOf('invoke/mistral.mistral-7b-instruct-v0:2', false, () => undefined);
    expect(await beginCall(http, call).result).toMatchObject({
      kind: 'answered',
      answer: { usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 } },
    });
  });
});
