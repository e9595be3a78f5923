/** OpenAI's stream: what passes, what is put in order, and when a stream counts as broken. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { catalog } from '../../../providers/catalog.ts';
import type { Decoder } from '../../../providers/provider.ts';
import { ask, chatOf, decode, event, linesOf, targetOf } from '../streams.ts';

function decoderOf(id = 'openai'): Decoder {
  return chatOf(catalog[id]).decoder(ask({ stream: true }), targetOf('gpt-4o'));
}

const DONE = event('[DONE]');
const text = linesOf('openai/text.chunks.jsonl').map((line) => event(line));

function chunk(delta: object, finish: string | null = null, extra: object = {}): ReturnType<typeof event> {
  return event({ id: 'c', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], ...extra });
}

describe('the decoder of OpenAI’s stream', () => {
  it('gives every delta, one finish reason, and the usage alone at the end', () => {
    const { chunks, complete, failure, response } = decode(decoderOf(), [...text, DONE]);
    expect(failure).toBeUndefined();
    expect(complete).toBe(true);
    expect(chunks.map((one) => one.choices.length)).toEqual([1, 1, 1, 1, 0]);
    expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 16, completion_tokens: 3, total_tokens: 19 });
    expect(chunks.slice(0, -1).every((one) => one.usage === undefined)).toBe(true);
    expect(response).toMatchObject({
      id: 'chatcmpl-AbC123',
      model: 'gpt-4o-2024-08-06',
      system_fingerprint: 'fp_de604bd877',
      service_tier: 'default',
      choices: [
        {
          finish_reason: 'stop',
          message: { content: 'Hello there.' },
          logprobs: { content: [{ token: 'Hello' }, { token: ' there.' }] },
        },
      ],
    });
  });

  it('puts parallel tool calls together by their index', () => {
    const { response } = decode(decoderOf(), [
      ...linesOf('openai/tools.chunks.jsonl').map((line) => event(line)),
      DONE,
    ]);
    expect(response?.choices[0]?.message).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
        { id: 'call_b', type: 'function', function: { name: 'time', arguments: '{}' } },
      ],
    });
  });

  it('keeps calls apart that a server sends all under index 0', () => {
    const call = (id: string, args: string) =>
      chunk({ tool_calls: [{ index: 0, id, function: { name: id, arguments: args } }] });
    const { response } = decode(decoderOf(), [call('a', '{"x":1}'), call('b', '{"y":2}'), chunk({}, 'stop'), DONE]);
    expect(response?.choices[0]?.message.tool_calls?.map((one) => one.function.arguments)).toEqual([
      '{"x":1}',
      '{"y":2}',
    ]);
    expect(response?.choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('gives ids and text to calls that come without an id and with an object for arguments', () => {
    const { response } = decode(decoderOf(), [
      chunk({ tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }] }),
      chunk({}, 'tool_calls'),
      DONE,
    ]);
    const [call] = response?.choices[0]?.message.tool_calls ?? [];
    expect(call?.id).toMatch(/^call_/);
    expect(call?.function.arguments).toBe('{"a":1}');
  });

  it('is truncated when the connection ends before a finish reason', () => {
    const { failure, complete } = decode(decoderOf(), text.slice(0, 3));
    expect(complete).toBe(false);
    expect(failure).toMatchObject({ code: 'provider_invalid_response', billed: 'maybe' });
  });

  it('is complete without [DONE] when every choice has finished', () => {
    expect(decode(decoderOf(), text).complete).toBe(true);
    const second = event({ choices: [{ index: 1, delta: { content: 'x' }, finish_reason: null }] });
    expect(decode(decoderOf(), [...text.slice(0, 4), second]).failure?.code).toBe('provider_invalid_response');
  });

  it('is broken when [DONE] is all there is', () => {
    expect(decode(decoderOf(), [DONE]).failure?.code).toBe('provider_invalid_response');
    expect(decode(decoderOf(), []).failure?.code).toBe('provider_invalid_response');
  });

  it('ignores a second [DONE] and whatever follows the first', () => {
    let decoder = decoderOf();
    for (const one of [...text, DONE]) decoder = decoder(one).next;
    for (const late of [DONE, event('garbage'), chunk({ content: 'late' }), { kind: 'end' as const }]) {
      const step = decoder(late);
      expect(step).toMatchObject({ chunks: [] });
      expect(step.failure).toBeUndefined();
    }
  });

  it('fails on text that is no JSON object', () => {
    for (const data of ['{"id":', '<html>', '42', 'null', '[]']) {
      expect(decode(decoderOf(), [event(data)]).failure).toMatchObject({
        code: 'provider_invalid_response',
        billed: 'maybe',
      });
    }
    expect(decode(decoderOf(), [event({ choices: 'x' })]).failure?.code).toBe('provider_invalid_response');
    expect(decode(decoderOf(), [event({ choices: [null] })]).failure?.code).toBe('provider_invalid_response');
  });

  it('reads errors inside the stream in every shape', () => {
    const failureOf = (data: unknown, name?: string) =>
      decode(decoderOf(), [...text.slice(0, 2), event(data, name)]).failure;
    expect(failureOf({ error: { message: 'boom', type: 'server_error', code: null } })).toMatchObject({
      code: 'provider_error',
      message: 'boom',
      billed: 'maybe',
    });
    expect(failureOf({ error: { message: 'slow down', type: 'rate_limit_error' } })).toMatchObject({
      code: 'rate_limit_exceeded',
    });
    expect(
      failureOf(
        { error: { message: 'no', type: 'invalid_request_error', code: 'tool_use_failed', status_code: 400 } },
        'error',
      ),
    ).toMatchObject({
      code: 'invalid_request',
      providerStatus: 400,
      providerCode: 'tool_use_failed',
    });
    expect(failureOf({ object: 'error', message: 'too big', code: 503 })).toMatchObject({
      code: 'provider_unavailable',
    });
    expect(
      failureOf({
        choices: [{ index: 0, delta: {}, finish_reason: 'error', error: { code: 502, message: 'upstream' } }],
      }),
    ).toMatchObject({ code: 'provider_bad_gateway' });
  });

  it('takes usage out of a chunk with content, and keeps the last of several', () => {
    const usage = (n: number) => ({ usage: { prompt_tokens: 5, completion_tokens: n, total_tokens: 5 + n } });
    const { chunks } = decode(decoderOf('groq'), [
      chunk({ content: 'a' }, null, usage(1)),
      chunk({}, 'stop', usage(2)),
      DONE,
    ]);
    expect(chunks.map((one) => one.usage?.completion_tokens)).toEqual([undefined, undefined, 2]);
    expect(chunks.at(-1)?.choices).toEqual([]);
  });

  it('leaves usage out when it is negative or absurd', () => {
    for (const usage of [
      { prompt_tokens: -1, completion_tokens: 1 },
      { prompt_tokens: 1e15, completion_tokens: 1 },
      { prompt_tokens: 1.5, completion_tokens: 1 },
      'many',
      {},
    ]) {
      const { chunks, complete } = decode(decoderOf(), [chunk({ content: 'a' }, 'stop', { usage }), DONE]);
      expect(complete).toBe(true);
      expect(chunks.some((one) => one.usage !== undefined)).toBe(false);
    }
  });

  it('calls reasoning by one name, and unpacks Mistral’s lists', () => {
    const cerebras = decode(decoderOf('cerebras'), [chunk({ reasoning: 'hm' }), chunk({ content: 'x' }, 'stop'), DONE]);
    expect(cerebras.response?.choices[0]?.message).toMatchObject({ reasoning_content: 'hm', content: 'x' });
    const mistral = decode(decoderOf('mistral'), [
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] }),
      chunk({ content: [{ type: 'text', text: 'x' }] }, 'model_length'),
      DONE,
    ]);
    expect(mistral.response?.choices[0]).toMatchObject({
      finish_reason: 'length',
      message: {
        reasoning_content: 'hm',
        content: 'x',
        provider_specific_fields: { native_finish_reason: 'model_length' },
      },
    });
  });

  it('adds the reasoning tokens that xAI counts beside the answer', () => {
    const usage = {
      prompt_tokens: 291,
      completion_tokens: 26,
      total_tokens: 513,
      completion_tokens_details: { reasoning_tokens: 196 },
    };
    const { chunks } = decode(decoderOf('xai'), [chunk({ content: 'a' }, 'stop'), event({ choices: [], usage }), DONE]);
    expect(chunks.at(-1)?.usage).toMatchObject({ completion_tokens: 222, total_tokens: 513 });
  });

  it('fills in what a chunk lacks, and gives each choice the role once', () => {
    const { chunks } = decode(decoderOf(), [
      event({ choices: [{ delta: { content: 'a' } }] }),
      event({ choices: [{ delta: { content: 'b' }, finish_reason: 'stop' }] }),
      DONE,
    ]);
    expect(chunks[0]).toMatchObject({
      id: 'chatcmpl-gateway',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'gpt-4o',
    });
    expect(chunks[0]?.choices[0]).toEqual({
      index: 0,
      delta: { role: 'assistant', content: 'a' },
      finish_reason: null,
    });
    expect(chunks[1]?.choices[0]?.delta).toEqual({ content: 'b' });
  });

  it('gives exactly one finish reason per choice', () => {
    const twice = decode(decoderOf(), [chunk({ content: 'a' }, 'stop'), chunk({}, 'stop'), DONE]);
    expect(twice.chunks.filter((one) => one.choices[0]?.finish_reason !== null)).toHaveLength(1);
    const never = decode(decoderOf(), [chunk({ content: 'a' }), DONE]);
    expect(never.chunks.at(-1)?.choices).toEqual([{ index: 0, delta: {}, finish_reason: 'stop' }]);
  });

  it('passes fields it does not know', () => {
    const { response } = decode(decoderOf(), [
      chunk({ content: 'a', reasoning_details: [{ n: 1 }] }, null, { citations: ['u'] }),
      chunk({ reasoning_details: [{ n: 2 }] }, 'stop', { x_new: { deep: true } }),
      DONE,
    ]);
    expect(response).toMatchObject({ citations: ['u'], x_new: { deep: true } });
    expect(response?.choices[0]?.message['reasoning_details']).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('drops the whole answer that Perplexity repeats beside each delta', () => {
    const one = event({
      choices: [{ index: 0, message: { content: 'ab' }, delta: { content: 'b' }, finish_reason: 'stop' }],
    });
    const { chunks } = decode(decoderOf('perplexity'), [one, DONE]);
    expect(chunks[0]?.choices[0]).not.toHaveProperty('message');
  });

  it('is a pure fold: a decoder gives the same step for the same event however often it is asked', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 20 }), fc.nat(), (pieces, seed) => {
        const events = [...pieces.map((piece) => chunk({ content: piece })), chunk({}, 'stop'), DONE];
        const states: Decoder[] = [decoderOf()];
        const once = events.map((one) => {
          const step = (states.at(-1) ?? decoderOf())(one);
          states.push(step.next);
          return JSON.stringify(step.chunks);
        });
        const at = seed % events.length;
        const again = states[at]?.(events[at] ?? DONE);
        expect(JSON.stringify(again?.chunks)).toBe(once[at]);
      }),
    );
  });

  it('joins to the same text however the answer was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (pieces) => {
        const { response } = decode(decoderOf(), [
          ...pieces.map((piece) => chunk({ content: piece })),
          chunk({}, 'stop'),
          DONE,
        ]);
        expect(response?.choices[0]?.message.content).toBe(pieces.join(''));
      }),
    );
  });
});
