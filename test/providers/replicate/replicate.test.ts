/** Predictions: what is asked, what the receipt says, what comes back. */
import { existsSync, readFileSync } from 'node:fs';
import { createParser } from 'eventsource-parser';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { InvalidResponse, type WireEvent } from '../../../providers/provider.ts';
import { replicate } from '../../../providers/replicate/index.ts';
import { ask, chatOf, decode, event, fixture, refusal, sent, targetOf } from '../streams.ts';

const BASE = 'https://api.replicate.com/v1';
const LLAMA = 'meta/meta-llama-3-8b-instruct';
const chat = chatOf(replicate);
const send = (fields: Partial<ChatRequest> = {}, model = LLAMA) =>
  chat.toRequest(ask(fields), targetOf(model, {}, BASE));
const input = (fields: Partial<ChatRequest>, model?: string) => sent(send(fields, model)).body['input'];

describe('a request', () => {
  const version = 'a'.repeat(64);

  it.each([
    [LLAMA, '/models/meta/meta-llama-3-8b-instruct/predictions', undefined],
    [version, '/predictions', version],
    [`me/mine:${version}`, '/predictions', version],
    ['deployments/me/mine', '/deployments/me/mine/predictions', undefined],
  ])('for %s goes to %s', (model, path, asked) => {
    const { wire, body } = sent(send({}, model));
    expect(wire.url).toBe(`${BASE}${path}`);
    expect(body['version']).toBe(asked);
  });

  it('waits for a whole answer, and does not wait for a stream', () => {
    expect(sent(send()).wire.headers['prefer']).toBe('wait=60');
    const streaming = sent(send({ stream: true }));
    expect(streaming.wire.headers['prefer']).toBeUndefined();
    expect(streaming.body['stream']).toBe(true);
  });

  it('has the instructions beside the prompt, and names only where there is a conversation', () => {
    expect(
      input({
        messages: [
          { role: 'system', content: 's' },
          { role: 'user', content: 'q' },
        ],
      }),
    ).toEqual({
      system_prompt: 's',
      prompt: 'q',
    });
    const talk: ChatRequest['messages'] = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
      { role: 'user', content: 'c' },
    ];
    expect(input({ messages: talk })).toEqual({ prompt: 'User: a\nAssistant: b\nUser: c\nAssistant:' });
    expect(input({ messages: talk, reasoning_effort: 'low' }, 'openai/gpt-5')).toEqual({
      messages: talk,
      reasoning_effort: 'low',
    });
  });

  it.each([
    [LLAMA, 'max_tokens'],
    ['meta/llama-2-70b-chat', 'max_new_tokens'],
    ['replicate/vicuna-13b', 'max_length'],
    ['openai/gpt-4o', 'max_completion_tokens'],
    ['google/gemini-2.5-flash', 'max_output_tokens'],
  ])('of %s limits the answer by %s', (model, name) => {
    expect(input({ max_completion_tokens: 7 }, model)).toMatchObject({ [name]: 7 });
  });

  it('has Replicate’s names for parameters, and passes a model’s own', () => {
    expect(input({ temperature: 0, top_p: 0.5, top_k: 3, seed: 1, stop: ['a', 'b'], min_new_tokens: 2 })).toEqual({
      prompt: 'hi',
      temperature: 0.01,
      top_p: 0.5,
      top_k: 3,
      seed: 1,
      stop_sequences: 'a,b',
      min_new_tokens: 2,
    });
    expect(refusal(send({ stop: 'a,b' })).param).toBe('stop');
  });

  it.each<[string, Partial<ChatRequest>]>([
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['response_format', { response_format: { type: 'json_object' } }],
    ['n', { n: 2 }],
    ['reasoning_effort', { reasoning_effort: 'low' }],
  ])('cannot hold %s', (param, fields) => {
    expect(refusal(send(fields))).toMatchObject({ code: 'unsupported_parameter', param });
  });
});

describe('a receipt', () => {
  const target = targetOf(LLAMA, {}, BASE);
  const running = (urls: object = {}, rest: object = {}) => ({
    id: 'p1',
    status: 'starting',
    output: null,
    urls,
    ...rest,
  });
  const receipt = (body: unknown) => chat.receipt?.(body, ask(), target);

  it('is polled, cancelled and streamed; only the provider’s own host sees the credential', () => {
    const found = receipt(running({ get: 'https://evil.test/p1', stream: 'https://stream.replicate.com/v1/files/x' }));
    expect(found?.poll).toMatchObject({ method: 'GET', url: `${BASE}/predictions/p1` });
    expect(found?.cancel).toMatchObject({ method: 'POST', url: `${BASE}/predictions/p1/cancel` });
    expect(found?.events).toMatchObject({
      wire: { url: 'https://stream.replicate.com/v1/files/x' },
      authorized: false,
    });
    expect(receipt(running({ stream: 'https://api.replicate.com/s' }))?.events?.authorized).toBe(true);
    for (const stream of ['http://10.0.0.1/s', 'nowhere', 7])
      expect(receipt(running({ stream }))?.events).toBeUndefined();
  });

  it('is none when the answer is there, or nothing is', () => {
    for (const body of [{ status: 'succeeded', output: 'x' }, { status: 'failed' }, null, 'x', {}])
      expect(receipt(body)).toBeUndefined();
    expect(() => receipt({ status: 'starting' })).toThrow(InvalidResponse);
  });
});

