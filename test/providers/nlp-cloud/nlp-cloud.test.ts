/** NLP Cloud: what is asked, what comes back, what goes wrong. */
import { describe, expect, it } from '@jest/globals';
import { nlpCloud } from '../../../providers/nlp-cloud/index.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { InvalidResponse } from '../../../providers/provider.ts';
import { ask, chatOf, decode, event, fixture, linesOf, refusal, sent, targetOf } from '../streams.ts';

const chat = chatOf(nlpCloud);
const target = targetOf('finetuned-llama-3-70b', {}, nlpCloud.baseUrl);
const send = (fields: Partial<ChatRequest> = {}) => chat.toRequest(ask(fields), target);
const lines = linesOf('nlp-cloud/text.jsonl');

describe('a request', () => {
  it('is a text to go on with, in NLP Cloud’s names', () => {
    const { wire, body } = sent(
      send({
        messages: [
          { role: 'system', content: 's' },
          { role: 'user', content: 'q' },
        ],
        max_tokens: 7,
        n: 2,
        stop: ['###'],
        temperature: 0.5,
        num_beams: 3,
      }),
    );
    expect(wire.url).toBe('https://api.nlpcloud.io/v1/gpu/finetuned-llama-3-70b/generation');
    expect(body).toEqual({
      text: 's\n\nq',
      remove_input: true,
      length_no_input: true,
      max_length: 7,
      num_return_sequences: 2,
      end_sequence: '###',
      remove_end_sequence: true,
      temperature: 0.5,
      num_beams: 3,
    });
    expect(sent(send({ stream: true })).body['stream']).toBe(true);
  });

  it('is refused where the answer would not be what was asked for', () => {
    expect(refusal(send({ stop: ['a', 'b'] })).param).toBe('stop');
    expect(refusal(send({ tools: [{ type: 'function', function: { name: 'f' } }] })).param).toBe('tools');
  });
});

describe('an answer', () => {
  it('is a text with its counts', () => {
    const response = chat.fromResponse(JSON.parse(fixture('nlp-cloud/text.json')), ask(), target);
    expect(response.choices[0]).toMatchObject({ message: { content: ' Paris.' }, finish_reason: 'stop' });
    expect(response.usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 });
  });

  it('without a count of the prompt has no counts, and several texts are several choices', () => {
    const response = chat.fromResponse({ generated_text: ['a', 'b'], nb_generated_tokens: 3 }, ask(), target);
    expect(response.usage).toBeUndefined();
    expect(response.choices.map(({ message }) => message.content)).toEqual(['a', 'b']);
    expect(() => chat.fromResponse({ generated_text: 1 }, ask(), target)).toThrow(InvalidResponse);
  });

  it('streams by lines until it says that it is done', () => {
    const { response, complete } = decode(
      chat.decoder(ask(), target),
      lines.map((line) => event(line)),
    );
    expect(complete).toBe(true);
    expect(response?.choices[0]?.message.content).toBe('Paris.');
    expect(response?.usage?.total_tokens).toBe(12);
  });

  it.each([
    ['that ends early', lines.slice(0, 1), 'provider_invalid_response'],
    ['of nonsense', ['nonsense'], 'provider_invalid_response'],
    ['with an error in it', ['{"detail":"Something broke."}'], 'provider_error'],
  ])('as a stream %s fails', (_what, events, code) => {
    const { failure } = decode(
      chat.decoder(ask(), target),
      events.map((line) => event(line)),
    );
    expect(failure?.code).toBe(code);
  });
});

describe('an error', () => {
  it.each([
    [402, { detail: 'You reached your quota.' }, 'rate_limit_exceeded'],
    [400, { detail: 'Input text length should not exceed 1024 tokens.' }, 'context_length_exceeded'],
    [401, { detail: 'Bad token.' }, 'provider_auth_failed'],
    [429, { error: 'Too many requests.' }, 'rate_limit_exceeded'],
  ])('%i %j is %s', (status, body, code) => {
    expect(nlpCloud.fromError(status, body, {}).code).toBe(code);
  });
});
