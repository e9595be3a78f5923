/** Every wire format in every dialect: what the official clients put together from a stream is what they are answered whole. */
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { MASTER_KEY, startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';
import type { Script, Upstream } from '../support/upstream.ts';
import { FORMATS, structured, wireFormats } from '../support/wire-formats.ts';

let upstream: Upstream;
let gateway: Gateway;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({ config: wireFormats(upstream) });
  openai = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey: MASTER_KEY, baseURL: gateway.url, maxRetries: 0 });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

const messages = [{ role: 'user' as const, content: 'Weather?' }];
const parameters = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };
const FULL: Script = {
  reasoning: 'Two cities, two calls.',
  text: 'Looking: «ünïcödé» 👋.',
  toolCalls: [
    { id: 'toolu_a', name: 'weather', arguments: '{"city":"Bern"}' },
    { id: 'toolu_b', name: 'weather', arguments: '{"city":"Zürich"}' },
  ],
  usage: { promptTokens: 40, completionTokens: 30, cachedTokens: 8, reasoningTokens: 12 },
};

/** Without what is another for every request. */
function bare(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key: string, inner: unknown) =>
      [
        'id',
        'call_id',
        'created',
        'created_at',
        'completed_at',
        '_request_id',
        'parsed',
        'parsed_arguments',
        'output_parsed',
      ].includes(key) || inner === null
        ? undefined
        : inner,
    ),
  );
}

const BODY = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};

