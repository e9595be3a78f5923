/** Anthropic's answers and streams in OpenAI's words. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anthropic } from '../../../providers/anthropic/index.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { InvalidResponse, type WireEvent } from '../../../providers/provider.ts';
import { ask, chatOf, decode, event, fixture, linesOf, targetOf } from '../streams.ts';

const chat = chatOf(anthropic);
const target = targetOf('claude-sonnet-4-5');

const events = (path: string): WireEvent[] =>
  linesOf(path).map((line) => event(line, (JSON.parse(line) as { type: string }).type));
const stream = (list: readonly WireEvent[], request: Partial<ChatRequest> = {}, model = 'claude-sonnet-4-5') =>
  decode(chat.decoder(ask({ stream: true, ...request }), targetOf(model)), list);

describe('a whole answer', () => {
  it('joins the text and counts the cache inside the prompt', () => {
    expect(chat.fromResponse(JSON.parse(fixture('anthropic/text.json')), ask(), target)).toEqual({
      id: 'msg_01Text',
      object: 'chat.completion',
      created: target.created,
      model: 'claude-sonnet-4-5-20250929',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello! How are you?' }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 1112,
        completion_tokens: 29,
        total_tokens: 1141,
        prompt_tokens_details: {
          cached_tokens: 1000,
          cache_creation_tokens: 100,
          cache_creation_token_details: { ephemeral_5m_input_tokens: 60, ephemeral_1h_input_tokens: 40 },
        },
        cache_creation_input_tokens: 100,
        cache_read_input_tokens: 1000,
        service_tier: 'standard',
      },
    });
  });

  it('keeps thinking with its signature, tools, citations and server tools', () => {
    const citation = { type: 'char_location', cited_text: 'c' };
    const server = { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } };
    const body = {
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'sig' },
        { type: 'redacted_thinking', data: 'zz' },
        server,
        { type: 'text', text: 'a', citations: [citation] },
        { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } },
        { type: 'tool_use', id: 't2', name: 'g', input: {} },
      ],
      stop_reason: 'tool_use',
      usage: {
        input_tokens: 1,
        output_tokens: 9,
        output_tokens_details: { thinking_tokens: 4 },
        server_tool_use: { web_search_requests: 2 },
      },
    };
    const { choices, usage } = chat.fromResponse(body, ask(), target);
    expect(choices[0]).toEqual({
      index: 0,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: 'a',
        reasoning_content: 'hm',
        thinking_blocks: [
          { type: 'thinking', thinking: 'hm', signature: 'sig' },
          { type: 'redacted_thinking', data: 'zz' },
        ],
        tool_calls: [
          { id: 't1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 't2', type: 'function', function: { name: 'g', arguments: '{}' } },
        ],
        provider_specific_fields: { citations: [citation], content_blocks: [server] },
      },
    });
    expect(usage).toMatchObject({
      completion_tokens_details: { reasoning_tokens: 4 },
      server_tool_use: { web_search_requests: 2 },
    });
  });

  it.each([
    ['end_turn', 'stop', undefined],
    ['stop_sequence', 'stop', 'stop_sequence'],
    ['max_tokens', 'length', undefined],
    ['model_context_window_exceeded', 'length', 'model_context_window_exceeded'],
    ['refusal', 'content_filter', 'refusal'],
    ['pause_turn', 'stop', 'pause_turn'],
    ['something_new', 'stop', 'something_new'],
  ])('ends with %s as %s', (reason, expected, native) => {
    const [choice] = chat.fromResponse(
      { content: [{ type: 'text', text: 'x' }], stop_reason: reason },
      ask(),
      target,
    ).choices;
    expect(choice?.finish_reason).toBe(expected);
    expect(choice?.message.provider_specific_fields?.['native_finish_reason']).toBe(native);
  });

  it('has no usage when the counts are missing, negative or absurd', () => {
    for (const usage of [
      undefined,
      {},
      { input_tokens: -1, output_tokens: 1 },
      { input_tokens: 1, output_tokens: 1e12 },
      { input_tokens: 1, output_tokens: 1, cache_read_input_tokens: -4 },
    ]) {
      expect(chat.fromResponse({ content: [], usage }, ask(), target).usage).toBeUndefined();
    }
  });

  it('is refused when it is none, with the error it carries', () => {
    expect(() => chat.fromResponse({ choices: [] }, ask(), target)).toThrow(InvalidResponse);
    expect(() => chat.fromResponse('<html>', ask(), target)).toThrow(InvalidResponse);
    try {
      chat.fromResponse({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, ask(), target);
      expect('thrown').toBe('not thrown');
    } catch (error) {
      expect((error as InvalidResponse).failure).toMatchObject({ code: 'provider_overloaded', billed: 'maybe' });
    }
  });
});

describe('a stream', () => {
  it('gives text, one finish reason, and usage last', () => {
    const { chunks, complete, response } = stream(events('anthropic/text.chunks.jsonl'));
    expect(complete).toBe(true);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content)).toEqual([
      'Hello',
      '! How are you?',
      undefined,
      undefined,
    ]);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason)).toHaveLength(1);
    expect(chunks.at(-1)).toMatchObject({
      id: 'msg_01Text',
      created: target.created,
      choices: [],
      usage: { prompt_tokens: 12, completion_tokens: 30, total_tokens: 42 },
    });
    expect(response?.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Hello! How are you?' } });
  });

  it('gives thinking as it comes, its signed block once whole, and parallel tools', () => {
    const { chunks, response } = stream(events('anthropic/thinking-and-tools.chunks.jsonl'));
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', reasoning_content: 'Two cities, ' });
    expect(response?.choices[0]).toEqual({
      index: 0,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: 'Looking.',
        reasoning_content: 'Two cities, two calls.',
        thinking_blocks: [
          { type: 'thinking', thinking: 'Two cities, two calls.', signature: 'EqQBCgIYAhIM' },
          { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3p' },
        ],
        tool_calls: [
          { id: 'toolu_01A', type: 'function', function: { name: 'get_weather', arguments: '{"city": "Paris"}' } },
          { id: 'toolu_01B', type: 'function', function: { name: 'get_time', arguments: '{}' } },
        ],
      },
    });
    // message_delta repeated only the output: the input of message_start still counts.
    expect(response?.usage).toMatchObject({ prompt_tokens: 55, completion_tokens: 48 });
    const indices = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls?.map((call) => call.index) ?? []);
    expect(new Set(indices)).toEqual(new Set([0, 1]));
  });

  it('shows a refusal with its reason', () => {
    expect(stream(events('anthropic/refusal.chunks.jsonl')).response?.choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      message: {
        content: null,
        provider_specific_fields: { native_finish_reason: 'refusal', stop_details: { category: 'cyber' } },
      },
    });
  });

  it('streams structured output as content, unwrapped when it was wrapped', () => {
    const answer = (json: string[]): WireEvent[] => [
      event({ type: 'message_start', message: { usage: { input_tokens: 1, output_tokens: 1 } } }),
      event({
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: 't', name: 'json_tool_call', input: {} },
      }),
      ...json.map((partial) =>
        event({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: partial } }),
      ),
      event({ type: 'content_block_stop', index: 0 }),
      event({ type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 5 } }),
      event({ type: 'message_stop' }),
    ];
    const object = stream(answer(['{"a"', ':1}']), { response_format: { type: 'json_object' } });
    expect(object.response?.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: '{"a":1}' } });
    expect(object.response?.choices[0]?.message.tool_calls).toBeUndefined();
    const list: Partial<ChatRequest> = {
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'array' } } },
    };
    expect(
      stream(answer(['{"values":', '[1]}']), list, 'claude-3-opus-20240229').response?.choices[0]?.message.content,
    ).toBe('[1]');
  });

  it('keeps citations and server tools', () => {
    const { response } = stream([
      event({
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
      }),
      event({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"q":1}' } }),
      event({ type: 'content_block_stop', index: 0 }),
      event({ type: 'content_block_start', index: 1, content_block: { type: 'text', text: 'a' } }),
      event({ type: 'content_block_delta', index: 1, delta: { type: 'citations_delta', citation: { n: 1 } } }),
      event({ type: 'content_block_delta', index: 1, delta: { type: 'citations_delta', citation: { n: 2 } } }),
      event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: {} }),
      event({ type: 'message_stop' }),
    ]);
    expect(response?.choices[0]?.message.provider_specific_fields).toEqual({
      content_blocks: [{ type: 'server_tool_use', id: 's', name: 'web_search', input: { q: 1 } }],
      citations: [{ n: 1 }, { n: 2 }],
    });
  });

  it('fails on an error in the middle, and shows nothing when it fails at once', () => {
    const list = events('anthropic/text.chunks.jsonl');
    const overloaded = event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 'error');
    const late = stream([...list.slice(0, 4), overloaded]);
    expect(late.failure).toMatchObject({
      code: 'provider_overloaded',
      message: 'Overloaded',
      providerCode: 'overloaded_error',
      billed: 'maybe',
    });
    const early = stream([...list.slice(0, 3), overloaded]);
    expect(early.chunks).toEqual([]);
    expect(early.failure?.code).toBe('provider_overloaded');
  });

  it('is truncated without a stop reason, and complete with one', () => {
    const list = events('anthropic/text.chunks.jsonl');
    for (let length = 0; length < list.length - 2; length += 1) {
      expect(stream(list.slice(0, length)).failure?.code).toBe('provider_invalid_response');
    }
    expect(stream(list.slice(0, -1)).complete).toBe(true);
    expect(stream([...list.slice(0, 3), event({ type: 'message_stop' })]).failure?.code).toBe(
      'provider_invalid_response',
    );
  });

  it('ignores events it does not know and fails on text that is no JSON', () => {
    const list = events('anthropic/text.chunks.jsonl');
    expect(stream([...list.slice(0, 4), event({ type: 'brand_new' }), event(''), ...list.slice(4)]).complete).toBe(
      true,
    );
    expect(stream([...list.slice(0, 4), event('{"type":')]).failure?.code).toBe('provider_invalid_response');
  });

  it('gives the same answer however the text was cut, pings anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.boolean()), { minLength: 1 }), (pieces) => {
        const list = events('anthropic/text.chunks.jsonl');
        const deltas = pieces.flatMap(([text, ping]) => [
          ...(ping ? [event({ type: 'ping' })] : []),
          event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
        ]);
        const text = pieces.map(([piece]) => piece).join('');
        const { response, complete } = stream([...list.slice(0, 2), ...deltas, ...list.slice(5)]);
        expect(complete).toBe(true);
        expect(response?.choices[0]?.message.content).toBe(text === '' ? null : text);
      }),
    );
  });
});

const recorded = process.env['HOLDFAST_FIXTURES'];

if (recorded !== undefined && existsSync(recorded)) {
  describe('recorded streams', () => {
    it.each([
      ['anthropic-text', 'stop'],
      ['anthropic-json-tool.1', 'tool_calls'],
      ['anthropic-tool-no-args', 'tool_calls'],
      ['anthropic-message-delta-input-tokens', 'stop'],
      ['anthropic-refusal', 'content_filter'],
    ])('%s ends with %s', (name, reason) => {
      const lines = readFileSync(`${recorded}/anthropic/${name}.chunks.txt`, 'utf8').trim().split('\n');
      const { response, complete } = stream(lines.map((line) => event(line)));
      expect(complete).toBe(true);
      expect(response?.choices[0]?.finish_reason).toBe(reason);
      expect(response?.usage?.prompt_tokens).toBeGreaterThan(0);
    });
  });
}
