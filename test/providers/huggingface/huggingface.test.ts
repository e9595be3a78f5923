/** Hugging Face's router, and its inference server's older protocol. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { huggingface } from '../../../providers/huggingface/index.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { InvalidResponse } from '../../../providers/provider.ts';
import { ask, chatOf, decode, event, refusal, sent, targetOf } from '../streams.ts';

const chat = chatOf(huggingface);
const ROUTER = 'https://router.huggingface.co';
const SERVER = 'http://tgi.test/generate';
const to = (base: string, model: string, fields: Partial<ChatRequest> = {}, settings: Record<string, unknown> = {}) =>
  chat.toRequest(ask(fields), targetOf(model, settings, base));

describe('the router', () => {
  it.each([
    ['together/deepseek-ai/DeepSeek-R1', 'deepseek-ai/DeepSeek-R1:together'],
    ['meta-llama/Llama-3.3-70B-Instruct', 'meta-llama/Llama-3.3-70B-Instruct'],
    ['meta-llama/Llama-3.3-70B-Instruct:fastest', 'meta-llama/Llama-3.3-70B-Instruct:fastest'],
  ])('is asked for %s as %s', (model, upstream) => {
    const { body, wire } = sent(to(ROUTER, model, { max_completion_tokens: 3 }));
    expect(wire.url).toBe(`${ROUTER}/v1/chat/completions`);
    expect(body).toMatchObject({ model: upstream, max_tokens: 3 });
  });

  it('gives way to an endpoint of one’s own', () => {
    for (const base of ['https://x.endpoints.huggingface.cloud', 'https://x.endpoints.huggingface.cloud/v1'])
      expect(sent(to(base, 'tgi')).wire.url).toBe('https://x.endpoints.huggingface.cloud/v1/chat/completions');
  });
});

describe('a server of texts', () => {
  it('is sent a prompt with the marks of the model’s family, and its own parameters', () => {
    const { body, wire } = sent(
      to(SERVER, 'meta-llama/Meta-Llama-3-8B', {
        max_tokens: 7,
        temperature: 0.5,
        top_p: 1,
        stop: 'x',
        response_format: { type: 'json_object' },
      }),
    );
    expect(wire.url).toBe(SERVER);
    expect(body).toEqual({
      inputs:
        '<|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
      parameters: {
        details: true,
        return_full_text: false,
        max_new_tokens: 7,
        temperature: 0.5,
        do_sample: true,
        stop: ['x'],
        grammar: { type: 'json', value: { type: 'object' } },
      },
    });
    const streaming = sent(to(SERVER, 'm', { stream: true, temperature: 0 }));
    expect(streaming.wire.url).toBe('http://tgi.test/generate_stream');
    expect(streaming.body).toEqual({
      inputs: 'hi',
      parameters: { details: true, return_full_text: false, do_sample: false },
    });
  });

  it('has no tools, and reads no images', () => {
    expect(refusal(to(SERVER, 'm', { tools: [{ type: 'function', function: { name: 'f' } }] })).param).toBe('tools');
    const image = { type: 'image_url' as const, image_url: 'https://x.test/a.png' };
    expect(refusal(to(SERVER, 'm', { messages: [{ role: 'user', content: [image] }] })).param).toBe(
      'messages[0].content[0].type',
    );
  });

  const target = targetOf('m', {}, SERVER);

  it('answers with a text, alone or in a list', () => {
    const answer = {
      generated_text: 'hello',
      details: {
        finish_reason: 'length',
        generated_tokens: 2,
        prefill: [{}, {}, {}],
        tokens: [{ text: 'hello', logprob: -1, special: false }],
      },
    };
    for (const body of [answer, [answer]]) {
      expect(chat.fromResponse(body, ask({ logprobs: true }), target)).toMatchObject({
        choices: [
          {
            message: { content: 'hello' },
            finish_reason: 'length',
            logprobs: { content: [{ token: 'hello', logprob: -1, bytes: null, top_logprobs: [] }] },
          },
        ],
        usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      });
    }
    expect(chat.fromResponse({ generated_text: 'x' }, ask(), target).usage).toBeUndefined();
    for (const body of [null, {}, [], { error: 'busy', error_type: 'overloaded' }])
      expect(() => chat.fromResponse(body, ask(), target)).toThrow(InvalidResponse);
  });

  const token = (text: string, special = false, rest: object = {}) =>
    event({ token: { id: 1, text, logprob: -0.5, special }, generated_text: null, details: null, ...rest });

  it('streams tokens, without the special ones', () => {
    const events = [
      token('he'),
      token('llo'),
      token('</s>', true, {
        generated_text: 'hello',
        details: { finish_reason: 'eos_token', generated_tokens: 3, input_length: 4 },
      }),
    ];
    const { response, complete, chunks } = decode(chat.decoder(ask({ logprobs: true }), target), events);
    expect(complete).toBe(true);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: 'he' });
    expect(response).toMatchObject({
      choices: [
        {
          finish_reason: 'stop',
          message: { content: 'hello' },
          logprobs: { content: [{ token: 'he' }, { token: 'llo' }] },
        },
      ],
      usage: { prompt_tokens: 4, completion_tokens: 3 },
    });
    expect(decode(chat.decoder(ask(), target), events.slice(0, 2)).failure?.code).toBe('provider_invalid_response');
    const failed = decode(chat.decoder(ask(), target), [
      token('a'),
      event({ error: 'CUDA', error_type: 'generation' }),
    ]);
    expect(failed.failure).toMatchObject({ code: 'provider_error', message: 'CUDA', billed: 'maybe' });
  });
});

describe('an error', () => {
  it.each([
    [
      422,
      {
        error: 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000',
        error_type: 'validation',
      },
      'context_length_exceeded',
    ],
    [422, { error: 'Input validation error: grammar is not supported', error_type: 'validation' }, 'unprocessable'],
    [429, { error: 'Model is overloaded', error_type: 'overloaded' }, 'rate_limit_exceeded'],
    [424, { error: 'Request failed during generation', error_type: 'generation' }, 'provider_error'],
    [424, { error: 'unknown' }, 'provider_error'],
    [401, { error: 'Invalid username or password.' }, 'provider_auth_failed'],
    [400, { error: { message: 'bad', type: 'invalid_request_error' } }, 'invalid_request'],
  ])('%i %j is %s', (status, body, code) => {
    expect(huggingface.fromError(status, body, {})).toMatchObject({ code, providerStatus: status });
  });
});

const recorded = process.env['HOLDFAST_FIXTURES'] ?? '';

if (recorded !== '' && existsSync(recorded)) {
  it('a recorded answer of the router and one of the server are read', () => {
    const routed = JSON.parse(readFileSync(`${recorded}/huggingface/simple_completion.json`, 'utf8')) as {
      response: { body: unknown };
    };
    expect(chat.fromResponse(routed.response.body, ask(), targetOf('m', {}, ROUTER)).choices[0]?.finish_reason).toBe(
      'stop',
    );
    const text: unknown = JSON.parse(readFileSync(`${recorded}/tgi/generate.json`, 'utf8'));
    expect(chat.fromResponse(text, ask(), targetOf('m', {}, SERVER)).choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'Test request failed: Error in test' },
    });
  });
}
