/** SageMaker's endpoints: prompts and OpenAI's wire in, parts of lines out. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sagemaker, sagemakerChat, sagemakerNova } from '../../../providers/sagemaker/index.ts';
import { InvalidResponse, type Provider, type WireEvent } from '../../../providers/provider.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, decode, event, refusal, sent, targetOf } from '../streams.ts';

type Settings = Record<string, unknown>;

const to = (provider: Provider, fields: Partial<ChatRequest> = {}, settings: Settings = {}, base = provider.baseUrl) =>
  chatOf(provider).toRequest(ask(fields), targetOf('my-endpoint', settings, base));
const read = (body: unknown, fields: Partial<ChatRequest> = {}, settings: Settings = {}) =>
  chatOf(sagemaker).fromResponse(body, ask(fields), targetOf('my-endpoint', settings));
const stream = (provider: Provider, parts: readonly string[]) =>
  decode(
    chatOf(provider).decoder(ask({ stream: true }), targetOf('my-endpoint')),
    parts.map((part) => event(part, 'PayloadPart')),
  );

/** Cuts a text at every of the positions. */
function cut(text: string, positions: readonly number[]): string[] {
  const at = [0, ...positions.map((position) => position % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  return at.slice(1).map((end, index) => text.slice(at[index], end));
}

const TGI = [
  { index: 1, token: { id: 1, text: 'Hello', logprob: -0.1, special: false }, generated_text: null, details: null },
  { index: 2, token: { id: 2, text: ' there', logprob: -0.2, special: false }, generated_text: null, details: null },
  {
    index: 3,
    token: { id: 3, text: '</s>', logprob: -0.3, special: true },
    generated_text: 'Hello there',
    details: { finish_reason: 'length', generated_tokens: 3, input_length: 5 },
  },
]
  .map((frame) => `data:${JSON.stringify(frame)}\n\n`)
  .join('');

const OPENAI = [
  { choices: [{ index: 0, delta: { role: 'assistant', content: 'Hello' }, finish_reason: null }] },
  { choices: [{ index: 0, delta: { content: ' there' }, finish_reason: 'stop' }] },
  { choices: [], usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 } },
]
  .map((frame) => `data: ${JSON.stringify(frame)}\n\n`)
  .join('');

describe('the address', () => {
  it('is the endpoint’s in its region, with the component that is meant', () => {
    const { wire } = sent(to(sagemaker, {}, { aws_region_name: 'eu-west-1', model_id: 'part' }));
    expect(wire.url).toBe('https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/my-endpoint/invocations');
    expect(wire.signingRegion).toBe('eu-west-1');
    expect(wire.headers['x-amzn-sagemaker-inference-component']).toBe('part');
  });

  it.each([
    [{ sagemaker_base_url: 'https://proxy.test/' }, 'https://proxy.test/endpoints/my-endpoint'],
    [
      { sagemaker_base_url: 'https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/other/invocations' },
      'https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/other',
    ],
  ])('may be one’s own: %j', (settings, endpoint) => {
    expect(sent(to(sagemaker, { stream: true }, settings)).wire.url).toBe(`${endpoint}/invocations-response-stream`);
  });
});

describe('a prompt', () => {
  it('has the marks of the model behind the endpoint, and its parameters beside it', () => {
    const fields = { max_tokens: 0, temperature: 0.5, top_p: 0.9, stop: 'END', top_k: 3, seed: 1 };
    expect(sent(to(sagemaker, fields, { hf_model_name: 'meta-llama/Llama-2-7b-chat-hf' })).body).toEqual({
      inputs: '[INST] hi [/INST]',
      parameters: {
        details: true,
        return_full_text: false,
        max_new_tokens: 1,
        temperature: 0.5,
        do_sample: true,
        top_p: 0.9,
        stop: ['END'],
        top_k: 3,
        seed: 1,
      },
    });
  });

  it('takes the best always at temperature 0, all at top_p 1, and the best of several for n', () => {
    const { parameters } = sent(to(sagemaker, { temperature: 0, top_p: 1 })).body as { parameters: object };
    expect(parameters).toEqual({ details: true, return_full_text: false, do_sample: false });
    expect(sent(to(sagemaker, { n: 3 })).body).toMatchObject({ parameters: { best_of: 3, do_sample: true } });
    expect(refusal(to(sagemaker, { n: 3, stream: true }))).toMatchObject({ param: 'n' });
  });

  it('can be changed for containers that take less', () => {
    const settings = { extra_body: { parameters: { details: null, custom: 1 }, other: 2 } };
    expect(sent(to(sagemaker, { stream: true }, settings)).body).toEqual({
      inputs: 'hi',
      stream: true,
      other: 2,
      parameters: { return_full_text: false, custom: 1 },
    });
  });

  it.each(['tools', 'response_format', 'reasoning_effort', 'logit_bias'])('does not carry %s', (name) => {
    const values: Settings = {
      tools: [{ type: 'function', function: { name: 'f' } }],
      response_format: { type: 'json_object' },
    };
    const fields = { [name]: values[name] ?? 'low' };
    expect(refusal(to(sagemaker, fields))).toMatchObject({ code: 'unsupported_parameter', param: name });
    expect(sent(to(sagemaker, fields, { drop_params: true })).wire.dropped).toEqual([name]);
  });
});

describe('OpenAI’s wire', () => {
  it('is sent as it is, with the model but for Nova', () => {
    const fields = { max_tokens: 5, stream: true, tools: [{ type: 'function', function: { name: 'f' } }] };
    const { body, wire } = sent(to(sagemakerChat, fields));
    expect(wire.url).toMatch(/\/endpoints\/my-endpoint\/invocations-response-stream$/);
    expect(body).toMatchObject({ model: 'my-endpoint', stream: true, max_tokens: 5, tools: [{}] });
    expect(sent(to(sagemakerNova, fields)).body).not.toHaveProperty('model');
    expect(refusal(to(sagemakerChat, { verbosity: 'low' }))).toMatchObject({ param: 'verbosity' });
  });

  it('streams in parts, cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.boolean(), (positions, done) => {
        const { response, complete } = stream(
          sagemakerChat,
          cut(`${OPENAI}${done ? 'data: [DONE]\n\n' : ''}`, positions),
        );
        expect(complete).toBe(true);
        expect(response?.choices[0]).toMatchObject({ message: { content: 'Hello there' }, finish_reason: 'stop' });
        expect(response?.usage?.total_tokens).toBe(8);
      }),
    );
  });
});

