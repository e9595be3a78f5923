/** The built-in provider: the same request, the same answer, to the token. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instanceOf } from '../../../providers/mock/instance.ts';
import { mock, mockReply, type MockReply } from '../../../providers/mock.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, decode, event, sent, targetOf, type Decoded } from '../streams.ts';

const chat = chatOf(mock);

function reply(fields: Partial<ChatRequest>, model = 'plain'): MockReply {
  const { wire } = sent(
    chat.toRequest(
      ask({ messages: [{ role: 'user', content: 'one two three' }], ...fields }),
      targetOf(model, {}, mock.baseUrl),
    ),
  );
  return mockReply(String(wire.body));
}

function whole(fields: Partial<ChatRequest>, model?: string) {
  const given = reply(fields, model);
  if (!('body' in given)) throw new Error('a stream');
  return chat.fromResponse(JSON.parse(given.body), ask(), targetOf('plain'));
}

function streamed(
  fields: Partial<ChatRequest>,
  model?: string,
): Decoded & { reply: MockReply & { events: readonly unknown[] } } {
  const given = reply({ stream: true, ...fields }, model);
  if (!('events' in given)) throw new Error('no stream');
  return {
    ...decode(
      chat.decoder(ask(), targetOf('plain')),
      given.events.map((one) => event(one.data)),
    ),
    reply: given,
  };
}

describe('the mock', () => {
  it('answers with what it was asked, and counts words', () => {
    const response = whole({});
    expect(response.choices[0]).toEqual({
      index: 0,
      message: { role: 'assistant', content: 'This is a mock answer to: one two three' },
      finish_reason: 'stop',
    });
    expect(response.usage).toEqual({ prompt_tokens: 6, completion_tokens: 9, total_tokens: 15 });
    expect(response.id).toBe('chatcmpl-gateway');
    expect(reply({})).toEqual(reply({}));
  });

  it('streams the same answer word by word', () => {
    const { response, chunks, complete } = streamed({});
    expect(complete).toBe(true);
    expect(response).toEqual({ ...whole({}), choices: whole({}).choices });
    expect(chunks).toHaveLength(1 + 9 + 1 + 1);
  });

  it('honours the limit, n, words and text', () => {
    expect(whole({ max_tokens: 2 })).toMatchObject({
      choices: [{ message: { content: 'This is' }, finish_reason: 'length' }],
      usage: { completion_tokens: 2 },
    });
    expect(whole({ n: 3, mock: { words: 4 } })).toMatchObject({ usage: { completion_tokens: 12 } });
    expect(whole({ n: 3 }).choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
    expect(whole({ mock: { text: 'said' } }).choices[0]?.message.content).toBe('said');
    expect(streamed({ n: 2, mock: { words: 3 } }).response?.choices.map((choice) => choice.message.content)).toEqual([
      'word1 word2 word3',
      'word1 word2 word3',
    ]);
  });

  it('calls a tool when it must, with arguments of the right shape', () => {
    const tools = [
      { type: 'function', function: { name: 'f' } },
      {
        type: 'function',
        function: {
          name: 'g',
          parameters: { type: 'object', properties: { n: { type: 'integer', minimum: 3 } }, required: ['n'] },
        },
      },
    ];
    expect(whole({ tools }).choices[0]?.message.tool_calls).toBeUndefined();
    expect(whole({ tools, tool_choice: 'required' }).choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: null, tool_calls: [{ function: { name: 'f', arguments: '{}' } }] },
    });
    const named: Partial<ChatRequest> = { tools, tool_choice: { type: 'function', function: { name: 'g' } } };
    expect(whole(named).choices[0]?.message.tool_calls?.[0]?.function).toEqual({ name: 'g', arguments: '{"n":3}' });
    expect(streamed(named).response?.choices[0]).toEqual(whole(named).choices[0]);
  });

  it('gives a valid instance of a schema', () => {
    const schema = {
      type: 'object',
      required: ['s', 'e', 'a', 'r', 'u', 'x', 'm'],
      properties: {
        s: { type: 'string', minLength: 6 },
        e: { enum: ['b', 'c'] },
        a: { type: 'array', minItems: 2, items: { type: 'boolean' } },
        r: { $ref: '#/$defs/r' },
        u: { anyOf: [{ type: 'null' }] },
        x: { type: 'integer', exclusiveMinimum: 4, multipleOf: 5 },
        m: { type: 'number', maximum: -2 },
        optional: { type: 'string' },
      },
      $defs: { r: { const: 7 } },
    };
    const { content } =
      whole({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }).choices[0]?.message ?? {};
    expect(JSON.parse(content ?? '')).toEqual({ s: 'mockxx', e: 'b', a: [false, false], r: 7, u: null, x: 10, m: -2 });
    expect(instanceOf({ type: 'object', required: ['x'], properties: { x: { $ref: '#' } } })).toBeDefined();
    expect(JSON.parse(whole({ response_format: { type: 'json_object' } }).choices[0]?.message.content ?? '')).toEqual({
      answer: 'one two three',
    });
  });

  it('is slow and fails as the model’s name says', () => {
    expect(reply({}, 'delay-2000')).toMatchObject({ status: 200, delayMs: 2000 });
    expect(reply({}, 'fail-429')).toMatchObject({ status: 429, headers: { 'content-type': 'application/json' } });
    expect(reply({ stream: true }, 'fail-503')).toMatchObject({ status: 503 });
  });

  it('is slow and fails as the body says', () => {
    const failing = reply({ mock: { delay_ms: 5, fail: { status: 429, message: 'calm', retry_after_s: 3 } } });
    expect(failing).toMatchObject({ status: 429, delayMs: 5, headers: { 'retry-after': '3' } });
    const failure = mock.fromError(failing.status, JSON.parse('body' in failing ? failing.body : ''), failing.headers);
    expect(failure).toMatchObject({ code: 'rate_limit_exceeded', message: 'calm', retryAfterMs: 3000 });
    const slow = streamed({ mock: { chunk_delay_ms: 7, words: 2 } }).reply;
    expect(slow.events.map((one) => (one as { delayMs: number }).delayMs)).toEqual([0, 7, 7, 7, 7, 7]);
  });

  it('breaks streams off after some chunks, with or without words', () => {
    const cut = streamed({ mock: { fail: { after_chunks: 3 } } });
    expect(cut.reply).toMatchObject({ truncated: true });
    expect(cut.chunks).toHaveLength(3);
    expect(cut.failure?.code).toBe('provider_invalid_response');
    const said = streamed({ mock: { fail: { after_chunks: 2, status: 503 } } });
    expect(said.chunks).toHaveLength(2);
    expect(said.failure).toMatchObject({ code: 'provider_unavailable', billed: 'maybe' });
    expect(reply({ mock: { fail: {} } })).toMatchObject({ events: [], truncated: true });
  });

  it('refuses instructions it does not know', () => {
    expect(reply({ mock: { delay_ms: -1 } })).toMatchObject({ status: 400 });
    expect(reply({ mock: { explode: true } })).toMatchObject({ status: 400 });
    expect(mockReply('not json')).toMatchObject({ status: 400 });
  });

  it('bills the same whether it streams or not, for any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 20 }), (text, limit) => {
        const fields: Partial<ChatRequest> = { messages: [{ role: 'user', content: `x ${text}` }], max_tokens: limit };
        expect(streamed(fields).response?.usage).toEqual(whole(fields).usage);
        expect(streamed(fields).response?.choices[0]?.message.content).toBe(whole(fields).choices[0]?.message.content);
      }),
      { numRuns: 50 },
    );
  });
});
