/** A provider that answers with a receipt first: polling, events, counts and cancelling, over real sockets. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { beginCall, type Call, type CallResult } from '../../activities/call.ts';
import { createHttpClient, type HttpClient } from '../../activities/http/client.ts';
import type { ChatChunk } from '../../providers/protocol/chat.ts';

type Seen = { readonly what: string; readonly authorization: string | undefined };

let server: Server;
let base = '';
let http: HttpClient;
const seen: Seen[] = [];
/** What the server does with the n-th request for this method and path. */
let script: (what: string, n: number, response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      const what = `${request.method} ${request.url}`;
      seen.push({ what, authorization: request.headers.authorization });
      script(what, seen.filter((one) => one.what === what).length, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  http = createHttpClient({ validate: true, allowedHosts: [] });
});

afterAll(async () => {
  await http.close();
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  seen.length = 0;
});

const CREATE = 'POST /models/meta/llama/predictions';
const POLL = 'GET /predictions/p1';
const CANCEL = 'POST /predictions/p1/cancel';
const EVENTS = 'GET /events';

const json = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const running = (urls: object = {}) => ({ id: 'p1', status: 'processing', output: null, urls });
const finished = {
  id: 'p1',
  status: 'succeeded',
  output: ['he', 'llo'],
  metrics: { input_token_count: 3, output_token_count: 2 },
};

function callOf(fields: Partial<Call> = {}): Call {
  return {
    id: 'req_01',
    n: 1,
    kind: 'chatCompletion',
    deployment: {
      id: 'd',
      group: 'g',
      provider: 'replicate',
      model: 'meta/llama',
      baseUrl: base,
      apiKey: 'r8_key',
      tags: [],
      defaults: {},
      settings: {},
      modelInfo: {},
    },
    body: { model: 'g', messages: [{ role: 'user', content: 'hi' }] },
    streaming: false,
    shownModel: 'g',
    timeoutMs: 20_000,
    idleMs: 20_000,
    onChunk: () => undefined,
    ...fields,
    settings: { defaults: {}, wished: {} },
  };
}

function answered(result: CallResult): unknown {
  if (result.kind === 'failed') throw new Error(result.failure.message);
  return JSON.parse(result.answer.json);
}

async function until(what: string): Promise<void> {
  while (!seen.some((one) => one.what === what)) await new Promise((resolve) => setImmediate(resolve));
}

const HELLO = {
  choices: [{ message: { content: 'hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
};

describe('a whole answer', () => {
  it('that is there at once is not asked for again', async () => {
    script = (_what, _n, response) => json(response, 201, finished);
    expect(answered(await beginCall(http, callOf()).result)).toMatchObject(HELLO);
    expect(seen.map(({ what }) => what)).toEqual([CREATE]);
  });

  it('is polled for until it is there, through passing trouble, with the credential', async () => {
    script = (what, n, response) => {
      if (what === CREATE) json(response, 201, running());
      else if (n === 1) json(response, 502, { detail: 'bad gateway' });
      else json(response, 200, finished);
    };
    expect(answered(await beginCall(http, callOf()).result)).toMatchObject(HELLO);
    expect(seen.map(({ what }) => what)).toEqual([CREATE, POLL, POLL]);
    expect(new Set(seen.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer r8_key']));
  });

  it('that may have been made is billed as such when it cannot be had', async () => {
    script = (what, _n, response) => {
      if (what === CREATE) json(response, 201, running());
      else json(response, 404, { detail: 'gone' });
    };
    const result = await beginCall(http, callOf()).result;
    expect(result).toMatchObject({ kind: 'failed', failure: { code: 'provider_model_not_found', billed: 'maybe' } });
    await until(CANCEL);
  });
});

describe('a stream', () => {
  it('comes from the events, its counts from the finished prediction', async () => {
    script = (what, _n, response) => {
      if (what === CREATE) json(response, 201, running({ stream: `${base}/events` }));
      else if (what === EVENTS) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(
          ': hi\n\nevent: output\ndata: he\n\nevent: output\ndata: llo\n\nevent: done\ndata: {}\n\n:408: late\n',
        );
      } else json(response, 200, finished);
    };
    const chunks: ChatChunk[] = [];
    const call = callOf({ streaming: true, onChunk: (chunk) => chunks.push(chunk) });
    expect(answered(await beginCall(http, call).result)).toMatchObject(HELLO);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? null)).toEqual(['he', 'llo', null, null]);
    expect(chunks.at(-1)?.usage?.total_tokens).toBe(5);
    expect(seen.map(({ what }) => what)).toEqual([CREATE, EVENTS, POLL]);
  });

  it('of a model without events is its whole answer in one piece', async () => {
    script = (what, _n, response) => json(response, 200, what === CREATE ? running() : finished);
    const chunks: ChatChunk[] = [];
    const call = callOf({ streaming: true, onChunk: (chunk) => chunks.push(chunk) });
    expect(answered(await beginCall(http, call).result)).toMatchObject(HELLO);
    expect(chunks).toMatchObject([
      {
        object: 'chat.completion.chunk',
        choices: [{ delta: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
      },
      { choices: [], usage: { total_tokens: 5 } },
    ]);
  });

  it('that nobody waits for any more is cancelled at the provider', async () => {
    script = (what, _n, response) => {
      if (what === CREATE) json(response, 201, running({ stream: `${base}/events` }));
      else if (what === EVENTS)
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: output\ndata: he\n\n');
      else json(response, 200, {});
    };
    const chunks: ChatChunk[] = [];
    const call = beginCall(http, callOf({ streaming: true, onChunk: (chunk) => chunks.push(chunk) }));
    while (chunks.length === 0) await new Promise((resolve) => setImmediate(resolve));
    call.abort({ code: 'cancelled', message: 'The request was cancelled.', billed: 'maybe' });
    expect(await call.result).toMatchObject({ kind: 'failed', failure: { code: 'cancelled' } });
    await until(CANCEL);
    expect(seen.find(({ what }) => what === CANCEL)?.authorization).toBe('Bearer r8_key');
  });
});
