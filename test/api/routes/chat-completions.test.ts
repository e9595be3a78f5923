/** The chat route: what reaches the durable path, and how its answers look on the wire. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Accepted, Answer, Refused, Submission, Wishes } from '../../../api/dispatch.ts';
import { accepted, chat, COMPLETION, configOf, HELLO, NO_REQUESTS, PROVENANCE, startEdge, type Edge } from '../edge.ts';

let edge: Edge;
/** What the durable path says to the next request. */
let reply: (submission: Submission) => Accepted | Refused;

beforeAll(async () => {
  edge = await startEdge({ dispatch: { submit: async (submission) => reply(submission) } });
});

afterAll(async () => {
  await edge.close();
});

async function submit(body: unknown, headers: Record<string, string> = {}, path?: string): Promise<Submission> {
  reply = (submission) => accepted(submission);
  const before = edge.submissions.length;
  const response = await chat(edge, body, headers, path);
  const text = await response.text();
  const submission = edge.submissions[before];
  if (submission === undefined) throw new Error(`not submitted: ${response.status} ${text}`);
  return submission;
}

async function refusal(
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; code: string; param: string | null; message: string }> {
  reply = (submission) => accepted(submission);
  const before = edge.submissions.length;
  const response = await chat(edge, body, headers);
  const { error } = (await response.json()) as { error: { code: string; param: string | null; message: string } };
  expect(edge.submissions).toHaveLength(before);
  return { status: response.status, code: error.code, param: error.param, message: error.message };
}

async function answerWith(answer: Answer, how: { replayOf?: string } = {}): Promise<Response> {
  reply = (submission) => accepted(submission, { answer, ...how });
  return chat(edge, HELLO);
}

describe('a chat request', () => {
  it('reaches the durable path under the id that the response carries', async () => {
    reply = (submission) => accepted(submission);
    const before = edge.submissions.length;
    const response = await chat(edge, { ...HELLO, temperature: 0.5, future_parameter: { a: 1 } });
    const submission = edge.submissions[before];
    expect(response.headers.get('x-request-id')).toBe(submission?.id);
    expect(submission).toMatchObject({
      kind: 'chatCompletion',
      caller: { tenant: 'operator', operator: true, alias: 'master' },
      body: { ...HELLO, temperature: 0.5, future_parameter: { a: 1 } },
      wishes: {},
    });
    expect(submission).not.toHaveProperty('idempotencyKey');
    await response.arrayBuffer();
  });

  it.each([
    '/chat/completions',
    '/v1/chat/completions/',
    '/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21',
    '/openai/deployments/anthropic/claude-3/chat/completions',
    '/openai/deployments/anthropic%2Fclaude-3/chat/completions',
    '/engines/gpt-4o-mini/chat/completions',
  ])('is served at %s', async (path) => {
    const { model } = await submit(HELLO, {}, path);
    expect(model).toBe(/claude-3|gpt-4o-mini/.exec(path)?.[0].replace('claude', 'anthropic/claude') ?? 'gpt-4o');
  });

  it('takes the model from an Azure path when the body has none', async () => {
    const { model } = await submit({ messages: HELLO.messages }, {}, '/openai/deployments/gpt-4o/chat/completions');
    expect(model).toBe('gpt-4o');
  });

  it.each(['gpt-hidden', 'openai/gpt-5', 'id-of-gpt-4o'])('may name a model as %s', async (model) => {
    expect((await submit({ ...HELLO, model })).model).toBe(model);
  });

  it('passes its idempotency key on', async () => {
    expect((await submit(HELLO, { 'idempotency-key': 'order-1' })).idempotencyKey).toBe('order-1');
  });

  it.each(['', 'a b', 'a, b', 'é', 'x'.repeat(256)])('is a 400 with the idempotency key "%.10s"', async (key) => {
    expect(await refusal(HELLO, { 'idempotency-key': key })).toMatchObject({
      status: 400,
      code: 'invalid_idempotency_key',
    });
  });
});

