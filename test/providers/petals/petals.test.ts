/** Petals, and the API server of one's own: texts by protocols that have no stream. */
import { describe, expect, it } from '@jest/globals';
import { custom } from '../../../providers/custom/index.ts';
import { petals } from '../../../providers/petals/index.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { InvalidResponse } from '../../../providers/provider.ts';
import { ask, chatOf, decode, event, fixture, refusal, sent, targetOf } from '../streams.ts';

const target = targetOf('petals-team/StableBeluga2', {}, 'http://127.0.0.1:5000');
const chat = chatOf(petals);

function form(fields: Partial<ChatRequest>): Record<string, string> {
  const wire = chat.toRequest(ask(fields), target);
  if ('refused' in wire) throw new Error(wire.refused.message);
  expect(wire.headers['content-type']).toBe('application/x-www-form-urlencoded');
  expect(wire.url).toBe('http://127.0.0.1:5000/api/v1/generate');
  return Object.fromEntries(new URLSearchParams(String(wire.body)));
}

describe('Petals', () => {
  it('is asked by a form, and samples unless the temperature is 0', () => {
    expect(form({ max_tokens: 5, temperature: 0.5, top_k: 3 })).toEqual({
      model: 'petals-team/StableBeluga2',
      inputs: 'hi',
      max_new_tokens: '5',
      do_sample: '1',
      temperature: '0.5',
      top_k: '3',
    });
    expect(form({ temperature: 0 })).toMatchObject({ do_sample: '0', max_new_tokens: '256' });
    expect(form({ max_length: 9 })).not.toHaveProperty('max_new_tokens');
  });

  it('needs a server, and says that the public one is none to rely on', () => {
    expect(refusal(chat.toRequest(ask(), { ...target, baseUrl: '' }))).toMatchObject({
      code: 'provider_unreachable',
      message: expect.stringContaining('api_base'),
    });
  });

  it('is read whole, also for a caller who streams', () => {
    const body = fixture('petals/text.json');
    expect(chat.fromResponse(JSON.parse(body), ask(), target).choices[0]?.message.content).toBe('hello');
    const lines = JSON.stringify(JSON.parse(body), null, 2).split('\n');
    const { response, complete } = decode(
      chat.decoder(ask({ stream: true }), target),
      lines.map((line) => event(line)),
    );
    expect(complete).toBe(true);
    expect(response?.choices[0]).toMatchObject({ message: { content: 'hello' }, finish_reason: 'stop' });
  });

  it('fails with status 200, and nobody sees the traceback', () => {
    const body = { ok: false, traceback: 'File "/home/someone/app.py"' };
    expect(() => chat.fromResponse(body, ask(), target)).toThrow(InvalidResponse);
    const { failure } = decode(chat.decoder(ask(), target), [event(body)]);
    expect(failure?.code).toBe('provider_bad_gateway');
    expect(JSON.stringify([failure, petals.fromError(500, body, {})])).not.toContain('app.py');
    expect(decode(chat.decoder(ask(), target), []).failure?.code).toBe('provider_invalid_response');
  });
});

describe('an API server of one’s own', () => {
  const own = chatOf(custom);

  it('is asked with a list of prompts at its very address', () => {
    const { wire, body } = sent(own.toRequest(ask({ max_tokens: 5, top_k: 3 }), { ...target, model: 'm' }));
    expect(wire.url).toBe('http://127.0.0.1:5000');
    expect(body).toEqual({ model: 'm', params: { prompt: ['hi'], max_tokens: 5, top_k: 3 } });
    expect(refusal(own.toRequest(ask(), { ...target, baseUrl: '' })).code).toBe('provider_unreachable');
  });

  it('answers with a list of outputs', () => {
    const body: unknown = JSON.parse(fixture('custom/text.json'));
    expect(own.fromResponse(body, ask(), target).choices[0]?.message.content).toBe('hello');
    expect(() => own.fromResponse({ data: [] }, ask(), target)).toThrow(InvalidResponse);
  });
});
