/** Converse's answers, streams and errors in OpenAI's words. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createFrameReader } from '../../../activities/http/frames.ts';
import { bedrock } from '../../../providers/bedrock/index.ts';
import { InvalidResponse, type WireEvent } from '../../../providers/provider.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, decode, event, fixture, targetOf } from '../streams.ts';
import { converseEvents, converseFixture } from './events.ts';

const chat = chatOf(bedrock);
const target = targetOf('us.anthropic.claude-sonnet-4-5-20250929-v1:0');
const read = (body: unknown, request: ChatRequest = ask(), at = target) => chat.fromResponse(body, request, at);
const stream = (list: readonly WireEvent[], request: ChatRequest = ask({ stream: true }), at = target) =>
  decode(chat.decoder(request, at), list);

const answer = (content: unknown, rest: object = {}) => ({
  output: { message: { role: 'assistant', content } },
  stopReason: 'end_turn',
  ...rest,
});
const json = (schema: object): Partial<ChatRequest> => ({
  response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { ...schema } } },
});
const oldClaude = targetOf('anthropic.claude-3-haiku-20240307-v1:0');

describe('a whole answer', () => {
  it('has text, the reason and the counts', () => {
    expect(read(JSON.parse(fixture('bedrock/text.json')))).toEqual({
      id: target.id,
      object: 'chat.completion',
      created: target.created,
      model: target.model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'The capital of France is Paris.' },
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 14,
        completion_tokens: 9,
        total_tokens: 23,
        prompt_tokens_details: { cached_tokens: 0, cache_creation_tokens: 0 },
      },
    });
  });

  it('has thoughts with their signatures, tools under the caller’s names, citations and what else there is', () => {
    const request = ask({ tools: [{ type: 'function', function: { name: '1st.tool' } }] });
    const [choice] = read(
      answer(
        [
          { reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } },
          { reasoningContent: { redactedContent: 'cmVk' } },
          { text: 'a' },
          { citationsContent: { content: [{ text: 'b' }], citations: [{ title: 't' }] } },
          { toolUse: { toolUseId: 'x', name: 'tool_1st_tool', input: { a: 1 } } },
          { toolUse: { toolUseId: 'y', name: 'tool_1st_tool' } },
          { toolUse: { toolUseId: 'z', name: 'nova_grounding', type: 'server_tool_use', input: {} } },
        ],
        { stopReason: 'tool_use', trace: { guardrail: {} }, serviceTier: { type: 'flex' } },
      ),
      request,
    ).choices;
    expect(choice).toEqual({
      index: 0,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: 'ab',
        reasoning_content: 'hm',
        thinking_blocks: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'redacted_thinking', data: 'cmVk' },
        ],
        tool_calls: [
          { id: 'x', type: 'function', function: { name: '1st.tool', arguments: '{"a":1}' } },
          { id: 'y', type: 'function', function: { name: '1st.tool', arguments: '{}' } },
        ],
        provider_specific_fields: {
          citations: [{ title: 't' }],
          content_blocks: [{ toolUse: { toolUseId: 'z', name: 'nova_grounding', type: 'server_tool_use', input: {} } }],
        },
      },
    });
  });

  it('says which tier served it, and what a guardrail found', () => {
    const body = answer([{ text: 'x' }], { trace: { guardrail: { a: 1 } }, serviceTier: { type: 'flex' } });
    expect(read(body)).toMatchObject({ service_tier: 'flex', trace: { guardrail: { a: 1 } } });
  });

  it.each([
    ['end_turn', 'stop', undefined],
    ['stop_sequence', 'stop', 'stop_sequence'],
    ['max_tokens', 'length', undefined],
    ['model_context_window_exceeded', 'length', 'model_context_window_exceeded'],
    ['guardrail_intervened', 'content_filter', 'guardrail_intervened'],
    ['content_filtered', 'content_filter', 'content_filtered'],
    ['malformed_tool_use', 'stop', 'malformed_tool_use'],
    ['tool_use', 'stop', undefined],
  ])('ends with %s as %s', (word, reason, native) => {
    const [choice] = read(answer([{ text: 'x' }], { stopReason: word })).choices;
    expect(choice?.finish_reason).toBe(reason);
    expect(choice?.message.provider_specific_fields?.['native_finish_reason']).toBe(native);
  });

  it('counts what came from the cache and what went into it inside the prompt', () => {
    const usage = {
      inputTokens: 5,
      outputTokens: 2,
      cacheReadInputTokens: 100,
      cacheWriteInputTokens: 30,
      cacheDetails: [
        { ttl: '5m', inputTokens: 10 },
        { ttl: '1h', inputTokens: 20 },
      ],
    };
    expect(read(answer([], { usage })).usage).toEqual({
      prompt_tokens: 135,
      completion_tokens: 2,
      total_tokens: 137,
      prompt_tokens_details: {
        cached_tokens: 100,
        cache_creation_tokens: 30,
        cache_creation_token_details: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      },
    });
  });

  it('has no usage when the counts are missing, negative or absurd', () => {
    for (const usage of [
      undefined,
      {},
      { inputTokens: 1 },
      { inputTokens: -1, outputTokens: 1 },
      { inputTokens: 1e12, outputTokens: 1 },
      { inputTokens: 1, outputTokens: 1, cacheReadInputTokens: -5 },
    ])
      expect(read(answer([], { usage })).usage).toBeUndefined();
  });

  it('is the tool’s arguments where the model has no JSON schemas', () => {
    const block = (input: unknown) => [{ toolUse: { toolUseId: 'x', name: 'json_tool_call', input } }];
    const object = read(answer(block({ a: 1 }), { stopReason: 'tool_use' }), ask(json({ type: 'object' })), oldClaude);
    expect(object.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: '{"a":1}' } });
    expect(object.choices[0]?.message.tool_calls).toBeUndefined();
    const list = read(answer(block({ values: [1, 2] })), ask(json({ type: 'array' })), oldClaude);
    expect(list.choices[0]?.message.content).toBe('[1,2]');
  });

  it('is refused when it is none', () => {
    for (const body of [null, 'x', [], {}, { output: {} }, { output: { message: {} } }, answer([1]), answer('x')])
      expect(() => read(body)).toThrow(InvalidResponse);
  });
});

describe('a stream', () => {
  it('gives thoughts, text, parallel tools and the counts', () => {
    const { chunks, complete, response } = stream(converseFixture('bedrock/thinking-and-tools.jsonl'));
    expect(complete).toBe(true);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', reasoning_content: 'Two cities, ' });
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason)).toHaveLength(1);
    expect(response).toEqual({
      id: target.id,
      object: 'chat.completion',
      created: target.created,
      model: target.model,
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'I look at both.',
            reasoning_content: 'Two cities, two calls.',
            thinking_blocks: [{ type: 'thinking', thinking: 'Two cities, two calls.', signature: 'c2lnbmVk' }],
            tool_calls: [
              { id: 'tooluse_rome', type: 'function', function: { name: 'weather', arguments: '{"city": "Rome"}' } },
              { id: 'tooluse_now', type: 'function', function: { name: 'now', arguments: '{}' } },
            ],
          },
        },
      ],
      usage: {
        prompt_tokens: 1044,
        completion_tokens: 64,
        total_tokens: 1108,
        prompt_tokens_details: {
          cached_tokens: 1000,
          cache_creation_tokens: 24,
          cache_creation_token_details: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 24 },
        },
      },
      service_tier: 'priority',
    });
  });

  it('reads the counts before the end as well as after it', () => {
    const list = converseFixture('bedrock/thinking-and-tools.jsonl');
    const swapped = [...list.slice(0, -2), ...list.slice(-1), ...list.slice(-2, -1)];
    const { response, complete } = stream(swapped);
    expect(complete).toBe(true);
    expect(response).toEqual(stream(list).response);
  });

  it('is complete without counts, and not without a reason to stop', () => {
    const list = converseFixture('bedrock/thinking-and-tools.jsonl');
    const uncounted = stream(list.slice(0, -1));
    expect(uncounted).toMatchObject({ complete: true, response: { choices: [{ finish_reason: 'tool_calls' }] } });
    expect(uncounted.response?.usage).toBeUndefined();
    expect(stream(list.slice(0, -2)).failure).toMatchObject({ code: 'provider_invalid_response', billed: 'maybe' });
  });

  it('closes blocks that nobody closed', () => {
    const list = converseFixture('bedrock/thinking-and-tools.jsonl').filter(
      (one) => one.kind === 'event' && one.name !== 'contentBlockStop',
    );
    const [choice] = stream(list).response?.choices ?? [];
    expect(choice?.message.tool_calls?.[1]?.function.arguments).toBe('{}');
    expect(choice?.message.thinking_blocks).toHaveLength(1);
  });

  it('streams structured output as text, unwrapped where it was wrapped', () => {
    const list = (inputs: readonly string[]) =>
      converseEvents(
        [
          {
            contentBlockStart: { contentBlockIndex: 0, start: { toolUse: { name: 'json_tool_call', toolUseId: 'x' } } },
          },
          ...inputs.map((input) => ({ contentBlockDelta: { contentBlockIndex: 0, delta: { toolUse: { input } } } })),
          { contentBlockStop: { contentBlockIndex: 0 } },
          { messageStop: { stopReason: 'tool_use' } },
        ].map((frame) => JSON.stringify(frame)),
      );
    const object = stream(list(['{"a"', ':1}']), ask(json({ type: 'object' })), oldClaude);
    expect(object.chunks.map((chunk) => chunk.choices[0]?.delta.content).filter(Boolean)).toEqual(['{"a"', ':1}']);
    expect(object.response?.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: '{"a":1}' } });
    const wrapped = stream(list(['{"values":', '[1]}']), ask(json({ type: 'array' })), oldClaude);
    expect(wrapped.response?.choices[0]?.message.content).toBe('[1]');
  });

  it('keeps redacted thoughts, citations and the guardrail’s trace', () => {
    const { response } = stream(
      converseEvents(
        [
          { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { redactedContent: 'cmVk' } } } },
          { contentBlockStop: { contentBlockIndex: 0 } },
          { contentBlockDelta: { contentBlockIndex: 1, delta: { text: 'a' } } },
          { contentBlockDelta: { contentBlockIndex: 1, delta: { citation: { title: 't' } } } },
          { messageStop: { stopReason: 'guardrail_intervened' } },
          { metadata: { usage: { inputTokens: 1, outputTokens: 1 }, trace: { guardrail: { action: 'x' } } } },
        ].map((frame) => JSON.stringify(frame)),
      ),
    );
    expect(response).toMatchObject({
      choices: [
        {
          finish_reason: 'content_filter',
          message: {
            content: 'a',
            thinking_blocks: [{ type: 'redacted_thinking', data: 'cmVk' }],
            provider_specific_fields: {
              citations: [{ title: 't' }],
              native_finish_reason: 'guardrail_intervened',
            },
          },
        },
      ],
      trace: { guardrail: { action: 'x' } },
    });
  });

  it.each([
    ['throttlingException', 'rate_limit_exceeded'],
    ['serviceUnavailableException', 'provider_unavailable'],
    ['modelStreamErrorException', 'provider_error'],
    ['internalServerException', 'provider_error'],
    ['modelTimeoutException', 'provider_timeout'],
    ['validationException', 'invalid_request'],
    ['InternalFailure', 'provider_error'],
    ['newException', 'provider_error'],
  ])('fails by the exception %s as %s', (name, code) => {
    const list = converseFixture('bedrock/thinking-and-tools.jsonl').slice(0, 6);
    const { failure, complete } = stream([...list, event({ message: 'it broke' }, name)]);
    expect(complete).toBe(false);
    expect(failure).toMatchObject({
      code,
      message: 'it broke',
      billed: 'maybe',
      providerCode: name.charAt(0).toUpperCase() + name.slice(1),
    });
  });

  it('that is too long for the model fails as that', () => {
    const list = [event({ message: 'Input is too long for requested model.' }, 'validationException')];
    expect(stream(list).failure?.code).toBe('context_length_exceeded');
  });

  it('that is no JSON fails', () => {
    expect(stream([event('{"role":', 'messageStart')]).failure?.code).toBe('provider_invalid_response');
  });

  it('gives the same answer however the text was cut', () => {
    const list = converseFixture('bedrock/thinking-and-tools.jsonl');
    fc.assert(
      fc.property(fc.array(fc.string()), (pieces) => {
        const deltas = pieces.map((text) => event({ contentBlockIndex: 1, delta: { text } }, 'contentBlockDelta'));
        const { response, complete } = stream([...list.slice(0, 5), ...deltas, ...list.slice(7)]);
        expect(complete).toBe(true);
        expect(response?.choices[0]?.message.content ?? '').toBe(pieces.join(''));
      }),
    );
  });
});

describe('an error', () => {
  it.each([
    [400, 'ValidationException', 'The provided model identifier is invalid.', 'provider_model_not_found'],
    [400, 'ValidationException', "Invocation with on-demand throughput isn't supported.", 'provider_model_not_found'],
    [400, 'ValidationException', 'Input is too long for requested model.', 'context_length_exceeded'],
    [400, 'ValidationException', 'expected maxLength: 2048, actual: 3000', 'context_length_exceeded'],
    [400, 'ValidationException', 'temperature: 3 is greater than 1', 'invalid_request'],
    [403, 'AccessDeniedException', 'no access', 'provider_auth_failed'],
    [403, 'UnrecognizedClientException', 'invalid token', 'provider_auth_failed'],
    [403, 'ExpiredTokenException', 'expired', 'provider_auth_failed'],
    [404, 'ResourceNotFoundException', 'none', 'provider_model_not_found'],
    [408, 'ModelTimeoutException', 'slow', 'provider_timeout'],
    [424, 'ModelErrorException', 'broken', 'provider_error'],
    [429, 'ThrottlingException', 'slow down', 'rate_limit_exceeded'],
    [429, 'ModelNotReadyException', 'loading', 'provider_unavailable'],
    [500, 'InternalServerException', 'oops', 'provider_error'],
    [503, 'ServiceUnavailableException', 'busy', 'provider_unavailable'],
  ])('%i %s "%s" is %s', (status, type, message, code) => {
    const expected = { code, providerStatus: status, providerCode: type };
    expect(
      bedrock.fromError(status, { message }, { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/` }),
    ).toMatchObject(expected);
    const body = { __type: `com.amazon.coral.service#${type}`, Message: message };
    expect(bedrock.fromError(status, body, {})).toMatchObject(expected);
  });

  it('never repeats what Amazon says of the account', () => {
    const body = { message: 'User: arn:aws:iam::123456789012:user/me is not authorized' };
    const { message } = bedrock.fromError(403, body, { 'x-amzn-errortype': 'AccessDeniedException' });
    expect(message).toBe("AWS Bedrock refused the gateway's credential or account (HTTP 403).");
  });

  it('of a proxy is read without a type', () => {
    expect(bedrock.fromError(502, '<html>', {})).toMatchObject({ code: 'provider_bad_gateway' });
    expect(bedrock.fromError(400, { message: 'bad' }, {})).toMatchObject({ code: 'invalid_request', message: 'bad' });
  });
});

const recorded = process.env['HOLDFAST_FIXTURES'] ?? '';

if (recorded !== '' && existsSync(recorded)) {
  const folder = `${recorded}/bedrock-converse`;
  const frames = (path: string): WireEvent[] => {
    const events: WireEvent[] = [];
    createFrameReader('aws-eventstream', (one) => events.push(one)).feed(readFileSync(path));
    return events;
  };

  describe('recordings', () => {
    it.each([
      ['amazon-bedrock-text', 'stop', 77],
      ['amazon-bedrock-reasoning', 'stop', undefined],
      ['amazon-bedrock-tool-call.1', 'tool_calls', 170],
      ['amazon-bedrock-tool-no-args', 'tool_calls', 125],
    ])('%s streams to its end: %s', (name, reason, total) => {
      const lines = readFileSync(`${folder}/${name}.chunks.txt`, 'utf8').trim().split('\n');
      const { response, complete } = stream(converseEvents(lines));
      expect(complete).toBe(true);
      expect(response?.choices[0]?.finish_reason).toBe(reason);
      if (total !== undefined) expect(response?.usage?.total_tokens).toBe(total);
      for (const call of response?.choices[0]?.message.tool_calls ?? [])
        expect(() => JSON.parse(call.function.arguments) as unknown).not.toThrow();
    });

    it.each([
      ['nova-converse-stream', 'content_filter'],
      ['claude-converse-stream-tool', 'tool_calls'],
    ])('%s streams to its end from its bytes', (name, reason) => {
      const { response, complete } = stream(frames(`${folder}/${name}.eventstream`));
      expect(complete).toBe(true);
      expect(response?.choices[0]?.finish_reason).toBe(reason);
      expect(response?.usage?.completion_tokens).toBeGreaterThan(0);
    });

    it.each(['amazon-bedrock-text', 'amazon-bedrock-reasoning', 'amazon-bedrock-tool-call.1'])(
      '%s is a whole answer',
      (name) => {
        const response = read(JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8')));
        expect(response.usage?.prompt_tokens).toBeGreaterThan(0);
      },
    );

    it.each(['error', 'streaming-error'])('%s speaks against the model', (name) => {
      const { response } = JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8')) as {
        response: { status: number; body: unknown };
      };
      expect(bedrock.fromError(response.status, response.body, {}).code).toBe('provider_model_not_found');
    });
  });
}
