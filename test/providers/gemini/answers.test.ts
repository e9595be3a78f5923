/** Gemini's answers, streams and errors in OpenAI's words. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { gemini } from '../../../providers/gemini/index.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { InvalidResponse } from '../../../providers/provider.ts';
import { ask, chatOf, decode, event, fixture, linesOf, targetOf } from '../streams.ts';

const chat = chatOf(gemini);
const FLASH = 'gemini-2.5-flash';
const THIRD = 'gemini-3-pro-preview';

const answer = (body: unknown, request: Partial<ChatRequest> = {}, model = FLASH) =>
  chat.fromResponse(body, ask(request), targetOf(model));
const stream = (frames: readonly unknown[], request: Partial<ChatRequest> = {}, model = FLASH) =>
  decode(
    chat.decoder(ask({ stream: true, ...request }), targetOf(model)),
    frames.map((frame) => event(frame)),
  );
const candidate = (parts: unknown[], more: object = {}) => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, finishReason: 'STOP', ...more }],
});
const usage = (counts: object) => answer({ ...candidate([{ text: 'x' }]), usageMetadata: counts }).usage;

describe('a whole answer', () => {
  it('tells thoughts from text, and counts them in the answer', () => {
    expect(answer(JSON.parse(fixture('gemini/text.json')))).toEqual({
      id: 'resp-text',
      object: 'chat.completion',
      created: targetOf(FLASH).created,
      model: 'gemini-2.5-flash',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'There are **3**.', reasoning_content: 'Counting.' },
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 40,
        completion_tokens: 120,
        total_tokens: 160,
        prompt_tokens_details: { text_tokens: 35, image_tokens: 5, cached_tokens: 30 },
        completion_tokens_details: { text_tokens: 10, reasoning_tokens: 110 },
      },
    });
  });

  it('has as many choices as candidates', () => {
    const two = {
      candidates: [
        { content: { parts: [{ text: 'a' }] }, finishReason: 'STOP' },
        { content: { parts: [{ text: 'b' }] }, finishReason: 'MAX_TOKENS', index: 1 },
      ],
    };
    expect(
      answer(two).choices.map(({ index, message, finish_reason }) => [index, message.content, finish_reason]),
    ).toEqual([
      [0, 'a', 'stop'],
      [1, 'b', 'length'],
    ]);
  });

  it('ends with tool_calls when there are some, whatever Google says', () => {
    const [choice] = answer(
      candidate([{ functionCall: { name: 'f', args: { a: 1 } } }, { functionCall: { name: 'g', id: 'own' } }]),
    ).choices;
    expect(choice).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        tool_calls: [
          { id: 'call_gateway_0', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 'own', function: { name: 'g', arguments: '{}' } },
        ],
      },
    });
  });

  it('carries thought signatures in fields and in the id, and takes them back', () => {
    const [choice] = answer(
      candidate([{ functionCall: { name: 'f', args: {} }, thoughtSignature: 'U0lH' }]),
      {},
      THIRD,
    ).choices;
    expect(choice?.message.tool_calls).toEqual([
      {
        id: 'call_gateway_0__thought__U0lH',
        type: 'function',
        function: { name: 'f', arguments: '{}' },
        provider_specific_fields: { thought_signature: 'U0lH' },
        extra_content: { google: { thought_signature: 'U0lH' } },
      },
    ]);
    const message = choice?.message;
    if (message === undefined) throw new Error('no choice');
    const messages = [message, { role: 'tool' as const, tool_call_id: 'call_gateway_0__thought__U0lH', content: 'r' }];
    const wire = chat.toRequest(ask({ messages }), targetOf(THIRD));
    expect(JSON.parse('refused' in wire ? '' : String(wire.body))).toEqual({
      contents: [
        {
          role: 'model',
          parts: [{ functionCall: { id: 'call_gateway_0', name: 'f', args: {} }, thoughtSignature: 'U0lH' }],
        },
        {
          role: 'user',
          parts: [{ functionResponse: { id: 'call_gateway_0', name: 'f', response: { content: 'r' } } }],
        },
      ],
    });
  });

  it.each([
    ['MAX_TOKENS', 'length', undefined],
    ['SAFETY', 'content_filter', 'SAFETY'],
    ['RECITATION', 'content_filter', 'RECITATION'],
    ['PROHIBITED_CONTENT', 'content_filter', 'PROHIBITED_CONTENT'],
    ['MALFORMED_FUNCTION_CALL', 'stop', 'MALFORMED_FUNCTION_CALL'],
    ['SOMETHING_NEW', 'stop', 'SOMETHING_NEW'],
  ])('that ends with %s without any content ends with %s', (reason, expected, native) => {
    const ratings = [{ category: 'c', blocked: true }];
    const [choice] = answer({ candidates: [{ finishReason: reason, safetyRatings: ratings }] }).choices;
    expect(choice).toMatchObject({ finish_reason: expected, message: { content: null } });
    expect(choice?.message.provider_specific_fields).toEqual({
      ...(native === undefined ? {} : { native_finish_reason: native }),
      safety_ratings: ratings,
    });
  });

  it('to a blocked prompt is a content filter, not an error', () => {
    expect(
      answer({ promptFeedback: { blockReason: 'SAFETY', safetyRatings: [] }, usageMetadata: { promptTokenCount: 4 } }),
    ).toMatchObject({
      choices: [
        {
          finish_reason: 'content_filter',
          message: { content: null, provider_specific_fields: { native_finish_reason: 'SAFETY' } },
        },
      ],
      usage: { prompt_tokens: 4, completion_tokens: 0 },
    });
  });

  it('may hold pictures, sound and code', () => {
    const [choice] = answer(
      candidate([
        { inlineData: { mimeType: 'image/png', data: 'AA==' } },
        { inlineData: { mimeType: 'audio/L16;rate=24000', data: 'BB==' } },
        { executableCode: { language: 'PYTHON', code: '1' } },
        { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
      ]),
    ).choices;
    expect(choice?.message).toMatchObject({
      images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }],
      audio: { data: 'BB==' },
      provider_specific_fields: { content_parts: [{ executableCode: {} }, { codeExecutionResult: {} }] },
    });
  });

  it('names its sources by characters, where Google counts bytes', () => {
    const grounding = {
      webSearchQueries: ['a', 'b'],
      groundingChunks: [{ web: { uri: 'https://a.test', title: 'A' } }, { web: {} }],
      groundingSupports: [
        { segment: { startIndex: 4, endIndex: 10, text: 'Größe'.slice(2) }, groundingChunkIndices: [0, 1, 7] },
      ],
    };
    const body = {
      ...candidate([{ text: 'Größe ist' }], { groundingMetadata: grounding }),
      usageMetadata: { promptTokenCount: 1 },
    };
    const { choices, usage: counts } = answer(body);
    expect(choices[0]?.message.annotations).toEqual([
      { type: 'url_citation', url_citation: { start_index: 3, end_index: 8, url: 'https://a.test', title: 'A' } },
    ]);
    expect(choices[0]?.message.provider_specific_fields?.['grounding_metadata']).toEqual(grounding);
    expect(counts?.['server_tool_use']).toEqual({ web_search_requests: 1 });
    expect(answer(body, {}, THIRD).usage?.['server_tool_use']).toEqual({ web_search_requests: 2 });
  });

  it('has log probabilities where they were asked for', () => {
    const logprobsResult = {
      chosenCandidates: [{ token: 'é', logProbability: -0.5 }],
      topCandidates: [
        {
          candidates: [
            { token: 'é', logProbability: -0.5 },
            { token: 'e', logProbability: -1 },
          ],
        },
      ],
    };
    expect(answer(candidate([{ text: 'é' }], { logprobsResult })).choices[0]?.logprobs).toEqual({
      content: [
        {
          token: 'é',
          logprob: -0.5,
          bytes: [195, 169],
          top_logprobs: [
            { token: 'é', logprob: -0.5, bytes: [195, 169] },
            { token: 'e', logprob: -1, bytes: [101] },
          ],
        },
      ],
    });
  });

  it('to structured output beside functions is text again', () => {
    const request: Partial<ChatRequest> = {
      tools: [{ type: 'function', function: { name: 'f' } }],
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'array' } } },
    };
    const body = candidate([{ functionCall: { name: 'json_tool_call', args: { values: [1] } } }]);
    expect(answer(body, request).choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: '[1]' } });
    expect(stream([body], request).response?.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: '[1]' },
    });
    expect(answer(candidate([{ functionCall: { name: 'f' } }]), request).choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('is refused when it is none, with the error it carries', () => {
    for (const body of [
      {},
      { candidates: [] },
      { choices: [] },
      '<html>',
      null,
      { usageMetadata: { promptTokenCount: 1 } },
    ])
      expect(() => answer(body)).toThrow(InvalidResponse);
    try {
      answer({ error: { code: 503, status: 'UNAVAILABLE', message: 'The model is overloaded.' } });
      expect('thrown').toBe('not thrown');
    } catch (error) {
      expect((error as InvalidResponse).failure).toMatchObject({ code: 'provider_overloaded', billed: 'maybe' });
    }
  });
});

describe('usage', () => {
  it('adds thoughts, unless the total says that they are inside', () => {
    const outside = usage({
      promptTokenCount: 29,
      candidatesTokenCount: 15,
      thoughtsTokenCount: 804,
      totalTokenCount: 848,
    });
    expect(outside).toMatchObject({ completion_tokens: 819, total_tokens: 848 });
    const inside = usage({
      promptTokenCount: 10,
      candidatesTokenCount: 50,
      thoughtsTokenCount: 20,
      totalTokenCount: 60,
    });
    expect(inside).toMatchObject({
      completion_tokens: 50,
      total_tokens: 60,
      completion_tokens_details: { reasoning_tokens: 20 },
    });
    expect(usage({ promptTokenCount: 5, thoughtsTokenCount: 9, totalTokenCount: 14 })).toMatchObject({
      completion_tokens: 9,
    });
  });

  it('counts what tools put into the prompt', () => {
    expect(
      usage({ promptTokenCount: 5, toolUsePromptTokenCount: 7, candidatesTokenCount: 1, totalTokenCount: 13 }),
    ).toMatchObject({
      prompt_tokens: 12,
      total_tokens: 13,
    });
  });

  it('names the tier that was served', () => {
    const body = {
      ...candidate([{ text: 'x' }]),
      usageMetadata: { promptTokenCount: 1, trafficType: 'ON_DEMAND_FLEX' },
    };
    expect(answer(body)).toMatchObject({ service_tier: 'flex', usage: { traffic_type: 'ON_DEMAND_FLEX' } });
  });

  it('is none when a count is missing, negative or absurd', () => {
    for (const counts of [
      {},
      { promptTokenCount: -1 },
      { promptTokenCount: 1, candidatesTokenCount: 1e12 },
      { promptTokenCount: 1, thoughtsTokenCount: 0.5 },
    ])
      expect(usage(counts)).toBeUndefined();
  });
});

describe('a stream', () => {
  const lines = (path: string): string[] => linesOf(`gemini/${path}`);

  it('gives thoughts, text, one finish reason, and usage last', () => {
    const { chunks, complete, response } = stream(lines('text.chunks.jsonl'), {}, THIRD);
    expect(complete).toBe(true);
    expect(chunks[0]).toMatchObject({
      id: 'resp-stream',
      choices: [{ delta: { role: 'assistant', reasoning_content: 'Counting.' } }],
    });
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason)).toHaveLength(1);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 9, completion_tokens: 35, total_tokens: 44 },
    });
    expect(response?.choices[0]).toEqual({
      index: 0,
      finish_reason: 'stop',
      message: {
        role: 'assistant',
        content: 'There are three.',
        reasoning_content: 'Counting.',
        provider_specific_fields: { thought_signatures: ['c2lnbmVk'] },
      },
    });
  });

  it('numbers the calls of all its pieces', () => {
    const { response } = stream(lines('tools.chunks.jsonl'), {}, THIRD);
    expect(response?.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        tool_calls: [
          { id: 'call_gateway_0__thought__c2lnbmF0dXJl', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
          { id: 'call_gateway_1', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
          { id: 'call_gateway_2', function: { name: 'now', arguments: '{}' } },
        ],
      },
    });
  });

  it('is the same answer as a whole', () => {
    const frames = lines('text.chunks.jsonl').map(
      (line) => JSON.parse(line) as { candidates: { content: { parts: unknown[] } }[] },
    );
    const last = frames.at(-1);
    const parts = frames.flatMap((frame) => frame.candidates[0]?.content.parts ?? []);
    const whole = { ...last, candidates: [{ ...last?.candidates[0], content: { parts } }] };
    expect(answer(whole, {}, THIRD)).toEqual(stream(frames, {}, THIRD).response);
  });

  it('keeps several candidates apart', () => {
    const piece = (index: number, text: string, finishReason?: string) => ({
      candidates: [{ index, content: { parts: [{ text }] }, ...(finishReason === undefined ? {} : { finishReason }) }],
    });
    const { response, complete } = stream(
      [piece(0, 'a'), piece(1, 'x'), piece(0, 'b', 'STOP'), piece(1, 'y', 'MAX_TOKENS')],
      { n: 2 },
    );
    expect(complete).toBe(true);
    expect(response?.choices.map(({ message, finish_reason }) => [message.content, finish_reason])).toEqual([
      ['ab', 'stop'],
      ['xy', 'length'],
    ]);
    expect(stream([piece(0, 'a', 'STOP'), piece(1, 'x')], { n: 2 }).failure?.code).toBe('provider_invalid_response');
  });

  it('of a blocked prompt ends with a content filter', () => {
    const { response, complete } = stream([{ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }]);
    expect(complete).toBe(true);
    expect(response?.choices[0]?.finish_reason).toBe('content_filter');
  });

  it('is truncated without a finish reason', () => {
    const all = lines('text.chunks.jsonl');
    for (let length = 0; length < all.length; length += 1)
      expect(stream(all.slice(0, length)).failure?.code).toBe('provider_invalid_response');
  });

  it('fails on an error in the middle, also on one in a list', () => {
    const error = { error: { code: 503, status: 'UNAVAILABLE', message: 'The model is overloaded.' } };
    for (const frame of [error, [error]]) {
      const { failure, response } = stream([lines('text.chunks.jsonl')[1], frame]);
      expect(failure).toMatchObject({
        code: 'provider_overloaded',
        providerCode: 'UNAVAILABLE',
        providerStatus: 503,
        billed: 'maybe',
      });
      expect(response?.choices[0]?.message.content).toBe('There are');
      expect(stream([frame]).chunks).toEqual([]);
    }
    expect(stream(['{"candidates":']).failure?.code).toBe('provider_invalid_response');
  });

  it('gives the same answer however the text was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.boolean()), { minLength: 1 }), (pieces) => {
        const frames = pieces.map(([text, thought]) => ({ candidates: [{ content: { parts: [{ text, thought }] } }] }));
        const { response, complete } = stream([...frames, { candidates: [{ finishReason: 'STOP' }] }]);
        const joined = (wanted: boolean) =>
          pieces.flatMap(([text, thought]) => (thought === wanted ? [text] : [])).join('');
        expect(complete).toBe(true);
        expect(response?.choices[0]?.message.content ?? '').toBe(joined(false));
        expect(response?.choices[0]?.message.reasoning_content ?? '').toBe(joined(true));
      }),
    );
  });
});

describe('an error', () => {
  const failure = (status: number, error: object) =>
    gemini.fromError(status, { error: { code: status, ...error } }, {});

  it.each([
    [400, 'INVALID_ARGUMENT', 'Bad field', 'invalid_request'],
    [400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', 'provider_auth_failed'],
    [
      400,
      'INVALID_ARGUMENT',
      'The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).',
      'context_length_exceeded',
    ],
    [400, 'INVALID_ARGUMENT', 'Request payload size exceeds the limit: 20971520 bytes.', 'context_length_exceeded'],
    [400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.', 'provider_auth_failed'],
    [401, 'UNAUTHENTICATED', 'x', 'provider_auth_failed'],
    [403, 'PERMISSION_DENIED', 'x', 'provider_auth_failed'],
    [404, 'NOT_FOUND', 'models/x is not found for API version v1beta', 'provider_model_not_found'],
    [429, 'RESOURCE_EXHAUSTED', 'x', 'rate_limit_exceeded'],
    [500, 'INTERNAL', 'x', 'provider_error'],
    [500, 'UNKNOWN', 'Resource has been exhausted (e.g. check quota).', 'rate_limit_exceeded'],
    [503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.', 'provider_overloaded'],
    [503, 'UNAVAILABLE', 'x', 'provider_unavailable'],
    [504, 'DEADLINE_EXCEEDED', 'x', 'provider_timeout'],
    [499, 'CANCELLED', 'x', 'provider_unavailable'],
  ])('%i %s "%s" is %s', (status, word, message, code) => {
    expect(failure(status, { status: word, message })).toMatchObject({
      code,
      providerStatus: status,
      providerCode: word,
    });
  });

  it('says in its body how long to wait', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.QuotaFailure' }, { retryDelay: '34.4s' }];
    expect(failure(429, { status: 'RESOURCE_EXHAUSTED', message: 'x', details }).retryAfterMs).toBe(34_400);
    expect(
      gemini.fromError(429, [{ error: { status: 'RESOURCE_EXHAUSTED', message: 'x', details } }], {
        'retry-after': '2',
      }),
    ).toMatchObject({
      code: 'rate_limit_exceeded',
      retryAfterMs: 2000,
    });
  });

  it('never repeats a key', () => {
    const { message } = failure(403, {
      status: 'PERMISSION_DENIED',
      message: 'Key AIzaSyD-1234567890abcdefghij is bad',
    });
    expect(message).not.toContain('AIza');
  });
});

const recorded = process.env['HOLDFAST_FIXTURES'];

if (recorded !== undefined && existsSync(recorded)) {
  const read = (name: string): string => readFileSync(`${recorded}/gemini/${name}`, 'utf8').trim();

  describe('recorded', () => {
    it.each([
      ['google-text', 281, 'stop'],
      ['google-reasoning', 320, 'stop'],
      ['google-reasoning-gemini3', 296, 'stop'],
      ['google-tool-call', 937, 'tool_calls'],
      ['google-tool-call-gemini3', 1845, 'tool_calls'],
    ])('%s has %i tokens and ends with %s', (name, total, reason) => {
      const response = answer(JSON.parse(read(`${name}.json`)), {}, THIRD);
      expect(response.usage?.total_tokens).toBe(total);
      expect(response.choices[0]?.finish_reason).toBe(reason);
    });

    it.each([
      ['google-text', 217, 'stop'],
      ['google-reasoning', 294, 'stop'],
      ['google-reasoning-gemini3', 334, 'stop'],
      ['google-tool-call', 89, 'tool_calls'],
      ['google-tool-call-gemini3', 848, 'tool_calls'],
    ])('the stream %s has %i tokens and ends with %s', (name, total, reason) => {
      const { response, complete } = stream(read(`${name}.chunks.txt`).split('\n'), {}, THIRD);
      expect(complete).toBe(true);
      expect(response?.usage?.total_tokens).toBe(total);
      expect(response?.choices[0]?.finish_reason).toBe(reason);
    });

    it('an exhausted quota says when it is filled again', () => {
      expect(gemini.fromError(429, JSON.parse(read('google-429-retry-info.json')), {}).retryAfterMs).toBe(34_400);
    });
  });
}