describe.each(FORMATS)('with a provider of the %s', (model) => {
  it('OpenAI’s client makes the same completion of a stream, thoughts and calls included', async () => {
    upstream.always(FULL);
    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters } }];
    const whole = await openai.chat.completions.create({ model, messages, tools, reasoning_effort: 'low' });
    const runner = openai.chat.completions.stream({
      model,
      messages,
      tools,
      reasoning_effort: 'low',
      stream_options: { include_usage: true },
    });
    const streamed = await runner.finalChatCompletion();
    expect(bare(streamed.choices)).toEqual(bare(whole.choices));
    expect(bare(streamed.usage)).toEqual(bare(whole.usage));
    expect(whole.choices[0]?.message).toMatchObject({
      content: 'Looking: «ünïcödé» 👋.',
      reasoning_content: 'Two cities, two calls.',
    });
    expect(whole.choices[0]?.finish_reason).toBe('tool_calls');
    expect(whole.usage).toMatchObject({ prompt_tokens: 40, completion_tokens: 30 });
  });

  it('Anthropic’s client makes the same message of a stream, thoughts and calls included', async () => {
    upstream.always(FULL);
    const params = {
      model,
      messages,
      max_tokens: 4_000,
      thinking: { type: 'enabled' as const, budget_tokens: 2_000 },
      tools: [{ name: 'weather', input_schema: parameters }],
    };
    const whole = await anthropic.messages.create(params);
    const streamed = await anthropic.messages.stream(params).finalMessage();
    expect(whole.content.map((block) => block.type)).toEqual(['thinking', 'text', 'tool_use', 'tool_use']);
    expect(whole.content).toMatchObject([
      { thinking: 'Two cities, two calls.' },
      { text: 'Looking: «ünïcödé» 👋.' },
      { name: 'weather', input: { city: 'Bern' } },
      { name: 'weather', input: { city: 'Zürich' } },
    ]);
    expect(bare(streamed.content)).toEqual(bare(whole.content));
    expect(streamed.stop_reason).toBe('tool_use');
    expect(bare(streamed.usage)).toEqual(bare(whole.usage));
    expect(whole.usage).toMatchObject({ input_tokens: 32, cache_read_input_tokens: 8, output_tokens: 30 });
  });

  it('Anthropic’s client hands thoughts, calls and results back in the next turn', async () => {
    upstream.next(FULL, { text: 'It rains in both.' });
    const params = {
      model,
      max_tokens: 4_000,
      thinking: { type: 'enabled' as const, budget_tokens: 2_000 },
      tools: [{ name: 'weather', input_schema: parameters }],
    };
    const first = await anthropic.messages.stream({ ...params, messages }).finalMessage();
    const results = first.content.flatMap((block) =>
      block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'rain' }] : [],
    );
    const second = await anthropic.messages
      .stream({
        ...params,
        messages: [...messages, { role: 'assistant', content: first.content }, { role: 'user', content: results }],
      })
      .finalMessage();
    expect(second.content).toMatchObject([{ type: 'text', text: 'It rains in both.' }]);
    const sent = JSON.stringify(upstream.calls[1]?.body);
    expect(sent).toContain('Zürich');
    expect(sent).toContain('rain');
    if (model !== 'openai-format') expect(sent).toContain('c2ln');
  });

  it('OpenAI’s client makes the same response of a stream, thoughts and calls included', async () => {
    upstream.always(FULL);
    const params = {
      model,
      input: 'Weather?',
      reasoning: { effort: 'low' as const, summary: 'auto' as const },
      tools: [{ type: 'function' as const, name: 'weather', parameters: BODY, strict: true }],
    };
    const whole = await openai.responses.create(params);
    const streamed = await openai.responses.stream(params).finalResponse();
    expect(whole.output.map((item) => item.type)).toEqual(['reasoning', 'message', 'function_call', 'function_call']);
    expect(whole.output_text).toBe('Looking: «ünïcödé» 👋.');
    expect(bare(streamed.output)).toEqual(bare(whole.output));
    expect(streamed.status).toBe('completed');
    expect(bare(streamed.usage)).toEqual(bare(whole.usage));
    expect(whole.usage).toMatchObject({
      input_tokens: 40,
      output_tokens: 30,
      input_tokens_details: { cached_tokens: 8 },
    });
  });

  it('OpenAI’s client hands a response’s items and results back in the next turn', async () => {
    upstream.next(FULL, { text: 'It rains in both.' });
    const tools = [{ type: 'function' as const, name: 'weather', parameters: BODY, strict: true }];
    const first = await openai.responses.stream({ model, input: 'Weather?', tools }).finalResponse();
    const results = first.output.flatMap((item) =>
      item.type === 'function_call'
        ? [{ type: 'function_call_output' as const, call_id: item.call_id, output: 'rain' }]
        : [],
    );
    const second = await openai.responses
      .stream({ model, previous_response_id: first.id, input: results, tools })
      .finalResponse();
    expect(second.output_text).toBe('It rains in both.');
    expect(JSON.stringify(upstream.calls[1]?.body)).toContain('Zürich');
  });

  it('OpenAI’s client runs tools until the model has spoken', async () => {
    upstream.next(FULL, { text: 'It rains in both.' });
    const asked: unknown[] = [];
    const runner = openai.chat.completions.runTools({
      model,
      messages,
      stream: true,
      tools: [
        {
          type: 'function',
          function: {
            name: 'weather',
            description: 'The weather.',
            parameters,
            parse: (text: string) => JSON.parse(text) as { city: string },
            function: ({ city }: { city: string }) => {
              asked.push(city);
              return 'rain';
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe('It rains in both.');
    expect(asked).toEqual(['Bern', 'Zürich']);
  });

  it('OpenAI’s client parses what a schema promises, whole and in pieces, in both its interfaces', async () => {
    const json = '{"city":"Bern","degrees":7}';
    const schema = z.object({ city: z.string(), degrees: z.number() });
    upstream.always((call) => structured(call.body, json));
    const response_format = zodResponseFormat(schema, 'weather');
    const wanted = { city: 'Bern', degrees: 7 };
    const parsed = await openai.chat.completions.parse({ model, messages, response_format });
    expect(parsed.choices[0]?.message.parsed).toEqual(wanted);
    const streamed = await openai.chat.completions.stream({ model, messages, response_format }).finalChatCompletion();
    expect(streamed.choices[0]?.message.parsed).toEqual(wanted);
    const text = { format: zodTextFormat(schema, 'weather') };
    expect((await openai.responses.parse({ model, input: 'Weather?', text })).output_parsed).toEqual(wanted);
    const last = await openai.responses.stream({ model, input: 'Weather?', text }).finalResponse();
    expect(last.output_parsed).toEqual(wanted);
  });

  it('each client raises its own class when the provider fails in the middle of a stream', async () => {
    const broken: Script = {
      text: 'one two three four five six seven eight',
      errorFrame: { type: 'overloaded_error', message: 'too busy' },
      gapMs: 5,
    };
    upstream.always(broken);
    await expect(openai.chat.completions.stream({ model, messages }).finalChatCompletion()).rejects.toThrow('too busy');
    await expect(anthropic.messages.stream({ model, messages, max_tokens: 9 }).finalMessage()).rejects.toBeInstanceOf(
      Anthropic.APIError,
    );
  });
});