describe("a caller's wishes", () => {
  const wishes: [string, Record<string, unknown>, Record<string, string>, Wishes][] = [
    ['retries', { num_retries: 3 }, {}, { numRetries: 3 }],
    ['timeouts in seconds', { timeout: 1.5, stream_timeout: 2 }, {}, { timeoutMs: 1500, streamTimeoutMs: 2000 }],
    ['fallbacks', { fallbacks: ['gpt-4o-mini', 'openai/gpt-5'] }, {}, { fallbacks: ['gpt-4o-mini', 'openai/gpt-5'] }],
    [
      "fallbacks in the router's form",
      { fallbacks: [{ 'gpt-4o': ['gpt-4o-mini'] }, { other: ['gpt-4o'] }] },
      {},
      { fallbacks: ['gpt-4o-mini'] },
    ],
    ['no fallbacks', { disable_fallbacks: true }, {}, { disableFallbacks: true }],
    [
      'tags from all places, each once',
      { tags: ['a'], metadata: { tags: ['b', 'a'] } },
      { 'x-litellm-tags': 'c, b' },
      { tags: ['a', 'b', 'c'] },
    ],
    [
      'headers over the body',
      { timeout: 9, num_retries: 9 },
      { 'x-litellm-timeout': '2.5', 'x-litellm-stream-timeout': '1', 'x-litellm-num-retries': '0' },
      { timeoutMs: 2500, streamTimeoutMs: 1000, numRetries: 0 },
    ],
    [
      'parameters to drop and to keep',
      { drop_params: true, additional_drop_params: ['seed'], allowed_openai_params: ['tools'] },
      {},
      { dropParams: true, additionalDropParams: ['seed'], allowedOpenaiParams: ['tools'] },
    ],
    ['at most one provider call', {}, { 'x-holdfast-delivery': 'at_most_once' }, { delivery: 'at_most_once' }],
    ['nothing, said with null', { num_retries: null, tags: null, fallbacks: null }, {}, {}],
    ['what changes nothing here', { cache: { 'no-cache': true }, priority: 1, guardrails: [], api_key: null }, {}, {}],
  ];

  it.each(wishes)('are understood and taken out of the request: %s', async (_name, extras, headers, expected) => {
    const submission = await submit({ ...HELLO, ...extras }, headers);
    expect(submission.wishes).toEqual(expected);
    expect(submission.body).toEqual(HELLO);
  });

  it("leave OpenAI's own metadata in the request, and only strings in it", async () => {
    const { body, wishes: taken } = await submit({
      ...HELLO,
      metadata: { order: '7', tags: ['a'], nested: { x: 1 } },
    });
    expect(body['metadata']).toEqual({ order: '7' });
    expect(taken.tags).toEqual(['a']);
  });

  it('may come in extra_body, which the request itself overrules', async () => {
    const { body, wishes: taken } = await submit({
      ...HELLO,
      extra_body: { top_k: 3, num_retries: 1, model: 'none' },
    });
    expect(body).toEqual({ ...HELLO, top_k: 3 });
    expect(taken).toEqual({ numRetries: 1 });
  });

  it.each<[Record<string, unknown>, string]>([
    [{ num_retries: -1 }, 'num_retries'],
    [{ num_retries: 'many' }, 'num_retries'],
    [{ timeout: 0 }, 'timeout'],
    [{ timeout: 600_000 }, 'timeout'],
    [{ tags: 'a'.repeat(201) }, 'tags'],
    [{ tags: [1] }, 'tags[0]'],
    [{ fallbacks: [7] }, 'fallbacks[0]'],
    [{ disable_fallbacks: 'yes' }, 'disable_fallbacks'],
    [{ extra_body: 'x' }, 'extra_body'],
  ])('are a 400 when they are wrong: %p', async (extras, param) => {
    expect(await refusal({ ...HELLO, ...extras })).toMatchObject({ status: 400, code: 'invalid_request', param });
  });

  it.each([
    { 'x-litellm-timeout': 'soon' },
    { 'x-litellm-timeout': '-1' },
    { 'x-litellm-num-retries': '1.5' },
    { 'x-litellm-num-retries': '1000000' },
    { 'x-holdfast-delivery': 'exactly_once' },
  ])('are a 400 when a header is wrong: %p', async (headers: Record<string, string>) => {
    expect(await refusal(HELLO, headers)).toMatchObject({
      status: 400,
      code: 'invalid_request',
      param: Object.keys(headers)[0],
    });
  });

  it.each<[Record<string, unknown>]>([
    [{ api_key: 'sk-mine' }],
    [{ api_base: 'http://169.254.169.254/' }],
    [{ base_url: 'http://127.0.0.1/' }],
    [{ extra_headers: { authorization: 'x' } }],
    [{ guardrails: ['pii'] }],
    [{ mock_response: 'hi' }],
    [{ extra_body: { api_base: 'http://127.0.0.1/' } }],
  ])('are a 400 when they would have to be ignored at a cost: %p', async (extras) => {
    const { status, code, message } = await refusal({ ...HELLO, ...extras });
    expect({ status, code }).toEqual({ status: 400, code: 'unsupported_parameter' });
    expect(message).not.toContain('sk-mine');
  });

  it('are a 404 when a fallback is no model', async () => {
    expect(await refusal({ ...HELLO, fallbacks: ['gpt-4o-mini', 'gpt-9'] })).toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'fallbacks[1]',
    });
  });
});

