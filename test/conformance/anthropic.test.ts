/** The official Anthropic client, unmodified, against the built gateway, in front of a provider of each dialect. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import Anthropic from '@anthropic-ai/sdk';
import { get, readRequest } from '../support/ask.ts';
import { MASTER_KEY, startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { raisedAs } from '../support/raised.ts';
import { startUpstream } from '../support/upstream.ts';
import type { Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let gateway: Gateway;
let client: Anthropic;

beforeAll(async () => {
  upstream = await startUpstream();
  const openai = (model: string): object => ({ model, api_base: upstream.openaiUrl, api_key: 'sk-provider-a' });
  const anthropic = { model: 'anthropic/claude-sonnet-4-5', api_base: upstream.url, api_key: 'sk-provider-b' };
  gateway = await startGateway({
    config: {
      model_list: [
        { model_name: 'openai-format', litellm_params: openai('openai/gpt-5') },
        { model_name: 'anthropic-format', litellm_params: anthropic },
        { model_name: 'falls-over', litellm_params: anthropic },
        { model_name: 'spare', litellm_params: openai('openai/gpt-4o-mini') },
      ],
      router_settings: { num_retries: 0, disable_cooldowns: true, fallbacks: [{ 'falls-over': ['spare'] }] },
    },
  });
  client = new Anthropic({ apiKey: MASTER_KEY, baseURL: gateway.url, maxRetries: 0 });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

const messages = [{ role: 'user' as const, content: 'Say it.' }];

const WEATHER = {
  name: 'weather',
  description: 'The weather of a city.',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
};

const raised = raisedAs<InstanceType<typeof Anthropic.APIError>>(Anthropic.APIError);

describe.each(['openai-format', 'anthropic-format'])('with a provider of the %s', (model) => {
  it('answers with text, usage and the name that was asked for', async () => {
    upstream.next({ text: 'Grüezi 👋', usage: { promptTokens: 11, completionTokens: 7, cachedTokens: 4 } });
    const answer = await client.messages.create({ model, messages, max_tokens: 50, system: 'Be kind.' });
    expect(answer).toMatchObject({
      type: 'message',
      role: 'assistant',
      model,
      content: [{ type: 'text', text: 'Grüezi 👋' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 7, output_tokens: 7, cache_read_input_tokens: 4 },
    });
    expect(answer._request_id).toMatch(/^req_[0-9A-Z]{26}$/);
    expect(JSON.stringify(upstream.calls[0]?.body)).toContain('Be kind.');
    expect(upstream.calls[0]?.credential).toBe(model === 'openai-format' ? 'Bearer sk-provider-a' : 'sk-provider-b');
    const record = await readRequest(gateway.url, String(answer._request_id));
    expect(record).toMatchObject({ status: 'completed', model });
    expect(record.response).toMatchObject({ type: 'message', content: [{ type: 'text', text: 'Grüezi 👋' }] });
  });

  it('streams the same text that it would answer whole, and stores it whole', async () => {
    upstream.always({
      text: 'One, two, three: «ünïcödé» 👋.',
      chunks: 5,
      split: [7],
      usage: { promptTokens: 9, completionTokens: 5 },
    });
    const stream = client.messages.stream({ model, messages, max_tokens: 50 });
    const types: string[] = [];
    stream.on('streamEvent', (event) => types.push(event.type));
    const final = await stream.finalMessage();
    expect(final).toMatchObject({
      model,
      content: [{ type: 'text', text: 'One, two, three: «ünïcödé» 👋.' }],
      stop_reason: 'end_turn',
      usage: { output_tokens: 5 },
    });
    expect(types[0]).toBe('message_start');
    expect(types.at(-1)).toBe('message_stop');
    expect(types.filter((type) => type === 'content_block_delta').length).toBeGreaterThan(3);
    const record = await readRequest(gateway.url, String(stream.request_id));
    expect(record.response).toMatchObject({
      content: final.content,
      stop_reason: 'end_turn',
      usage: { output_tokens: 5 },
    });
    expect(record.cost).not.toBeNull();
  });

  it('hands tools to the provider and its parallel calls back, whole and in pieces', async () => {
    const toolCalls = [
      { id: 'toolu_a', name: 'weather', arguments: '{"city":"Bern"}' },
      { id: 'toolu_b', name: 'weather', arguments: '{"city":"Zürich"}' },
    ];
    const expected = [
      { type: 'text', text: 'Looking.' },
      { type: 'tool_use', id: 'toolu_a', name: 'weather', input: { city: 'Bern' } },
      { type: 'tool_use', id: 'toolu_b', name: 'weather', input: { city: 'Zürich' } },
    ];
    upstream.always({ text: 'Looking.', toolCalls });
    const params = { model, messages, max_tokens: 50, tools: [WEATHER], tool_choice: { type: 'any' as const } };
    const whole = await client.messages.create(params);
    expect(whole.stop_reason).toBe('tool_use');
    expect(whole.content).toMatchObject(expected);
    const streamed = await client.messages.stream(params).finalMessage();
    expect(streamed.stop_reason).toBe('tool_use');
    expect(streamed.content).toMatchObject(expected);
    const sent = upstream.calls[0]?.body as { tools: unknown[]; tool_choice: unknown };
    expect(JSON.stringify(sent.tools)).toContain('The weather of a city.');
    expect(sent.tool_choice).toEqual(model === 'openai-format' ? 'required' : { type: 'any' });
  });

  it('carries a tool’s result back to the provider', async () => {
    upstream.next({ text: 'It rains.' });
    await client.messages.create({
      model,
      max_tokens: 50,
      tools: [WEATHER],
      messages: [
        ...messages,
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_a', name: 'weather', input: { city: 'Bern' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_a', content: 'rain, 7 degrees' }] },
      ],
    });
    const sent = upstream.calls[0]?.body as { messages: { role: string; content: unknown }[] } | undefined;
    expect(sent?.messages.at(-1)).toEqual(
      model === 'openai-format'
        ? { role: 'tool', tool_call_id: 'toolu_a', content: 'rain, 7 degrees' }
        : { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_a', content: 'rain, 7 degrees' }] },
    );
  });

  it('lets the model think, and tells the thought before the words', async () => {
    upstream.always({ reasoning: 'Let me see.', text: 'So.' });
    const params = { model, messages, max_tokens: 4000, thinking: { type: 'enabled' as const, budget_tokens: 2048 } };
    const whole = await client.messages.create(params);
    const streamed = await client.messages.stream(params).finalMessage();
    for (const { content } of [whole, streamed]) {
      expect(content).toMatchObject([
        { type: 'thinking', thinking: 'Let me see.', signature: model === 'openai-format' ? '' : 'c2ln' },
        { type: 'text', text: 'So.' },
      ]);
    }
    expect(upstream.calls[0]?.body).toMatchObject(
      model === 'openai-format'
        ? { reasoning_effort: 'medium' }
        : { thinking: { type: 'enabled', budget_tokens: 2048 } },
    );
  });

  it.each([
    [400, Anthropic.BadRequestError, 'invalid_request_error'],
    [404, Anthropic.NotFoundError, 'not_found_error'],
    [422, Anthropic.UnprocessableEntityError, 'invalid_request_error'],
    [429, Anthropic.RateLimitError, 'rate_limit_error'],
    [500, Anthropic.InternalServerError, 'api_error'],
    [503, Anthropic.InternalServerError, 'api_error'],
  ] as const)('raises the client’s own class when the provider answers %i', async (status, raisedClass, type) => {
    upstream.next({ status });
    const error = await raised(client.messages.create({ model, messages, max_tokens: 50 }));
    expect(error).toBeInstanceOf(raisedClass);
    expect(error.status).toBe(status);
    expect(error.requestID).toMatch(/^req_/);
    expect(error.error).toMatchObject({ type: 'error', error: { type }, request_id: error.requestID });
    expect(error.message).toContain(`scripted ${status}`);
  });

  it('raises the same class for a stream that never starts', async () => {
    upstream.next({ status: 429 });
    const error = await raised(client.messages.create({ model, messages, max_tokens: 50, stream: true }));
    expect(error).toBeInstanceOf(Anthropic.RateLimitError);
  });

  it('raises an error when a stream breaks off, and keeps what had arrived', async () => {
    let fail = (): void => undefined;
    upstream.next({
      text: 'one two three four five six seven eight',
      errorFrame: { type: 'overloaded_error', message: 'too busy' },
      afterChunks: 6,
      resume: new Promise<void>((resolve) => {
        fail = resolve;
      }),
    });
    const stream = await client.messages.create({ model, messages, max_tokens: 50, stream: true });
    let text = '';
    const error = await raised(
      (async () => {
        for await (const event of stream) {
          if (event.type !== 'content_block_delta' || event.delta.type !== 'text_delta') continue;
          text += event.delta.text;
          fail();
        }
      })(),
    );
    expect(text).toMatch(/^one/);
    expect(error.message).toContain('too busy');
    expect(error.error).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } });
  });
});

describe('with an Anthropic provider', () => {
  const model = 'anthropic-format';

  it('loses no field, block or event that the chat protocol has no word for', async () => {
    const frame = (data: { type: string }): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
    const events = [
      {
        type: 'message_start',
        message: {
          id: 'msg_9',
          type: 'message',
          role: 'assistant',
          model: 'claude',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 3, output_tokens: 1 },
          container: { id: 'c' },
        },
      },
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: {} },
      },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"query":"x"}' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'web_search_tool_result', tool_use_id: 'srv_1', content: [{ url: 'https://x.test' }] },
      },
      { type: 'content_block_stop', index: 1 },
      { type: 'of_tomorrow', beam: 1 },
      { type: 'content_block_start', index: 2, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'Found.' } },
      {
        type: 'content_block_delta',
        index: 2,
        delta: { type: 'citations_delta', citation: { url: 'https://x.test' } },
      },
      { type: 'content_block_stop', index: 2 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 9 } },
      { type: 'message_stop' },
    ];
    upstream.next({ headers: { 'content-type': 'text/event-stream' }, body: events.map(frame).join('') });
    const response = await fetch(`${gateway.url}/anthropic/v1/messages?beta=true`, {
      method: 'POST',
      headers: {
        'x-api-key': MASTER_KEY,
        'content-type': 'application/json',
        'anthropic-version': '2023-06-01',
        'anthropic-beta': 'web-search-2025-03-05',
      },
      body: JSON.stringify({
        model,
        messages,
        max_tokens: 50,
        stream: true,
        tools: [{ type: 'web_search_20250305', name: 'web_search' }],
        of_tomorrow: { a: 1 },
      }),
    });
    const text = await response.text();
    const passed = [...text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => JSON.parse(json) as unknown);
    const [start, ...rest] = events;
    expect(passed).toEqual([{ ...start, message: { ...start?.message, model } }, ...rest]);
    expect([...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)).toEqual(events.map((event) => event.type));
    expect(text).not.toContain('[DONE]');
    const call = upstream.calls[0];
    expect(call?.body).toMatchObject({ of_tomorrow: { a: 1 }, tools: [{ type: 'web_search_20250305' }] });
    expect(call?.headers).toMatchObject({
      'anthropic-beta': 'web-search-2025-03-05',
      'anthropic-version': '2023-06-01',
    });
    const record = await readRequest(gateway.url, response.headers.get('x-request-id') ?? '');
    expect(record.response).toMatchObject({
      model,
      container: { id: 'c' },
      content: [
        { type: 'server_tool_use', input: { query: 'x' } },
        { type: 'web_search_tool_result' },
        { type: 'text', text: 'Found.', citations: [{ url: 'https://x.test' }] },
      ],
      usage: { input_tokens: 3, output_tokens: 9 },
    });
    expect((record as { usage?: unknown }).usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 9 });
  });

  it('falls back to a provider of another dialect without the caller noticing, also in a stream that has only begun', async () => {
    upstream.always((call) =>
      call.dialect === 'anthropic'
        ? { text: 'lost', errorFrame: { type: 'overloaded_error', message: 'busy' }, afterChunks: 3 }
        : { text: 'Saved.' },
    );
    const final = await client.messages.stream({ model: 'falls-over', messages, max_tokens: 50 }).finalMessage();
    expect(final).toMatchObject({
      model: 'spare',
      content: [{ type: 'text', text: 'Saved.' }],
      stop_reason: 'end_turn',
    });
    expect(upstream.calls.map((call) => call.dialect)).toEqual(['anthropic', 'openai']);
  });
});

describe('with the gateway itself', () => {
  it('raises AuthenticationError for a wrong key', async () => {
    const stranger = new Anthropic({ apiKey: 'sk-not-a-key', baseURL: gateway.url, maxRetries: 0 });
    const error = await raised(stranger.messages.create({ model: 'openai-format', messages, max_tokens: 5 }));
    expect(error).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(error.error).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
  });

  it('raises NotFoundError for a model that nobody configured, and names the nearest', async () => {
    const error = await raised(client.messages.create({ model: 'openai-formt', messages, max_tokens: 5 }));
    expect(error).toBeInstanceOf(Anthropic.NotFoundError);
    expect(error.message).toContain('openai-format');
  });

  it('raises BadRequestError with the field at fault', async () => {
    const wrong = { model: 'openai-format', messages, max_tokens: 'many' } as unknown as {
      model: string;
      messages: typeof messages;
      max_tokens: number;
    };
    const error = await raised(client.messages.create(wrong));
    expect(error).toBeInstanceOf(Anthropic.BadRequestError);
    expect(error.message).toContain('max_tokens');
  });

  it('answers a repeated Idempotency-Key with the same stream, and calls the provider once', async () => {
    const ask = async (): Promise<string> => {
      const response = await fetch(`${gateway.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': MASTER_KEY, 'content-type': 'application/json', 'idempotency-key': 'messages-1' },
        body: JSON.stringify({ model: 'anthropic-format', messages, max_tokens: 5, stream: true }),
      });
      return response.text();
    };
    const first = await ask();
    expect(first).toContain('event: message_stop');
    expect(await ask()).toBe(first);
    expect(upstream.calls).toHaveLength(1);
    expect((await get(gateway.url, '/v1/requests')).status).toBe(200);
  });
});
