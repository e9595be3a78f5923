/** Calls that are answered whole, over real sockets: one input at a time, receipts that are polled for, pictures that are fetched. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { beginCall, type Call, type CallResult } from '../../activities/call.ts';
import { createHttpClient, type HttpClient } from '../../activities/http/client.ts';

let server: Server;
let base = '';
let http: HttpClient;
const seen: { readonly what: string; readonly body: string; readonly key: unknown }[] = [];
/** What the server does with the n-th request for this method and path. */
let script: (what: string, n: number, response: ServerResponse, body: string) => void;

beforeAll(async () => {
  server = createServer((request, response) => {
    const packets: Buffer[] = [];
    request.on('data', (packet: Buffer) => packets.push(packet));
    request.on('end', () => {
      const what = `${request.method} ${request.url}`;
      const body = Buffer.concat(packets).toString('utf8');
      seen.push({ what, body, key: request.headers['x-key'] });
      script(what, seen.filter((one) => one.what === what).length, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  base = `http://127.0.0.1:${port}`;
  http = createHttpClient({ validate: true, allowedHosts: [`127.0.0.1:${port}`] });
});

afterAll(async () => {
  await http.close();
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  seen.length = 0;
});

const json = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

function callOf(kind: Call['kind'], provider: string, model: string, body: Call['body']): Call {
  return {
    id: 'req_01',
    n: 1,
    kind,
    deployment: {
      id: 'd',
      group: 'g',
      provider,
      model,
      baseUrl: base,
      apiKey: 'the-key',
      tags: [],
      defaults: {},
      settings: {},
      modelInfo: {},
    },
    body: { model: 'g', ...body },
    streaming: false,
    shownModel: 'g',
    timeoutMs: 20_000,
    idleMs: 20_000,
    onChunk: () => undefined,
    settings: { defaults: {}, wished: {} },
  };
}

async function run(call: Call): Promise<CallResult> {
  return beginCall(http, call).result;
}

function answered(result: CallResult): { readonly data: readonly unknown[] } {
  if (result.kind === 'failed') throw new Error(result.failure.message);
  return JSON.parse(result.answer.json) as { data: unknown[] };
}

describe('a model that reads one text a call', () => {
  const texts = Array.from({ length: 11 }, (_, index) => `text ${index}`);
  const call = () => callOf('embedding', 'bedrock', 'amazon.titan-embed-text-v2:0', { input: texts });

  it('answers for many in their order, with the sum of their counts', async () => {
    script = (_what, _n, response, body) => {
      const { inputText } = JSON.parse(body) as { inputText: string };
      json(response, 200, { embedding: [Number(inputText.slice(5))], inputTextTokenCount: 2 });
    };
    const result = await run(call());
    expect(answered(result).data).toMatchObject(texts.map((_, index) => ({ index, embedding: [index] })));
    expect(result).toMatchObject({ answer: { usage: { prompt_tokens: 22 } } });
    expect(seen).toHaveLength(11);
  });

  it('fails when one fails, and says that others were answered', async () => {
    script = (_what, _n, response, body) => {
      if (body.includes('"text 10"')) json(response, 429, { message: 'Too many requests' });
      else json(response, 200, { embedding: [1], inputTextTokenCount: 2 });
    };
    expect(await run(call())).toMatchObject({
      kind: 'failed',
      failure: { code: 'rate_limit_exceeded', billed: 'maybe' },
    });
  });

  it('fails as it did when nothing was answered', async () => {
    script = (_what, _n, response) => {
      json(response, 429, { message: 'Too many requests' });
    };
    expect(await run(call())).toMatchObject({ kind: 'failed', failure: { billed: 'no' } });
    // Those after the first that failed are not sent.
    expect(seen.length).toBeLessThan(texts.length);
  });
});

describe('a picture that is made after a receipt', () => {
  const RESULT = '/v1/get_result?id=b1';
  const call = (fields: object = {}) =>
    callOf('image', 'black_forest_labs', 'flux-dev', { prompt: 'a cat', ...fields });

  function paints(last: object): void {
    script = (what, n, response) => {
      if (what === 'POST /v1/flux-dev') json(response, 200, { id: 'b1', polling_url: `${base}${RESULT}` });
      else if (what === `GET ${RESULT}`) json(response, 200, n === 1 ? { id: 'b1', status: 'Pending' } : last);
      else response.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.from([1, 2, 3]));
    };
  }

  it('is polled for until it is ready, with the credential', async () => {
    paints({ id: 'b1', status: 'Ready', result: { sample: `${base}/sample.png` } });
    expect(answered(await run(call())).data).toEqual([{ url: `${base}/sample.png` }]);
    expect(seen.map(({ what }) => what)).toEqual(['POST /v1/flux-dev', `GET ${RESULT}`, `GET ${RESULT}`]);
    expect(seen.map(({ key }) => key)).toEqual(['the-key', 'the-key', 'the-key']);
  });

  it('is fetched for a caller who wants its bytes, without the credential', async () => {
    paints({ id: 'b1', status: 'Ready', result: { sample: `${base}/sample.png` } });
    expect(answered(await run(call({ response_format: 'b64_json' }))).data).toEqual([{ b64_json: 'AQID' }]);
    expect(seen.at(-1)).toEqual({ what: 'GET /sample.png', body: '', key: undefined });
  });

  it('is not fetched from an address inside', async () => {
    paints({ id: 'b1', status: 'Ready', result: { sample: 'https://127.0.0.1:1/sample.png' } });
    expect(await run(call({ response_format: 'b64_json' }))).toMatchObject({
      kind: 'failed',
      failure: { code: 'provider_invalid_response', message: expect.stringContaining('could not be fetched') },
    });
  });

  it('fails by the words of the last reply', async () => {
    paints({ id: 'b1', status: 'Request Moderated' });
    expect(await run(call())).toMatchObject({ kind: 'failed', failure: { code: 'content_policy_violation' } });
  });
});

it('gives up work that it can poll for no longer', async () => {
  script = (what, _n, response) => {
    if (what === 'POST /v1/text_to_image') json(response, 200, { id: 't1' });
    else if (what === 'DELETE /v1/tasks/t1') response.writeHead(204).end();
    else json(response, 404, { error: 'Task not found' });
  };
  const cancelled = new Promise<void>((resolve) => {
    server.on('request', ({ method }) => {
      if (method === 'DELETE') resolve();
    });
  });
  const result = await run(callOf('image', 'runwayml', 'gen4_image', { prompt: 'a cat' }));
  expect(result).toMatchObject({ kind: 'failed', failure: { billed: 'maybe' } });
  await cancelled;
});
