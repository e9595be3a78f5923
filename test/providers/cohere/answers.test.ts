/** Cohere's answers, streams and errors in OpenAI's words. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cohere } from '../../../providers/cohere/index.ts';
import { costNanoUsd, parsePrices } from '../../../providers/pricing/cost.ts';
import { InvalidResponse, type WireEvent } from '../../../providers/provider.ts';
import { ask, chatOf, decode, event, fixture, linesOf, targetOf } from '../streams.ts';

const chat = chatOf(cohere);
const target = targetOf('command-a');
const read = (body: unknown) => chat.fromResponse(body, ask(), target);
const stream = (list: readonly WireEvent[]) => decode(chat.decoder(ask({ stream: true }), target), list);
const events = (path: string) => linesOf(path).map((line) => event(line));

const answer = (message: object, rest: object = {}) => ({ id: 'x', finish_reason: 'COMPLETE', message, ...rest });

describe('a whole answer', () => {
  it('has text, citations and the real counts', () => {
    const body = JSON.parse(fixture('cohere/text.json')) as { message: { citations: unknown[] } };
    expect(read(body)).toEqual({
      id: 'e759',
      object: 'chat.completion',
      created: target.created,
      model: 'command-a',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'The capital of France is Paris.',
            provider_specific_fields: { citations: body.message.citations },
          },
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 507,
        completion_tokens: 10,
        total_tokens: 517,
        prompt_tokens_details: { cached_tokens: 448 },
        billed_units: { input_tokens: 12, output_tokens: 7 },
      },
    });
  });

  it('costs what is billed, not what was read', () => {
    const { usage } = read(JSON.parse(fixture('cohere/text.json')));
    const prices = parsePrices({ input_cost_per_token: '0.001', output_cost_per_token: '0.01' });
    if (usage === undefined || prices === undefined) throw new Error('no usage');
    expect(costNanoUsd(usage, prices)).toBe(12_000_000n + 70_000_000n);
  });

  it('has thoughts, the plan among them, and tools whose arguments are JSON', () => {
    const [choice] = read(
      answer(
        {
          content: [{ type: 'thinking', thinking: 'hm ' }],
          tool_plan: 'I look.',
          tool_calls: [
            { id: 'a', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
            { type: 'function', function: { name: 'g', arguments: 'null' } },
          ],
        },
        { finish_reason: 'TOOL_CALL' },
      ),
    ).choices;
    expect(choice).toEqual({
      index: 0,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: null,
        reasoning_content: 'hm I look.',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 'call_chatcmpl-gateway_1', type: 'function', function: { name: 'g', arguments: '{}' } },
        ],
      },
    });
  });

  it.each([
    ['COMPLETE', 'stop', undefined],
    ['STOP_SEQUENCE', 'stop', 'STOP_SEQUENCE'],
    ['MAX_TOKENS', 'length', undefined],
    ['ERROR_TOXIC', 'content_filter', 'ERROR_TOXIC'],
    ['NEW_WORD', 'stop', 'NEW_WORD'],
  ])('ends with %s as %s', (word, reason, native) => {
    const [choice] = read(answer({ content: [{ type: 'text', text: 'x' }] }, { finish_reason: word })).choices;
    expect(choice?.finish_reason).toBe(reason);
    expect(choice?.message.provider_specific_fields?.['native_finish_reason']).toBe(native);
  });

  it('gives the probability of each piece of text', () => {
    const logprobs = [
      { text: 'ab', token_ids: [1, 2], logprobs: [-0.5, -0.25] },
      { text: 'c', logprobs: [] },
    ];
    expect(read(answer({ content: [] }, { logprobs })).choices[0]?.logprobs).toEqual({
      content: [{ token: 'ab', logprob: -0.75, bytes: null, top_logprobs: [] }],
    });
  });

  it('has no usage when the counts are missing, negative or absurd', () => {
    for (const usage of [
      undefined,
      {},
      { tokens: { input_tokens: -1 } },
      { tokens: { input_tokens: 1e12 } },
      { tokens: 3 },
    ])
      expect(read(answer({ content: [] }, { usage })).usage).toBeUndefined();
    expect(read(answer({ content: [] }, { usage: { billed_units: { output_tokens: 3 } } })).usage?.total_tokens).toBe(
      3,
    );
  });

  it.each([
    [{ message: 'too many tokens: total exceeds' }, 'context_length_exceeded'],
    [answer({}, { finish_reason: 'ERROR', error: 'broken' }), 'provider_error'],
    [answer({}, { finish_reason: 'TIMEOUT' }), 'provider_timeout'],
  ])('%j is a failure', (body, code) => {
    try {
      read(body);
      expect('thrown').toBe('not thrown');
    } catch (error) {
      expect((error as InvalidResponse).failure).toMatchObject({ code, billed: 'maybe' });
    }
  });

  it('is refused when it is none', () => {
    for (const body of [null, 'x', [], {}, { message: { content: [1] } }, { message: { tool_calls: [{}] } }])
      expect(() => read(body)).toThrow(InvalidResponse);
  });
});

describe('a stream', () => {
  it('gives the plan, parallel tools and the counts', () => {
    const { chunks, complete, response } = stream(events('cohere/tools.chunks.jsonl'));
    expect(complete).toBe(true);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', reasoning_content: 'I will' });
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason)).toHaveLength(1);
    expect(response).toMatchObject({
      id: '2941521a',
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            content: null,
            reasoning_content: 'I will look.',
            tool_calls: [
              { id: 'weather_e8p4', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
              { id: 'now_y46a', type: 'function', function: { name: 'now', arguments: '{}' } },
            ],
          },
        },
      ],
      usage: { prompt_tokens: 1445, completion_tokens: 43, total_tokens: 1488 },
    });
  });

  it('gives thoughts, text and citations', () => {
    expect(stream(events('cohere/thinking.chunks.jsonl')).response?.choices[0]?.message).toEqual({
      role: 'assistant',
      content: 'The answer is 4.',
      reasoning_content: 'Two and two.',
      provider_specific_fields: {
        citations: [{ start: 4, end: 10, text: 'answer', sources: [], type: 'TEXT_CONTENT' }],
      },
    });
  });

  it.each([
    [['null'], '{}'],
    [['nu', 'll'], '{}'],
    [['nu', 'mber'], 'number'],
    [['', '{', '}'], '{}'],
  ])('reads the arguments %j as %j', (pieces, expected) => {
    const list = linesOf('cohere/tools.chunks.jsonl');
    const deltas = pieces.map((text) =>
      event({
        type: 'tool-call-delta',
        index: 0,
        delta: { message: { tool_calls: { function: { arguments: text } } } },
      }),
    );
    const { response } = stream([event(list[0]), event(list[3]), ...deltas, event(list[6]), event(list[9])]);
    expect(response?.choices[0]?.message.tool_calls?.[0]?.function.arguments).toBe(expected);
  });

  it('closes calls that were not closed', () => {
    const list = linesOf('cohere/tools.chunks.jsonl');
    const { response } = stream([event(list[0]), event(list[7]), event(list[9])]);
    expect(response?.choices[0]?.message.tool_calls?.[0]?.function.arguments).toBe('{}');
  });

  it('is truncated without its last event', () => {
    const list = events('cohere/thinking.chunks.jsonl');
    for (let length = 0; length < list.length; length += 1)
      expect(stream(list.slice(0, length)).failure?.code).toBe('provider_invalid_response');
    expect(stream([...list, event('[DONE]')]).complete).toBe(true);
  });

  it('fails with the provider’s words, before and after it began', () => {
    const list = events('cohere/thinking.chunks.jsonl');
    const ended = event({ type: 'message-end', delta: { finish_reason: 'ERROR', error: 'model broke' } });
    expect(stream([...list.slice(0, 4), ended]).failure).toMatchObject({
      code: 'provider_error',
      message: 'model broke',
    });
    const early = stream([...list.slice(0, 2), event({ message: 'busy', id: 'x' })]);
    expect(early.chunks).toEqual([]);
    expect(early.failure).toMatchObject({ message: 'busy', billed: 'maybe' });
    expect(stream([...list.slice(0, 4), event('{"type":')]).failure?.code).toBe('provider_invalid_response');
  });

  it('gives the same answer however the text was cut', () => {
    const list = events('cohere/thinking.chunks.jsonl');
    fc.assert(
      fc.property(fc.array(fc.string()), (pieces) => {
        const deltas = pieces.map((text) =>
          event({ type: 'content-delta', index: 1, delta: { message: { content: { text } } } }),
        );
        const { response, complete } = stream([...list.slice(0, 6), ...deltas, ...list.slice(10)]);
        expect(complete).toBe(true);
        expect(response?.choices[0]?.message.content ?? '').toBe(pieces.join(''));
      }),
    );
  });
});

describe('an error', () => {
  it.each([
    [400, 'invalid request: too many tokens: size limit exceeded', 'context_length_exceeded'],
    [400, 'invalid request: message must be at least 1 token long', 'invalid_request'],
    [401, 'invalid api token', 'provider_auth_failed'],
    [402, 'Please add or update your payment method', 'provider_auth_failed'],
    [404, "model 'x' not found", 'provider_model_not_found'],
    [422, 'unprocessable', 'unprocessable'],
    [429, 'You are using a Trial key, which is limited', 'rate_limit_exceeded'],
    [498, 'invalid token', 'provider_auth_failed'],
    [499, 'request cancelled', 'provider_unavailable'],
    [503, 'unavailable', 'provider_unavailable'],
  ])('%i "%s" is %s', (status, message, code) => {
    expect(cohere.fromError(status, { id: 'x', message }, {})).toMatchObject({ code, providerStatus: status });
  });
});

const recorded = process.env['HOLDFAST_FIXTURES'] ?? '';

if (recorded !== '' && existsSync(recorded)) {
  describe('recordings', () => {
    it.each([
      ['cohere-text', 'stop', 517],
      ['cohere-tool-call', 'tool_calls', undefined],
      ['cohere-empty-tool-call', 'tool_calls', 1488],
    ])('%s streams to its end: %s', (name, reason, total) => {
      const lines = readFileSync(`${recorded}/cohere/${name}.chunks.txt`, 'utf8').trim().split('\n');
      const { response, complete } = stream(lines.map((line) => event(line)));
      expect(complete).toBe(true);
      expect(response?.choices[0]?.finish_reason).toBe(reason);
      if (total !== undefined) expect(response?.usage?.total_tokens).toBe(total);
      for (const call of response?.choices[0]?.message.tool_calls ?? [])
        expect(() => JSON.parse(call.function.arguments) as unknown).not.toThrow();
    });

    it.each(['cohere-text', 'cohere-tool-call', 'cohere-reasoning', 'cohere-citations', 'cohere-max-tokens'])(
      '%s is a whole answer',
      (name) => {
        const body: unknown = JSON.parse(readFileSync(`${recorded}/cohere/${name}.json`, 'utf8'));
        const response = read(body);
        expect(response.usage?.prompt_tokens).toBeGreaterThan(0);
        expect(['stop', 'tool_calls', 'length']).toContain(response.choices[0]?.finish_reason);
      },
    );
  });
}
