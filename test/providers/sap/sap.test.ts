/** SAP AI Core: OpenAI's messages in an envelope, both ways. */
import { expect, it } from '@jest/globals';
import { sap } from '../../../providers/sap/index.ts';
import { ask, chatOf, decode, event, fixture, refusal, sent, targetOf } from '../streams.ts';

const BASE = 'https://api.ai.test/v2/inference/deployments/d1';
const chat = chatOf(sap);
const target = targetOf('gpt-4o', { resource_group: 'mine', model_version: 'latest' }, BASE);

it('is asked by a configuration', () => {
  const tools = [{ type: 'function' as const, function: { name: 'f' } }];
  const { wire, body } = sent(chat.toRequest(ask({ tools, max_completion_tokens: 7, temperature: 0.5 }), target));
  expect(wire.url).toBe(`${BASE}/v2/completion`);
  expect(wire.headers['ai-resource-group']).toBe('mine');
  expect(body).toEqual({
    config: {
      modules: {
        prompt_templating: {
          prompt: { template: [{ role: 'user', content: 'hi' }], tools },
          model: { name: 'gpt-4o', version: 'latest', params: { max_tokens: 7, temperature: 0.5 } },
        },
      },
    },
  });
  expect(sent(chat.toRequest(ask({ stream: true }), target)).body).toMatchObject({
    config: { stream: { enabled: true } },
  });
  expect(refusal(chat.toRequest(ask(), { ...target, baseUrl: '' })).code).toBe('provider_unreachable');
});

it('answers inside a result, whole and in a stream', () => {
  const body = JSON.parse(fixture('sap/text.json')) as object;
  expect(chat.fromResponse(body, ask(), target).choices[0]?.message.content).toBe('hello');
  const chunk = (delta: object, finish: string | null) => ({
    request_id: 'r',
    final_result: { id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] },
  });
  const frames = [chunk({ role: 'assistant', content: 'he' }, null), chunk({ content: 'llo' }, 'stop'), '[DONE]'];
  const { response, complete } = decode(
    chat.decoder(ask(), target),
    frames.map((frame) => event(frame)),
  );
  expect(complete).toBe(true);
  expect(response?.choices[0]).toMatchObject({ message: { content: 'hello' }, finish_reason: 'stop' });
});
