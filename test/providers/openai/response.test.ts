/** Whole answers on OpenAI's wire, regular and irregular. */
import { describe, expect, it } from '@jest/globals';
import { catalog } from '../../../providers/catalog.ts';
import type { ChatResponse } from '../../../providers/protocol/chat.ts';
import { InvalidResponse } from '../../../providers/provider.ts';
import { ask, chatOf, fixture, targetOf } from '../streams.ts';

function read(body: unknown, id = 'openai'): ChatResponse {
  return chatOf(catalog[id]).fromResponse(body, ask(), targetOf('gpt-4o'));
}

function thrown(body: unknown): InvalidResponse {
  try {
    read(body);
  } catch (error) {
    if (error instanceof InvalidResponse) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const answer = (message: object, rest: object = {}, finish: unknown = 'stop') => ({
  choices: [{ index: 0, message, finish_reason: finish }],
  ...rest,
});

describe('an answer of OpenAI', () => {
  it('passes unchanged when it is regular', () => {
    const body: unknown = JSON.parse(fixture('openai/text.json'));
    expect(read(body)).toEqual(body);
  });

  it('is completed where a compatible server leaves fields out', () => {
    const response = read(
      answer(
        {
          content: null,
          tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }, { id: 'x', function: { name: 'g' } }],
        },
        { created: 1.9 },
      ),
    );
    expect(response).toMatchObject({ id: 'chatcmpl-gateway', object: 'chat.completion', created: 1, model: 'gpt-4o' });
    expect(response.choices[0]?.finish_reason).toBe('tool_calls');
    const calls = response.choices[0]?.message.tool_calls ?? [];
    expect(calls.map((call) => call.function.arguments)).toEqual(['{"a":1}', '{}']);
    expect(calls[0]?.id).toMatch(/^call_/);
    expect(calls[1]?.id).toBe('x');
  });

  it('calls reasoning by one name and keeps a foreign finish reason beside ours', () => {
    expect(read(answer({ content: 'x', reasoning: 'hm' })).choices[0]?.message).toEqual({
      role: 'assistant',
      content: 'x',
      reasoning_content: 'hm',
    });
    const mistral = read(
      answer(
        {
          content: [
            { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
            { type: 'text', text: 'x' },
          ],
        },
        {},
        'model_length',
      ),
      'mistral',
    );
    expect(mistral.choices[0]).toMatchObject({
      finish_reason: 'length',
      message: {
        content: 'x',
        reasoning_content: 'hm',
        provider_specific_fields: { native_finish_reason: 'model_length' },
      },
    });
  });

  it('keeps fields it does not know', () => {
    const response = read({ ...answer({ content: 'x', new_field: 1 }), citations: ['u'] });
    expect(response['citations']).toEqual(['u']);
    expect(response.choices[0]?.message['new_field']).toBe(1);
  });

  it('counts cached tokens wherever the provider puts them', () => {
    const usage = (fields: object) =>
      read(answer({ content: 'x' }, { usage: { prompt_tokens: 10, completion_tokens: 2, ...fields } })).usage;
    expect(usage({ prompt_cache_hit_tokens: 8 })?.prompt_tokens_details).toEqual({ cached_tokens: 8 });
    expect(usage({ cached_tokens: 7 })?.prompt_tokens_details).toEqual({ cached_tokens: 7 });
    expect(usage({ total_tokens: 3 })?.total_tokens).toBe(12);
    expect(usage({ completion_tokens: -2 })).toBeUndefined();
    expect(usage({ prompt_tokens_details: { cached_tokens: -1 } })).toBeUndefined();
  });

  it('is refused when it is none', () => {
    for (const body of [
      undefined,
      null,
      'text',
      [],
      {},
      { choices: [] },
      { choices: [null] },
      { choices: [{}] },
      { choices: [{ message: { tool_calls: [1] } }] },
    ]) {
      expect(thrown(body).failure).toBeUndefined();
    }
  });

  it('carries the error that came inside a 200', () => {
    expect(thrown({ error: { message: 'busy', code: 429 } }).failure).toMatchObject({
      code: 'rate_limit_exceeded',
      message: 'busy',
      billed: 'maybe',
    });
    expect(thrown({ object: 'error', message: 'no', code: 400 }).failure).toMatchObject({ code: 'invalid_request' });
    expect(thrown({ choices: [{ message: {}, error: { code: 502, message: 'x' } }] }).failure).toMatchObject({
      code: 'provider_bad_gateway',
    });
  });
});
