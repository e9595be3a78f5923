/** The providers' own APIs behind the gateway's doors, against the built gateway. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { get, post, readRequest } from '../../support/ask.ts';
import { MASTER_KEY, startGateway, type Gateway } from '../../support/gateway.ts';
import { json, startRecorder, type Recorder } from '../../support/recorder.ts';
import { waitFor } from '../../support/wait.ts';
import { accepted, configOf, startEdge } from '../edge.ts';

let provider: Recorder;
let gateway: Gateway;

beforeAll(async () => {
  provider = await startRecorder();
  const door = (model: string, params: object = {}): object => ({
    model_name: model,
    litellm_params: { model, api_key: 'sk-provider', use_in_pass_through: true, ...params },
  });
  gateway = await startGateway({
    config: {
      model_list: [
        door('openai/gpt-4o', { api_base: `${provider.url}/v1`, input_cost_per_token: 1 }),
        door('anthropic/claude-sonnet-4-5', { api_base: provider.url }),
        door('gemini/gemini-2.5-pro', { api_base: provider.url }),
        door('azure/gpt-4o', { api_base: provider.url }),
        door('bedrock/amazon.nova-lite-v1:0', {
          api_key: undefined,
          aws_access_key_id: 'AKIDEXAMPLE',
          aws_secret_access_key: 'secret',
          aws_region_name: 'eu-west-1',
          aws_bedrock_runtime_endpoint: provider.url,
        }),
        door('mistral/mistral-small-latest', { api_base: 'http://127.0.0.1:1/v1' }),
      ],
      router_settings: { num_retries: 1 },
      general_settings: {
        pass_through_endpoints: [
          {
            path: '/v1/search',
            target: `${provider.url}/base/search?fixed=1`,
            headers: { Authorization: 'Bearer os.environ/SEARCH_KEY', 'x-own': 'yes' },
            default_query_params: { lang: 'de', page: 1 },
            cost_per_request: 0.25,
            methods: ['POST'],
          },
          { path: '/open', target: `${provider.url}/deep`, include_subpath: true, auth: false },
        ],
      },
    },
    env: { SEARCH_KEY: 'sk-search' },
  });
});

afterAll(async () => {
  await gateway?.close();
  await provider?.stop();
});

const COMPLETION = {
  id: 'chatcmpl-up',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop', odd: { kept: 1 } }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
};

function sse(frames: readonly object[], done = false): string {
  return frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join('') + (done ? 'data: [DONE]\n\n' : '');
}

describe('a call behind a door', () => {
  it('passes body, query and headers unchanged, with the credential of the provider', async () => {
    provider.answer(json(COMPLETION, 200, { 'x-request-id': 'up-1', 'x-own': 'é' }));
    const body = '{ "model":"gpt-4o",  "messages":[{"role":"user","content":"Grüezi \\u0000"}], "unheard_of": 1e3 }';
    const passed = await fetch(`${gateway.url}/openai/v1/chat/completions?tenant=a%20b&x`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${MASTER_KEY}`,
        'content-type': 'application/json',
        'openai-beta': 'x=1',
        cookie: 'a=b',
      },
      body,
    });
    expect(passed.status).toBe(200);
    expect(await passed.json()).toEqual(COMPLETION);
    expect(passed.headers.get('llm_provider-x-request-id')).toBe('up-1');
    const [call] = provider.calls;
    expect(call?.url).toBe('/v1/chat/completions?tenant=a%20b&x');
    expect(call?.body.toString()).toBe(body);
    expect(call?.headers).toMatchObject({ authorization: 'Bearer sk-provider', 'openai-beta': 'x=1' });
    expect(call?.headers['cookie']).toBeUndefined();
    const id = String(passed.headers.get('x-request-id'));
    const record = await readRequest(gateway.url, id);
    // 10 · 2.50 + 5 · 10 dollars a million: the list's price, not the one of the deployment that lent its credential.
    expect(record).toMatchObject({ status: 'completed', model: 'openai/gpt-4o', cost: 0.000075 });
    expect(record.attempts).toMatchObject([{ deployment: 'pass_through/openai', status: 'completed' }]);
    expect(JSON.stringify(record)).not.toContain('sk-provider');
  });

  it('gives the provider’s refusal as it is, once, and charges nothing', async () => {
    const refusal = { error: { message: 'slow down', type: 'requests', own: [1] } };
    provider.answer(json(refusal, 429, { 'retry-after': '7' }));
    const answered = await post(gateway.url, '/openai/v1/embeddings2/embeddings', { model: 'x', input: 'y' });
    expect(answered).toMatchObject({ status: 429, json: refusal });
    expect(answered.headers.get('retry-after')).toBe('7');
    expect(provider.calls).toHaveLength(1);
    expect(await readRequest(gateway.url, answered.id)).toMatchObject({ cost: 0, response: { status: 429 } });
  });

  it('streams at once, and says the end only when the answer is kept', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o' };
    const first = sse([{ ...head, choices: [{ index: 0, delta: { content: 'One' }, finish_reason: null }], odd: 1 }]);
    const rest = sse(
      [
        { ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
        { ...head, choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } },
      ],
      true,
    );
    provider.answer(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`: hello\n\n${first}`);
      await released;
      response.end(rest);
    });
    const response = await fetch(`${gateway.url}/openai_passthrough/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', stream: true, messages: [] }),
    });
    const reader = response.body?.getReader();
    const seen = new TextDecoder().decode((await reader?.read())?.value);
    expect(seen).toBe(`: hello\n\n${first}`);
    release();
    let text = seen;
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read())
      text += new TextDecoder().decode(part.value);
    expect(text).toBe(`: hello\n\n${first}${rest}`);
    const record = await readRequest(gateway.url, String(response.headers.get('x-request-id')));
    expect(record).toMatchObject({ status: 'completed', cost: 0.000075 });
  });

  it('is ended at the provider when its caller hangs up', async () => {
    provider.answer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {}\n\n');
    });
    const leaving = new AbortController();
    const response = await fetch(`${gateway.url}/openai_passthrough/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', stream: true }),
      signal: leaving.signal,
    });
    leaving.abort();
    expect(await provider.calls[0]?.closed).toBe(false);
    const id = String(response.headers.get('x-request-id'));
    await waitFor(
      'the request to be cancelled',
      async () => (await readRequest(gateway.url, id)).status === 'cancelled',
    );
  });

  it('breaks with the provider’s stream, and its outcome is unknown', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    provider.answer(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {}\n\n');
      await released;
      response.destroy();
    });
    const response = await fetch(`${gateway.url}/openai_passthrough/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', stream: true }),
    });
    release();
    await expect(response.text()).rejects.toThrow();
    expect(provider.calls).toHaveLength(1);
    const record = await readRequest(gateway.url, String(response.headers.get('x-request-id')));
    expect(record).toMatchObject({ status: 'outcome_unknown' });
  });

  it('is made again when it never left', async () => {
    const answered = await post(gateway.url, '/mistral/v1/chat/completions', { model: 'mistral-small-latest' });
    expect(answered.status).toBe(502);
    const record = await readRequest(gateway.url, answered.id);
    expect(record.attempts).toHaveLength(2);
    expect(record).toMatchObject({ status: 'failed', cost: 0 });
  });

  it('answers bytes that are no text as they are', async () => {
    const bytes = Buffer.from([0, 255, 128, 10, 13, 0]);
    provider.answer((response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      response.end(bytes);
    });
    const response = await fetch(`${gateway.url}/openai/v1/files/f/content`, {
      headers: { authorization: `Bearer ${MASTER_KEY}` },
    });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(provider.calls[0]).toMatchObject({ method: 'GET', url: '/v1/files/f/content' });
  });

  it.each(['PUT', 'PATCH', 'DELETE'])('passes the method %s', async (method) => {
    provider.answer(json({ deleted: true }));
    const response = await fetch(`${gateway.url}/openai/v1/files/f`, {
      method,
      headers: { authorization: `Bearer ${MASTER_KEY}` },
    });
    expect(await response.json()).toEqual({ deleted: true });
    expect(provider.calls[0]).toMatchObject({ method, url: '/v1/files/f' });
  });

  it('is answered from the ledger when it is asked again with its key', async () => {
    provider.answer(json(COMPLETION));
    const ask = async (): ReturnType<typeof post> =>
      post(gateway.url, '/openai_passthrough/v1/chat/completions', { model: 'gpt-4o' }, { 'idempotency-key': 'same' });
    const [first, second] = [await ask(), await ask()];
    expect(second.text).toBe(first.text);
    expect(second.id).toBe(first.id);
    expect(provider.calls).toHaveLength(1);
  });

  it('needs a key, and a path that stays at the provider', async () => {
    provider.answer(json({}));
    const without = await fetch(`${gateway.url}/openai/v1/models`);
    expect(without.status).toBe(401);
    const climbing = await get(gateway.url, '/openai/v1/%252e%252e/%252e%252e/x');
    expect(climbing.status).toBe(400);
    expect(provider.calls).toHaveLength(0);
  });

  it('finds nothing behind a door that nobody configured', async () => {
    const answered = await post(gateway.url, '/cohere/v2/chat', { model: 'command-a' });
    expect(answered.status).toBe(404);
  });
});

describe('official clients behind their doors', () => {
  it('OpenAI’s: the whole API, files and models too', async () => {
    const client = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${gateway.url}/openai_passthrough/v1`, maxRetries: 0 });
    provider.answer(json({ object: 'list', data: [{ id: 'gpt-4o', object: 'model', created: 1, owned_by: 'x' }] }));
    expect((await client.models.list()).data[0]?.id).toBe('gpt-4o');
    provider.answer(
      json({
        id: 'resp_up',
        object: 'response',
        output: [],
        usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
      }),
    );
    const response = await client.responses.create({ model: 'gpt-4o', input: 'Hi', tools: [{ type: 'web_search' }] });
    expect(response.id).toBe('resp_up');
    const record = await readRequest(gateway.url, String(response._request_id));
    expect(record).toMatchObject({ cost: 0.000075 });
  });

  it('Anthropic’s: batches as well as messages in its own words', async () => {
    const client = new Anthropic({ apiKey: MASTER_KEY, baseURL: `${gateway.url}/anthropic`, maxRetries: 0 });
    provider.answer(json({ data: [], has_more: false, first_id: null, last_id: null }));
    expect((await client.messages.batches.list()).data).toEqual([]);
    expect(provider.calls[0]).toMatchObject({ method: 'GET', url: '/v1/messages/batches' });
    expect(provider.calls[0]?.headers).toMatchObject({ 'x-api-key': 'sk-provider' });
  });
});

describe('a door in Google’s words', () => {
  const answer = {
    candidates: [{ content: { role: 'model', parts: [{ text: 'Hi.' }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
  };

  it('takes its key from the query, which does not reach the provider', async () => {
    provider.answer(json(answer));
    const response = await fetch(
      `${gateway.url}/gemini/v1beta/models/gemini-2.5-pro:generateContent?key=${MASTER_KEY}&alt=json`,
      { method: 'POST', body: JSON.stringify({ contents: [] }), headers: { 'content-type': 'application/json' } },
    );
    expect(await response.json()).toEqual(answer);
    expect(provider.calls[0]?.url).toBe('/v1beta/models/gemini-2.5-pro:generateContent?alt=json');
    expect(provider.calls[0]?.headers).toMatchObject({ 'x-goog-api-key': 'sk-provider' });
    const record = await readRequest(gateway.url, String(response.headers.get('x-request-id')));
    // 10 · 1.25 + 5 · 10 dollars a million.
    expect(record).toMatchObject({ model: 'gemini/gemini-2.5-pro', cost: 0.0000625 });
    expect(JSON.stringify(record)).not.toContain(MASTER_KEY);
  });

  it('counts a stream that comes as a list', async () => {
    provider.answer((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`[${JSON.stringify({ ...answer, usageMetadata: undefined })}\n,\n`);
      response.end(`${JSON.stringify(answer)}]`);
    });
    const answered = await post(gateway.url, '/gemini/v1beta/models/gemini-2.5-pro:streamGenerateContent', {});
    expect(JSON.parse(answered.text)).toHaveLength(2);
    expect(await readRequest(gateway.url, answered.id)).toMatchObject({ cost: 0.0000625 });
  });

  it('refuses in Google’s shape', async () => {
    const response = await fetch(`${gateway.url}/gemini/v1beta/models`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: 401, status: 'UNAUTHENTICATED' } });
  });
});

describe('the door of Bedrock', () => {
  it('takes the key out of a signature and signs anew', async () => {
    provider.answer(
      json({
        output: { message: { role: 'assistant', content: [{ text: 'Hi.' }] } },
        stopReason: 'end_turn',
        usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
      }),
    );
    const response = await fetch(`${gateway.url}/bedrock/model/amazon.nova-lite-v1%3A0/converse`, {
      method: 'POST',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=Bearer ${MASTER_KEY}/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=00`,
        'x-amz-date': '20260101T000000Z',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ messages: [] }),
    });
    expect(response.status).toBe(200);
    const [call] = provider.calls;
    expect(call?.url).toBe('/model/amazon.nova-lite-v1%3A0/converse');
    expect(call?.headers.authorization).toMatch(/Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/bedrock\/aws4_request/);
    expect(call?.headers['x-amz-date']).not.toBe('20260101T000000Z');
    const record = await readRequest(gateway.url, String(response.headers.get('x-request-id')));
    expect(record).toMatchObject({ model: 'bedrock/amazon.nova-lite-v1:0' });
    expect(record.cost).toBeGreaterThan(0);
  });
});

describe('an endpoint of the operator’s own', () => {
  it('passes to its target with its headers, its query and its price', async () => {
    provider.answer(json({ found: 1 }));
    const answered = await post(gateway.url, '/v1/search?page=2&q=a%20b', { any: 'thing' });
    expect(answered).toMatchObject({ status: 200, json: { found: 1 } });
    const [call] = provider.calls;
    const url = new URL(call?.url ?? '', provider.url);
    expect(url.pathname).toBe('/base/search');
    expect(Object.fromEntries(url.searchParams)).toEqual({ fixed: '1', lang: 'de', page: '2', q: 'a b' });
    expect(call?.headers).toMatchObject({ authorization: 'Bearer sk-search', 'x-own': 'yes' });
    const record = await readRequest(gateway.url, answered.id);
    expect(record).toMatchObject({ status: 'completed', cost: 0.25 });
    expect(JSON.stringify(record)).not.toContain('sk-search');
  });

  it('needs a key unless it says otherwise, takes the methods it lists, and no path below unless it says so', async () => {
    provider.answer(json({ open: true }));
    expect((await fetch(`${gateway.url}/v1/search`, { method: 'POST' })).status).toBe(401);
    expect((await get(gateway.url, '/v1/search')).status).toBe(405);
    expect((await post(gateway.url, '/v1/search/below', {})).status).toBe(404);
    const open = await fetch(`${gateway.url}/open/below/it?x=1`);
    expect(await open.json()).toEqual({ open: true });
    expect(provider.calls[0]?.url).toBe('/deep/below/it?x=1');
    expect((await fetch(`${gateway.url}/open/%252e%252e/x`)).status).toBe(400);
    expect(provider.calls).toHaveLength(1);
  });
});

describe('a key that is not the master key', () => {
  const deployment = {
    id: 'pass_through/openai',
    group: 'pass_through/openai',
    provider: 'openai',
    model: '',
    tags: [],
    defaults: {},
    settings: {},
    modelInfo: {},
  };
  const answer = {
    kind: 'completed' as const,
    json: '{"status":201,"headers":{"x-own":"1"},"text":"ok"}',
    provenance: { attempts: 1, fallbacks: 0, durability: 'temporal' as const },
  };

  it.each([
    ['generating', 'POST', 'chat/completions', 201],
    ['generating', 'POST', 'fine_tuning/jobs', 403],
    ['generating', 'GET', 'files', 403],
    ['all', 'GET', 'files', 201],
    ['all', 'DELETE', 'files/f', 201],
  ] as const)('may, where it is given "%s": %s %s → %i', async (access, method, path, status) => {
    const config = { ...configOf(), passThrough: { access, endpoints: [], deployments: [deployment] } };
    const edge = await startEdge({
      config: () => config,
      resolveKey: async (key) =>
        key === 'sk-tenant' ? { tenant: 'a', operator: false, alias: 'a' } : Promise.resolve(undefined),
      dispatch: { submit: async (submission) => accepted(submission, { answer }) },
    });
    try {
      const response = await fetch(`${edge.url}/openai/v1/${path}`, {
        method,
        headers: { authorization: 'Bearer sk-tenant' },
        ...(method === 'POST' ? { body: '{}' } : {}),
      });
      expect(response.status).toBe(status);
      expect(edge.submissions).toHaveLength(status === 403 ? 0 : 1);
    } finally {
      await edge.close();
    }
  });
});