describe('a whole answer', () => {
  it.each([
    [[{ generated_text: 'x' }]],
    [{ generated_text: 'x' }],
    [[[{ generation: 'x' }]]],
    [{ generation: 'x' }],
    [{ outputs: ['x'] }],
  ])('is found in %j', (body) => {
    expect(read(body).choices).toEqual([
      { index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' },
    ]);
  });

  it('is without the prompt, and counted where the container counts', () => {
    const details = { finish_reason: 'length', generated_tokens: 3, input_length: 5 };
    const response = read({ generated_text: 'hi there', details });
    expect(response.choices[0]).toMatchObject({ message: { content: ' there' }, finish_reason: 'length' });
    expect(response.usage).toEqual({ prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 });
  });

  it('has every one of several', () => {
    const details = {
      finish_reason: 'eos_token',
      generated_tokens: 3,
      best_of_sequences: [{ generated_text: 'b', finish_reason: 'length' }],
    };
    const { choices, usage } = read({ generated_text: 'a', details }, { n: 2 });
    expect(choices.map(({ index, message, finish_reason }) => [index, message.content, finish_reason])).toEqual([
      [0, 'a', 'stop'],
      [1, 'b', 'length'],
    ]);
    expect(usage).toBeUndefined();
  });

  it('is refused when it is none', () => {
    for (const body of [null, 'x', [], {}, [[]], { generated_text: 1 }])
      expect(() => read(body)).toThrow(InvalidResponse);
    expect(() => read({ error: 'model broke', error_type: 'overloaded' })).toThrow('model broke');
  });
});

describe('a stream of text', () => {
  it('is the same wherever its parts are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), (positions) => {
        const { response, complete } = stream(sagemaker, cut(TGI, positions));
        expect(complete).toBe(true);
        expect(response?.choices[0]).toMatchObject({ message: { content: 'Hello there' }, finish_reason: 'length' });
        expect(response?.usage).toEqual({ prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 });
      }),
    );
  });

  it('may be bare lines without a mark of the end', () => {
    const { response, complete } = stream(sagemaker, ['{"outputs": ["a"]}\n{"out', 'puts": ["b"]}']);
    expect(complete).toBe(true);
    expect(response?.choices[0]).toMatchObject({ message: { content: 'ab' }, finish_reason: 'stop' });
  });

  it('fails when its mark is missing, when there is nothing, and by errors of either side', () => {
    expect(stream(sagemaker, [TGI.slice(0, 300)]).failure?.code).toBe('provider_invalid_response');
    expect(stream(sagemaker, []).failure?.code).toBe('provider_invalid_response');
    expect(stream(sagemaker, ['data:{"error":"busy","error_type":"overloaded"}\n\n']).failure).toMatchObject({
      code: 'rate_limit_exceeded',
      message: 'busy',
      billed: 'maybe',
    });
    const failed: WireEvent = event(
      { ErrorCode: 'ModelInvocationTimeExceeded', Message: 'too slow' },
      'ModelStreamError',
    );
    const chat = chatOf(sagemaker);
    expect(decode(chat.decoder(ask(), targetOf('e')), [failed]).failure).toMatchObject({
      code: 'provider_error',
      message: 'too slow',
    });
  });
});