describe('a prediction', () => {
  const read = (body: unknown) => chat.fromResponse(body, ask(), targetOf(LLAMA));

  it('has its pieces joined, and its tokens counted', () => {
    expect(read(JSON.parse(fixture('replicate/prediction.json')))).toMatchObject({
      choices: [{ message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
    expect(read({ status: 'succeeded', output: { a: 1 } }).choices[0]?.message.content).toBe('{"a":1}');
    expect(read({ status: 'succeeded', output: 'x', metrics: { input_token_count: -1 } }).usage).toBeUndefined();
  });

  it.each([
    [{ status: 'failed', error: 'CUDA out of memory' }, 'provider_error', 'CUDA out of memory'],
    [
      { status: 'failed', error: 'Prompt is too long: input is too long' },
      'context_length_exceeded',
      'Prompt is too long: input is too long',
    ],
    [{ status: 'canceled', error: null }, 'provider_error', 'The prediction ended as canceled.'],
  ])('%j is a failure', (body, code, message) => {
    try {
      read(body);
      expect('thrown').toBe('not thrown');
    } catch (error) {
      expect((error as InvalidResponse).failure).toMatchObject({ code, message, billed: 'maybe' });
    }
  });

  it('is refused when it is none', () => {
    for (const body of [null, 'x', [], {}]) expect(() => read(body)).toThrow(InvalidResponse);
  });
});

describe('a stream', () => {
  const stream = (list: readonly WireEvent[]) => decode(chat.decoder(ask({ stream: true }), targetOf(LLAMA)), list);
  const done = event({}, 'done');

  it('is the text of its events, white space included, however it was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (pieces) => {
        const { response, complete, chunks } = stream([...pieces.map((piece) => event(piece, 'output')), done]);
        expect(complete).toBe(true);
        expect(response?.choices[0]?.message.content).toBe(pieces.join(''));
        expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason)).toHaveLength(1);
      }),
    );
  });

  it('fails as the prediction does', () => {
    const text = event('a', 'output');
    expect(stream([text, event({ detail: 'GPU lost' }, 'error')]).failure).toMatchObject({
      message: 'GPU lost',
      billed: 'maybe',
    });
    expect(stream([text, event('plain words', 'error')]).failure?.message).toBe('plain words');
    expect(stream([text, event({ reason: 'canceled' }, 'done')]).failure?.code).toBe('provider_error');
    expect(stream([text]).failure?.code).toBe('provider_invalid_response');
    expect(stream([text, event('x', 'logs'), done]).complete).toBe(true);
  });
});

describe('an error', () => {
  it.each([
    [401, { title: 'Unauthenticated', detail: 'You did not pass a valid token', status: 401 }, 'provider_auth_failed'],
    [402, { title: 'Insufficient credit', detail: 'x', status: 402 }, 'provider_auth_failed'],
    [404, { detail: 'not found', status: 404 }, 'provider_model_not_found'],
    [422, { title: 'Input validation failed', detail: '- input.prompt: is required', status: 422 }, 'unprocessable'],
  ])('%i %j is %s', (status, body, code) => {
    expect(replicate.fromError(status, body, {})).toMatchObject({ code, providerStatus: status });
  });

  it('says how long to wait', () => {
    const failure = replicate.fromError(429, { detail: 'Request was throttled.', status: 429, retry_after: 9.5 }, {});
    expect(failure).toMatchObject({ code: 'rate_limit_exceeded', retryAfterMs: 9500 });
  });
});

const recorded = process.env['HOLDFAST_FIXTURES'] ?? '';

if (recorded !== '' && existsSync(recorded)) {
  it('a recorded stream gives its text with all its line breaks', () => {
    const list: WireEvent[] = [];
    const parser = createParser({
      onEvent: ({ event: name, data }) => list.push({ kind: 'event', name: name ?? '', data }),
    });
    parser.feed(readFileSync(`${recorded}/replicate/llama-stream.2.sse`, 'utf8'));
    const { response, complete } = decode(chat.decoder(ask(), targetOf(LLAMA)), list);
    expect(complete).toBe(true);
    expect(response?.choices[0]?.message.content).toContain("Sure, here's a joke about OpenTelemetry:\n\nWhy did");
  });
}
