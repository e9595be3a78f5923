/** GigaChat: functions for tools, in both directions. */
import { describe, expect, it } from '@jest/globals';
import { gigachat } from '../../../providers/gigachat/index.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, decode, event, fixture, refusal, sent, targetOf } from '../streams.ts';

const chat = chatOf(gigachat);
const target = targetOf('GigaChat-Max', {}, gigachat.baseUrl);
const send = (fields: Partial<ChatRequest> = {}) => chat.toRequest(ask(fields), target);
const weather = { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } };
const tools: ChatRequest['tools'] = [{ type: 'function', function: weather }];

describe('a request', () => {
  it('has functions for tools', () => {
    const { wire, body } = sent(
      send({ tools, tool_choice: { type: 'function', function: { name: 'weather' } }, max_completion_tokens: 7 }),
    );
    expect(wire.url).toBe('https://gigachat.devices.sberbank.ru/api/v1/chat/completions');
    expect(body).toEqual({
      model: 'GigaChat-Max',
      messages: [{ role: 'user', content: 'hi' }],
      functions: [weather],
      function_call: { name: 'weather' },
      max_tokens: 7,
    });
    expect(refusal(send({ tools, tool_choice: 'required' })).param).toBe('tool_choice');
  });

  it('tells several calls of one turn one after the other, each with its result', () => {
    const call = (id: string, city: string) => ({
      id,
      type: 'function' as const,
      function: { name: 'weather', arguments: JSON.stringify({ city }) },
    });
    const { body } = sent(
      send({
        messages: [
          { role: 'user', content: 'q' },
          { role: 'assistant', content: 'Let me see.', tool_calls: [call('a', 'Paris'), call('b', 'Rome')] },
          { role: 'tool', tool_call_id: 'b', content: '{"sky":"blue"}' },
          { role: 'tool', tool_call_id: 'a', content: 'rain' },
        ],
      }),
    );
    expect(body['messages']).toEqual([
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'Let me see.', function_call: { name: 'weather', arguments: { city: 'Paris' } } },
      { role: 'function', name: 'weather', content: '{"result":"rain"}' },
      { role: 'assistant', content: '', function_call: { name: 'weather', arguments: { city: 'Rome' } } },
      { role: 'function', name: 'weather', content: '{"sky":"blue"}' },
    ]);
  });

  it('chooses the best always where the temperature is 0', () => {
    const { body } = sent(send({ temperature: 0 }));
    expect(body).toMatchObject({ top_p: 0 });
    expect(body).not.toHaveProperty('temperature');
  });
});

describe('an answer', () => {
  const reply = JSON.parse(fixture('gigachat/call.json')) as { choices: { message: object }[] };
  const call = { type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } };

  it('calls a tool', () => {
    const { choices, usage } = chat.fromResponse(reply, ask({ tools }), target);
    expect(choices[0]).toMatchObject({ message: { tool_calls: [call] }, finish_reason: 'tool_calls' });
    expect(choices[0]?.message.tool_calls?.[0]?.id).toMatch(/^call_/);
    expect(usage?.total_tokens).toBe(86);
  });

  it('calls a tool in a stream', () => {
    const [choice] = reply.choices;
    const frame = { ...reply, choices: [{ index: 0, delta: choice?.message, finish_reason: 'function_call' }] };
    const { response, complete } = decode(chat.decoder(ask({ tools }), target), [event(frame), event('[DONE]')]);
    expect(complete).toBe(true);
    expect(response?.choices[0]).toMatchObject({ message: { tool_calls: [call] }, finish_reason: 'tool_calls' });
  });
});
