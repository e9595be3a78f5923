/** OpenAI's own client and its Responses API, unmodified, against the built gateway, in front of a provider of each dialect. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { z } from 'zod';
import { get } from '../support/ask.ts';
import { MASTER_KEY, startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { raisedAs } from '../support/raised.ts';
import { startUpstream } from '../support/upstream.ts';
import type { Upstream } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';
import { twoFormats } from '../support/wire-formats.ts';

let upstream: Upstream;
let gateway: Gateway;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({ config: twoFormats(upstream) });
  client = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

const WEATHER = {
  type: 'function' as const,
  name: 'weather',
  description: 'The weather of a city.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
};

const raised = raisedAs<InstanceType<typeof OpenAI.APIError>>(OpenAI.APIError);

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

/** The messages that the last call to the provider carried. */
function sentMessages(): { role: string; content: unknown }[] {
  const [last] = upstream.calls.slice(-1);
  return (last?.body as { messages: { role: string; content: unknown }[] } | undefined)?.messages ?? [];
}

describe.each(['openai-format', 'anthropic-format'])('with a provider of the %s', (model) => {
  it('answers with text and usage, and finds the answer again by its id', async () => {
    upstream.next({ text: 'Grüezi 👋', usage: { promptTokens: 11, completionTokens: 7 } });
    const { data, response } = await client.responses
      .create({ model, input: 'Say it.', instructions: 'Be kind.' })
      .withResponse();
    expect(data.output_text).toBe('Grüezi 👋');
    expect(data).toMatchObject({
      object: 'response',
      status: 'completed',
      model,
      usage: { input_tokens: 11, output_tokens: 7, total_tokens: 18 },
    });
    expect(data.id).toBe(response.headers.get('x-request-id')?.replace('req_', 'resp_'));
    const found = await client.responses.retrieve(data.id);
    expect(plain(found)).toEqual(plain(data));
    expect(JSON.stringify(upstream.calls[0]?.body)).toContain('Be kind.');
  });

  it('streams events that the client reads as the response it would answer whole', async () => {
    upstream.always({
      text: 'One, two: «ünïcödé» 👋.',
      chunks: 5,
      split: [7],
      usage: { promptTokens: 9, completionTokens: 5 },
    });
    const stream = client.responses.stream({ model, input: 'Say it.' });
    const events: ResponseStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    const final = await stream.finalResponse();
    expect(final.output_text).toBe('One, two: «ünïcödé» 👋.');
    expect(final).toMatchObject({ status: 'completed', usage: { output_tokens: 5 } });
    expect(events[0]?.type).toBe('response.created');
    expect(events.at(-1)?.type).toBe('response.completed');
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    const stored = await client.responses.retrieve(final.id);
    expect(stored.output).toEqual(plain(final.output.map(({ ...item }) => strip(item))));
  });

  it('hands tools to the provider and its parallel calls back, whole and in pieces', async () => {
    const toolCalls = [
      { id: 'call_a', name: 'weather', arguments: '{"city":"Bern"}' },
      { id: 'call_b', name: 'weather', arguments: '{"city":"Zürich"}' },
    ];
    upstream.always({ text: 'Looking.', toolCalls });
    const params = { model, input: 'Weather?', tools: [WEATHER], tool_choice: 'required' as const };
    const whole = await client.responses.create(params);
    const streamed = await client.responses.stream(params).finalResponse();
    for (const { output } of [whole, streamed]) {
      expect(output).toMatchObject([
        { type: 'message', content: [{ type: 'output_text', text: 'Looking.' }] },
        {
          type: 'function_call',
          call_id: 'call_a',
          name: 'weather',
          arguments: '{"city":"Bern"}',
          status: 'completed',
        },
        { type: 'function_call', call_id: 'call_b', name: 'weather', arguments: '{"city":"Zürich"}' },
      ]);
    }
    expect(JSON.stringify(upstream.calls[0]?.body)).toContain('The weather of a city.');
  });

  it('continues a conversation by the id of its last response, calls and thoughts included', async () => {
    upstream.next(
      { reasoning: 'Hm.', toolCalls: [{ id: 'call_a', name: 'weather', arguments: '{"city":"Bern"}' }] },
      { text: 'Rain.' },
      { text: 'Sure.' },
    );
    const first = await client.responses.create({ model, input: 'Weather?', tools: [WEATHER] });
    const second = await client.responses.create({
      model,
      previous_response_id: first.id,
      tools: [WEATHER],
      input: [{ type: 'function_call_output', call_id: 'call_a', output: 'rain' }],
    });
    expect(second.previous_response_id).toBe(first.id);
    await client.responses.create({ model, previous_response_id: second.id, tools: [WEATHER], input: 'Sure?' });
    const sent = sentMessages();
    expect(sent.map((message) => message.role)).toEqual(
      model === 'openai-format'
        ? ['user', 'assistant', 'tool', 'assistant', 'user']
        : ['user', 'assistant', 'user', 'assistant', 'user'],
    );
    expect(JSON.stringify(sent)).toContain('rain');
    expect(JSON.stringify(sent)).toContain('Rain.');
    if (model === 'anthropic-format')
      expect(sent[1]?.content).toMatchObject([
        { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
        { type: 'tool_use' },
      ]);
  });

  it('works in the background, and is polled for', async () => {
    let release = (): void => undefined;
    upstream.next({
      text: 'Done.',
      until: new Promise<void>((resolve) => {
        release = resolve;
      }),
    });
    const queued = await client.responses.create({ model, input: 'Say it.', background: true });
    expect(queued).toMatchObject({ status: 'queued', background: true, output: [] });
    expect(await client.responses.retrieve(queued.id)).toMatchObject({
      status: 'in_progress',
      created_at: queued.created_at,
    });
    release();
    const done = await waitFor('the response to be completed', async () => {
      const found = await client.responses.retrieve(queued.id);
      return found.status === 'in_progress' ? undefined : found;
    });
    expect(done).toMatchObject({
      id: queued.id,
      status: 'completed',
      output_text: 'Done.',
      created_at: queued.created_at,
    });
  });

  it('says in the background what went wrong', async () => {
    upstream.next({ status: 429 });
    const queued = await client.responses.create({ model, input: 'Say it.', background: true });
    const failed = await waitFor('the response to fail', async () => {
      const found = await client.responses.retrieve(queued.id);
      return found.status === 'failed' ? found : undefined;
    });
    expect(failed.error).toMatchObject({ code: 'rate_limit_exceeded' });
  });

  it('is cancelled', async () => {
    upstream.next({ stall: 'after_head' });
    const queued = await client.responses.create({ model, input: 'Say it.', background: true });
    await upstream.arrived(1);
    expect(await client.responses.cancel(queued.id)).toMatchObject({ id: queued.id, status: 'cancelled' });
    expect(await client.responses.retrieve(queued.id)).toMatchObject({ status: 'cancelled' });
  });

  it.each([
    [400, OpenAI.BadRequestError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
  ] as const)('raises the client’s own class when the provider answers %i', async (status, raisedClass) => {
    upstream.next({ status });
    expect(await raised(client.responses.create({ model, input: 'x' }))).toBeInstanceOf(raisedClass);
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
    const stream = await client.responses.create({ model, input: 'x', stream: true });
    let text = '';
    const error = await raised(
      (async () => {
        for await (const event of stream) {
          if (event.type !== 'response.output_text.delta') continue;
          text += event.delta;
          fail();
        }
      })(),
    );
    expect(text).toMatch(/^one/);
    expect(error.message).toContain('too busy');
  });
});

/** The client's own additions to items it has parsed. */
function strip(item: object): object {
  const { parsed_arguments: _arguments, ...rest } = item as Record<string, unknown>;
  if (!Array.isArray(rest['content'])) return rest;
  return { ...rest, content: rest['content'].map(({ parsed: _parsed, ...part }: Record<string, unknown>) => part) };
}

describe('with the gateway itself', () => {
  const model = 'openai-format';

  it('lets the client parse structured output by its schema', async () => {
    upstream.next({ text: '{"city":"Bern","degrees":7}' });
    const schema = z.object({ city: z.string(), degrees: z.number() });
    const parsed = await client.responses.parse({
      model,
      input: 'x',
      text: { format: zodTextFormat(schema, 'weather') },
    });
    expect(parsed.output_parsed).toEqual({ city: 'Bern', degrees: 7 });
  });

  it('shows a finished stream again, from any event on', async () => {
    upstream.next({ text: 'one two three' });
    const events: ResponseStreamEvent[] = [];
    for await (const event of await client.responses.create({ model, input: 'x', stream: true })) events.push(event);
    const created = events[0] as Extract<ResponseStreamEvent, { type: 'response.created' }>;
    const again: ResponseStreamEvent[] = [];
    for await (const event of await client.responses.retrieve(created.response.id, { stream: true, starting_after: 3 }))
      again.push(event);
    expect(again).toEqual(events.slice(4));
  });

  it('deletes a response, and keeps what it cost', async () => {
    upstream.next({ text: 'secret' });
    const { id } = await client.responses.create({ model, input: 'x' });
    await client.responses.delete(id);
    expect(await raised(client.responses.retrieve(id))).toBeInstanceOf(OpenAI.NotFoundError);
    expect(await raised(client.responses.create({ model, input: 'y', previous_response_id: id }))).toBeInstanceOf(
      OpenAI.NotFoundError,
    );
    const record = await get(gateway.url, `/v1/requests/${id.replace('resp_', 'req_')}`);
    expect(record.text).not.toContain('secret');
    expect(record.json?.['cost']).toBeGreaterThan(0);
  });

  it('does not find again what was not to be stored', async () => {
    const { id } = await client.responses.create({ model, input: 'x', store: false });
    expect(await raised(client.responses.retrieve(id))).toBeInstanceOf(OpenAI.NotFoundError);
    const wrong = await raised(client.responses.create({ model, input: 'x', store: false, background: true }));
    expect(wrong).toMatchObject({ status: 400, param: 'store' });
  });

  it('refuses by name what no chat provider could be asked for', async () => {
    const error = await raised(client.responses.create({ model, input: 'x', tools: [{ type: 'web_search' }] }));
    expect(error).toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'tools[0].type' });
  });

  it('is no way to another kind of request', async () => {
    const { _request_id: id } = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'x' }],
    });
    expect(await raised(client.responses.retrieve(String(id).replace('req_', 'resp_')))).toBeInstanceOf(
      OpenAI.NotFoundError,
    );
  });
});
