/** The official OpenAI client, unmodified, against the built gateway, in front of a provider of each dialect. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import { z } from 'zod';
import { MASTER_KEY, startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { raisedAs } from '../support/raised.ts';
import { startUpstream } from '../support/upstream.ts';
import type { Upstream } from '../support/upstream.ts';
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

const messages = [{ role: 'user' as const, content: 'Say it.' }];

const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'The weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

async function collect(stream: AsyncIterable<ChatCompletionChunk>): Promise<readonly ChatCompletionChunk[]> {
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function textOf(chunks: readonly ChatCompletionChunk[], choice = 0): string {
  return chunks
    .flatMap((chunk) => chunk.choices.filter((each) => each.index === choice))
    .map((each) => each.delta.content ?? '')
    .join('');
}

const raised = raisedAs<InstanceType<typeof OpenAI.APIError>>(OpenAI.APIError);

describe.each(['openai-format', 'anthropic-format'])('with a provider of the %s', (model) => {
  it('answers a chat with text, usage and the name that was asked for', async () => {
    upstream.next({ text: 'Grüezi 👋', usage: { promptTokens: 11, completionTokens: 7 } });
    const { data, response, request_id } = await client.chat.completions.create({ model, messages }).withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      model,
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Grüezi 👋' } }],
      usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
    });
    expect(request_id).toMatch(/^req_[0-9A-Z]{26}$/i);
    expect(response.headers.get('x-request-id')).toBe(request_id);
  });

  it('streams the same text that it would answer whole, and usage only when asked', async () => {
    upstream.always({ text: 'One, two, three, four: «ünïcödé» 👋.', chunks: 5, split: [7] });
    const plain = await collect(await client.chat.completions.create({ model, messages, stream: true }));
    const counted = await collect(
      await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } }),
    );
    expect(textOf(plain)).toBe('One, two, three, four: «ünïcödé» 👋.');
    expect(plain[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(plain.map((chunk) => chunk.choices[0]?.finish_reason ?? null).filter((reason) => reason !== null)).toEqual([
      'stop',
    ]);
    expect(new Set(plain.map((chunk) => chunk.id)).size).toBe(1);
    expect(plain.every((chunk) => chunk.model === model)).toBe(true);
    expect(plain.some((chunk) => chunk.usage !== undefined && chunk.usage !== null)).toBe(false);
    expect(textOf(counted)).toBe(textOf(plain));
    const last = counted.at(-1);
    expect(last?.choices).toEqual([]);
    expect(last?.usage?.total_tokens).toBeGreaterThan(0);
    expect(last?.usage?.total_tokens).toBe((last?.usage?.prompt_tokens ?? 0) + (last?.usage?.completion_tokens ?? 0));
  });

  it('hands tools to the provider and its parallel calls back, whole and in pieces', async () => {
    const toolCalls = [
      { id: 'toolu_a', name: 'weather', arguments: '{"city":"Bern"}' },
      { id: 'toolu_b', name: 'weather', arguments: '{"city":"Zürich"}' },
    ];
    upstream.always({ text: 'Looking.', toolCalls });
    const whole = await client.chat.completions.create({ model, messages, tools: [WEATHER], tool_choice: 'required' });
    const expected = toolCalls.map((call) => ({
      id: call.id,
      type: 'function',
      name: call.name,
      arguments: call.arguments,
    }));
    const flat = (calls: readonly { id: string; type: string; function: { name: string; arguments: string } }[] = []) =>
      calls.map((call) => ({ id: call.id, type: call.type, ...call.function, arguments: call.function.arguments }));
    expect(whole.choices[0]?.finish_reason).toBe('tool_calls');
    expect(flat(whole.choices[0]?.message.tool_calls?.filter((call) => call.type === 'function'))).toEqual(expected);

    const stream = client.chat.completions.stream({ model, messages, tools: [WEATHER], parallel_tool_calls: true });
    const streamed = await stream.finalChatCompletion();
    expect(streamed.choices[0]?.finish_reason).toBe('tool_calls');
    expect(flat(streamed.choices[0]?.message.tool_calls)).toEqual(expected);
    const sent = upstream.calls[0]?.body as { tools: unknown[]; tool_choice: unknown };
    expect(JSON.stringify(sent.tools)).toContain('The weather of a city.');
    expect(sent.tool_choice).toEqual(model === 'openai-format' ? 'required' : { type: 'any' });
  });

  it('carries a tool’s result back to the provider', async () => {
    upstream.next({ text: 'It rains.' });
    const call = {
      id: 'toolu_a',
      type: 'function' as const,
      function: { name: 'weather', arguments: '{"city":"Bern"}' },
    };
    const answer = await client.chat.completions.create({
      model,
      tools: [WEATHER],
      messages: [
        ...messages,
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'toolu_a', content: 'rain, 7 degrees' },
      ],
    });
    expect(answer.choices[0]?.message.content).toBe('It rains.');
    expect(JSON.stringify(upstream.calls[0]?.body)).toContain('rain, 7 degrees');
  });

  it('lets the client parse structured output by its schema', async () => {
    const schema = z.object({ city: z.string(), degrees: z.number() });
    // OpenAI's format answers with text; a provider without native schemas may be asked through a forced tool instead.
    upstream.always((asked) => {
      const { tools } = asked.body as { tools?: readonly { name?: string }[] };
      const tool = tools?.find((each) => each.name !== undefined);
      const json = '{"city":"Bern","degrees":7}';
      return tool?.name === undefined ? { text: json } : { toolCalls: [{ name: tool.name, arguments: json }] };
    });
    const parsed = await client.chat.completions.parse({
      model,
      messages,
      response_format: zodResponseFormat(schema, 'weather'),
    });
    expect(parsed.choices[0]?.message.parsed).toEqual({ city: 'Bern', degrees: 7 });
    expect(parsed.choices[0]?.finish_reason).toBe('stop');
  });

  it('passes images on in the provider’s own form', async () => {
    const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    upstream.next({ text: 'A pixel.' });
    await client.chat.completions.create({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } },
          ],
        },
      ],
    });
    const sent = upstream.calls[0]?.body as { messages: { content: unknown[] }[] } | undefined;
    expect(sent?.messages[0]?.content[1]).toMatchObject(
      model === 'openai-format'
        ? { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } }
        : { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
    );
  });

  it('reports a cut-off answer as `length`', async () => {
    upstream.next({ text: 'Once upon a', finishReason: 'length' });
    const answer = await client.chat.completions.create({ model, messages, max_tokens: 3 });
    expect(answer.choices[0]?.finish_reason).toBe('length');
  });

  it('sends the deployment’s credential to the provider and never the caller’s', async () => {
    await client.chat.completions.create({ model, messages });
    expect(upstream.calls[0]?.credential).toBe(model === 'openai-format' ? 'Bearer sk-provider-a' : 'sk-provider-b');
    expect(JSON.stringify(upstream.calls[0]?.headers)).not.toContain(MASTER_KEY);
  });

  it.each([
    [400, OpenAI.BadRequestError, 400],
    [404, OpenAI.NotFoundError, 404],
    [422, OpenAI.UnprocessableEntityError, 422],
    [429, OpenAI.RateLimitError, 429],
    [500, OpenAI.InternalServerError, 500],
    [503, OpenAI.InternalServerError, 503],
  ] as const)('raises the client’s own class when the provider answers %i', async (status, raisedClass, shown) => {
    upstream.next({ status });
    const error = await raised(client.chat.completions.create({ model, messages }));
    expect(error).toBeInstanceOf(raisedClass);
    expect(error.status).toBe(shown);
    expect(error.message).toContain(`scripted ${status}`);
    expect(error.requestID).toMatch(/^req_/);
  });

  it('does not blame the caller for the gateway’s own credential, nor quote what the provider says about it', async () => {
    upstream.next({ status: 401, body: { error: { message: 'Incorrect API key provided: sk-provider-a' } } });
    const error = await raised(client.chat.completions.create({ model, messages }));
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(error.message).not.toContain('sk-provider');
  });

  it('tells a rate-limited caller how long to wait', async () => {
    upstream.next({ status: 429, headers: { 'retry-after': '7' } });
    const error = await raised(client.chat.completions.create({ model, messages }));
    expect(Number(error.headers?.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });

  it('raises the same class for a stream that never starts', async () => {
    upstream.next({ status: 429 });
    const error = await raised(client.chat.completions.create({ model, messages, stream: true }));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
  });

  it('raises an error when a stream breaks off, and keeps what had arrived', async () => {
    let release = (): void => undefined;
    upstream.next({
      text: 'one two three four five six seven eight',
      errorFrame: { type: 'overloaded_error', message: 'too busy' },
      // A failure before anything was shown would be a plain 503: it waits until the client has read.
      resume: new Promise<void>((resolve) => {
        release = resolve;
      }),
    });
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    const seen: ChatCompletionChunk[] = [];
    const broken = await raised(
      (async () => {
        for await (const chunk of stream) {
          seen.push(chunk);
          if (textOf(seen).startsWith('one two')) release();
        }
      })(),
    );
    expect(textOf(seen)).toMatch(/^one two/);
    expect(broken.message).toContain('too busy');
  });
});

describe('with the gateway itself', () => {
  it('offers several choices where the provider can', async () => {
    upstream.always({ text: 'one of them' });
    const whole = await client.chat.completions.create({ model: 'openai-format', messages, n: 3 });
    expect(whole.choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
    const chunks = await collect(
      await client.chat.completions.create({ model: 'openai-format', messages, n: 2, stream: true }),
    );
    expect([textOf(chunks, 0), textOf(chunks, 1)]).toEqual(['one of them', 'one of them']);
  });

  it('raises AuthenticationError for a wrong key and for none', async () => {
    const stranger = new OpenAI({
      apiKey: 'sk-not-a-key-of-this-gateway',
      baseURL: `${gateway.url}/v1`,
      maxRetries: 0,
    });
    expect(await raised(stranger.chat.completions.create({ model: 'openai-format', messages }))).toBeInstanceOf(
      OpenAI.AuthenticationError,
    );
    const nobody = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', body: '{}' });
    expect(nobody.status).toBe(401);
    expect(upstream.calls).toHaveLength(0);
  });

  it('raises NotFoundError for a model that nobody configured, and names the nearest', async () => {
    const error = await raised(client.chat.completions.create({ model: 'openai-formt', messages }));
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error.code).toBe('model_not_found');
    expect(error.message).toContain('openai-format');
  });

  it('raises BadRequestError with the field at fault', async () => {
    const wrong = { model: 'openai-format', messages, temperature: 'hot' } as unknown as {
      model: string;
      messages: typeof messages;
    };
    const error = await raised(client.chat.completions.create(wrong));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error.param).toBe('temperature');
    expect(error.type).toBe('invalid_request_error');
  });

  it('refuses a parameter that the provider cannot express, by name', async () => {
    const error = await raised(client.chat.completions.create({ model: 'anthropic-format', messages, seed: 7 }));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error.message).toContain('seed');
  });

  it('lists its models and finds one by name', async () => {
    const listed: string[] = [];
    for await (const model of client.models.list()) listed.push(model.id);
    expect(listed.toSorted()).toEqual(['anthropic-format', 'openai-format']);
    expect(await client.models.retrieve('openai-format')).toMatchObject({ id: 'openai-format', object: 'model' });
    expect(await raised(client.models.retrieve('nothing'))).toBeInstanceOf(OpenAI.NotFoundError);
  });

  it('answers a repeated Idempotency-Key with the same answer and the same id, and calls the provider once', async () => {
    const ask = () =>
      client.chat.completions
        .create({ model: 'openai-format', messages }, { headers: { 'Idempotency-Key': 'conformance-1' } })
        .withResponse();
    const first = await ask();
    const again = await ask();
    expect(again.data).toEqual(first.data);
    expect(again.request_id).toBe(first.request_id);
    expect(again.response.headers.get('idempotency-replayed')).toBe('true');
    expect(upstream.calls).toHaveLength(1);
    const other = { model: 'openai-format', messages: [{ role: 'user' as const, content: 'Something else.' }] };
    const reused = await raised(
      client.chat.completions.create(other, { headers: { 'Idempotency-Key': 'conformance-1' } }),
    );
    expect(reused).toBeInstanceOf(OpenAI.UnprocessableEntityError);
  });

  it('lets the caller leave a stream early without harm to the next request', async () => {
    upstream.next({ text: 'a long story that nobody finishes', chunks: 20, gapMs: 20 });
    const stream = await client.chat.completions.create({ model: 'openai-format', messages, stream: true });
    for await (const _chunk of stream) break;
    const next = await client.chat.completions.create({ model: 'openai-format', messages });
    expect(next.choices).toHaveLength(1);
  });
});
