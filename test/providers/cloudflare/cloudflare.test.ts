/** Workers AI in both of its shapes. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { cloudflare } from '../../../providers/cloudflare/index.ts';
import type { InvalidResponse } from '../../../providers/provider.ts';
import { ask, chatOf, decode, event, linesOf, refusal, sent, targetOf } from '../streams.ts';

const chat = chatOf(cloudflare);
const ROOT = 'https://api.cloudflare.com/client/v4/accounts/acc/ai';
const target = targetOf('@cf/meta/llama-3.1-8b-instruct', {}, `${ROOT}/v1`);

describe('where it goes', () => {
  it.each([
    ['', { account_id: 'acc' }],
    [`${ROOT}/run`, {}],
    [ROOT, {}],
    [`${ROOT}/v1`, {}],
  ])('%j with %j', (base, settings) => {
    const { wire, body } = sent(
      chat.toRequest(ask({ max_completion_tokens: 2 }), { ...target, baseUrl: base, settings }),
    );
    expect(wire.url).toBe(`${ROOT}/v1/chat/completions`);
    expect(body).toMatchObject({ model: '@cf/meta/llama-3.1-8b-instruct', max_tokens: 2 });
  });

  it('is refused without an account', () => {
    expect(refusal(chat.toRequest(ask(), { ...target, baseUrl: '' })).message).toContain('CLOUDFLARE_ACCOUNT_ID');
  });
});

describe('an answer', () => {
  it('inside result is read, of its own shape or of OpenAI’s', () => {
    const usage = { prompt_tokens: 2, completion_tokens: 1, total_tokens: 3 };
    const own = { result: { response: 'yes', usage }, success: true, errors: [], messages: [] };
    expect(chat.fromResponse(own, ask(), target)).toMatchObject({
      choices: [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }],
      usage,
    });
    const openai = { choices: [{ message: { content: 'yes' }, finish_reason: 'length' }] };
    expect(chat.fromResponse({ result: openai, success: true }, ask(), target).choices[0]?.finish_reason).toBe(
      'length',
    );
    const json = { result: { response: { a: 1 } }, success: true };
    expect(chat.fromResponse(json, ask(), target).choices[0]?.message.content).toBe('{"a":1}');
  });

  it('calls tools with arguments as text', () => {
    const body = { result: { response: null, tool_calls: [{ name: 'f', arguments: { a: 1 } }] }, success: true };
    expect(chat.fromResponse(body, ask(), target).choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: null, tool_calls: [{ type: 'function', function: { name: 'f', arguments: '{"a":1}' } }] },
    });
  });

  it('that did not succeed carries its error', () => {
    try {
      chat.fromResponse({ success: false, errors: [{ code: 3040, message: 'Capacity' }], result: null }, ask(), target);
      expect('thrown').toBe('not thrown');
    } catch (error) {
      expect((error as InvalidResponse).failure).toMatchObject({ message: 'Capacity', providerCode: '3040' });
    }
  });
});

describe('a stream', () => {
  it('of its own shape gives text, an end and counts', () => {
    const { response, complete, chunks } = decode(chat.decoder(ask(), target), [
      ...linesOf('cloudflare/native.chunks.jsonl').map((line) => event(line)),
      event('[DONE]'),
    ]);
    expect(complete).toBe(true);
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason)).toHaveLength(1);
    expect(response).toMatchObject({
      choices: [{ message: { content: 'hello' }, finish_reason: 'stop' }],
      usage: { total_tokens: 4 },
    });
  });

  it('closes a call with a piece of nulls, which adds nothing to it', () => {
    const piece = (call: object, finish: string | null = null) =>
      event({ choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: finish }] });
    const { response } = decode(chat.decoder(ask(), target), [
      piece({ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
      piece({ index: 0, function: { arguments: '{"a":1}' } }),
      piece({ index: 0, id: null, type: 'function', function: { name: null, arguments: null } }),
      event({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }),
      event('[DONE]'),
    ]);
    expect(response?.choices[0]?.message.tool_calls).toEqual([
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
    ]);
  });
});

describe('an error', () => {
  it.each([
    [429, 3040, 'rate_limit_exceeded'],
    [400, 3036, 'rate_limit_exceeded'],
    [408, 3007, 'provider_timeout'],
    [400, 5007, 'provider_model_not_found'],
    [400, 10000, 'provider_auth_failed'],
    [400, 5006, 'invalid_request'],
  ])('%i with code %i is %s', (status, code, expected) => {
    const body = { success: false, errors: [{ code, message: 'AiError' }], result: null };
    expect(cloudflare.fromError(status, body, {})).toMatchObject({ code: expected, providerCode: String(code) });
  });
});

const recorded = process.env['HOLDFAST_FIXTURES'] ?? '';

if (recorded !== '' && existsSync(recorded)) {
  it('a recorded stream counts as its last chunk does', () => {
    const lines = readFileSync(`${recorded}/cloudflare/stream-reasoning.sse`, 'utf8').split('\n');
    const events = lines.filter((line) => line.startsWith('data: ')).map((line) => event(line.slice(6)));
    const { complete, response } = decode(chat.decoder(ask(), target), events);
    expect(complete).toBe(true);
    expect(response?.usage?.total_tokens).toBe(1035);
  });
}