describe('an answer', () => {
  it('is the stored text, byte by byte, with headers that tell how it came about', async () => {
    const response = await answerWith({
      kind: 'completed',
      json: COMPLETION,
      provenance: { ...PROVENANCE, group: 'größe', attempts: 4, fallbacks: 1, durability: 'journal' },
    });
    expect(await response.text()).toBe(COMPLETION);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(COMPLETION)),
      'x-litellm-model-id': 'd1',
      'x-litellm-model-group': 'gr%C3%B6%C3%9Fe',
      'x-litellm-response-cost': '0.00012345',
      'x-litellm-attempted-retries': '2',
      'x-litellm-attempted-fallbacks': '1',
      'x-litellm-version': '0.0.0-test',
      'x-holdfast-durability': 'journal',
    });
    for (const name of ['response', 'overhead']) {
      expect(Number(response.headers.get(`x-litellm-${name}-duration-ms`))).toBeGreaterThan(0);
    }
    for (const absent of ['idempotency-replayed', 'x-litellm-model-api-base', 'etag', 'x-powered-by']) {
      expect(response.headers.has(absent)).toBe(false);
    }
  });

  it("echoes the caller's call id", async () => {
    reply = (submission) => accepted(submission);
    const response = await chat(edge, HELLO, { 'x-litellm-call-id': 'trace-7' });
    expect(response.headers.get('x-litellm-call-id')).toBe('trace-7');
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    await response.arrayBuffer();
  });

  it("carries the earlier request's id when it is a replay", async () => {
    const earlier = 'req_01M86Y8AN09FGPC36VD60JV430';
    const response = await answerWith(
      { kind: 'completed', json: COMPLETION, provenance: PROVENANCE },
      { replayOf: earlier },
    );
    expect(response.headers.get('x-request-id')).toBe(earlier);
    expect(response.headers.get('idempotency-replayed')).toBe('true');
    await response.arrayBuffer();
  });

  it("is an error with the table's status, and the provider's words beside ours", async () => {
    const response = await answerWith({
      kind: 'failed',
      failure: {
        code: 'rate_limit_exceeded',
        message: 'Slow down.',
        billed: 'no',
        providerStatus: 429,
        providerCode: 'insufficient_quota',
        retryAfterMs: 1_200,
      },
      provenance: PROVENANCE,
    });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(response.headers.get('retry-after-ms')).toBe('1200');
    expect(response.headers.get('x-litellm-model-id')).toBe('d1');
    expect(await response.json()).toEqual({
      error: {
        message: 'Slow down.',
        type: 'rate_limit_error',
        param: null,
        code: 'rate_limit_exceeded',
        provider_specific_fields: { status: 429, code: 'insufficient_quota' },
      },
    });
  });

  it('is a 499 for a request that was cancelled', async () => {
    const response = await answerWith({
      kind: 'failed',
      failure: { code: 'cancelled', message: 'Cancelled.', billed: 'maybe' },
      provenance: PROVENANCE,
    });
    expect(response.status).toBe(499);
    await response.arrayBuffer();
  });

  it('is a 503 with Retry-After when the request was not accepted', async () => {
    reply = () => ({ refused: { code: 'overloaded', message: 'Too much to do.', billed: 'no' } });
    const response = await chat(edge, HELLO);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    await response.arrayBuffer();
  });

  it('tells nothing but the request id when the durable path breaks', async () => {
    reply = () => {
      throw new Error('password=hunter2');
    };
    const response = await chat(edge, HELLO);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).toContain(response.headers.get('x-request-id') ?? 'absent');
    expect(text).not.toContain('hunter2');
  });
});

describe('a process that is shutting down', () => {
  it('refuses new requests with a 503 and closes the connection', async () => {
    const closing = await startEdge({ draining: () => true });
    const response = await chat(closing, HELLO);
    expect(await response.json()).toMatchObject({ error: { code: 'shutting_down' } });
    expect(Object.fromEntries(response.headers)).toMatchObject({ connection: 'close', 'retry-after': '1' });
    await closing.close();
  });
});

describe('a caller that leaves before its answer', () => {
  async function leave(cancelOnDisconnect: boolean, replayOf?: string): Promise<string[]> {
    const cancelled: string[] = [];
    const config = configOf({ cancelOnDisconnect });
    let finish = (): void => undefined;
    const submitted = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let left = (): void => undefined;
    const gone = new Promise<void>((resolve) => {
      left = resolve;
    });
    const waiting = await startEdge({
      config: () => config,
      requests: {
        ...NO_REQUESTS,
        cancel: async (id) => {
          cancelled.push(id);
          return undefined;
        },
      },
      dispatch: {
        submit: async (submission) => {
          finish();
          return {
            ...accepted(submission, replayOf === undefined ? {} : { replayOf }),
            answer: async () => {
              await gone;
              return { kind: 'completed', json: COMPLETION, provenance: PROVENANCE };
            },
          };
        },
      },
    });
    const socketClosed = new Promise<void>((resolve) => {
      waiting.server.once('connection', (socket) => socket.once('close', () => resolve()));
    });
    const controller = new AbortController();
    const asked = fetch(`${waiting.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-test-9f2c7d51e08b4a63', 'content-type': 'application/json' },
      body: JSON.stringify(HELLO),
      signal: controller.signal,
    });
    await submitted;
    controller.abort();
    await expect(asked).rejects.toThrow();
    await socketClosed;
    left();
    await waiting.close();
    return cancelled;
  }

  it('leaves its request running', async () => {
    expect(await leave(false)).toEqual([]);
  });

  it('cancels its request where the operator wants it', async () => {
    expect(await leave(true)).toHaveLength(1);
  });

  it('does not cancel an earlier request whose answer it waited for', async () => {
    expect(await leave(true, 'req_01M86Y8AN09FGPC36VD60JV430')).toEqual([]);
  });
});