describe('an error', () => {
  const wrapped = (status: number, message: string) => ({
    ErrorCode: 'CLIENT_ERROR_FROM_MODEL',
    LogStreamArn: 'arn:aws:logs:us-east-1:123:log-group:/aws/x',
    Message: `Received client error (${status}) from primary with message "${message}". See https://console.aws`,
    OriginalMessage: message,
    OriginalStatusCode: status,
  });

  it.each([
    [
      wrapped(422, '{"error":"`inputs` tokens + `max_new_tokens` must be <= 2048","error_type":"validation"}'),
      'context_length_exceeded',
    ],
    [wrapped(429, '{"error":"Model is overloaded","error_type":"overloaded"}'), 'rate_limit_exceeded'],
    [wrapped(400, 'bad input'), 'invalid_request'],
    [wrapped(500, 'CUDA error'), 'provider_error'],
  ])('of the container is what the container said: %j', (body, code) => {
    const failure = sagemaker.fromError(424, body, { 'x-amzn-errortype': 'ModelError' });
    expect(failure).toMatchObject({ code, providerStatus: body.OriginalStatusCode });
    expect(failure.message).not.toContain('arn:aws');
  });

  it.each([
    [400, 'ValidationError', 'Endpoint x of account 123456789012 not found.', 'provider_model_not_found'],
    [400, 'ThrottlingException', 'Rate exceeded', 'rate_limit_exceeded'],
    [424, 'ModelError', 'the container died', 'provider_error'],
    [403, 'AccessDeniedException', 'not authorized', 'provider_auth_failed'],
    [503, 'ServiceUnavailable', 'busy', 'provider_unavailable'],
  ])('of Amazon itself, %i %s, is in our table', (status, type, message, code) => {
    const failure = sagemaker.fromError(status, { Message: message }, { 'x-amzn-errortype': type });
    expect(failure.code).toBe(code);
    expect(failure.message).not.toMatch(/\d{12}/);
  });
});

const recorded = process.env['HOLDFAST_FIXTURES'] ?? '';

if (recorded !== '' && existsSync(recorded)) {
  describe('a recording', () => {
    it('is without the prompt it repeats', () => {
      const { request, response } = JSON.parse(readFileSync(`${recorded}/sagemaker/invoke.json`, 'utf8')) as {
        request: { body: { inputs: string } };
        response: { body: unknown };
      };
      const messages: ChatRequest['messages'] = [{ role: 'user', content: request.body.inputs }];
      const text = read(response.body, { messages }).choices[0]?.message.content ?? '';
      expect(text.trim()).toMatch(/^Thank you for asking!/);
    });
  });
}
