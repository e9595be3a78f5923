/** OpenAI's request in Cohere's words. */
import { describe, expect, it } from '@jest/globals';
import { cohere } from '../../../providers/cohere/index.ts';
import type { ChatMessage, ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, refusal, sent, targetOf } from '../streams.ts';

const BASE = 'https://api.cohere.test';
const chat = chatOf(cohere);
const send = (
  fields: Partial<ChatRequest> = {},
  settings: Record<string, unknown> = {},
  model = 'command-a-reasoning-08-2025',
) => chat.toRequest(ask(fields), targetOf(model, settings, BASE));
const body = (fields: Partial<ChatRequest> = {}, settings: Record<string, unknown> = {}, model?: string) =>
  sent(send(fields, settings, model)).body;

const tool = (name: string, extra: object = {}) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: {} }, ...extra },
});
const bare = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } };

describe('where it goes', () => {
  it('is /v2/chat, whatever form the address has', () => {
    for (const base of [BASE, `${BASE}/v1`, `${BASE}/v2`, `${BASE}/v2/chat`])
      expect(sent(chat.toRequest(ask(), targetOf('command-r', {}, base))).wire.url).toBe(`${BASE}/v2/chat`);
    expect(body({}, {}, 'v1/command-r')['model']).toBe('command-r');
  });
});

describe('parameters', () => {
  it('have Cohere’s names and ranges', () => {
    expect(
      body({
        max_completion_tokens: 9,
        top_p: 1,
        top_k: 3,
        stop: 'x',
        seed: 4,
        temperature: 0.4,
        presence_penalty: 0.5,
        logprobs: true,
        documents: ['d'],
        safety_mode: 'OFF',
        stream: true,
      }),
    ).toEqual({
      model: 'command-a-reasoning-08-2025',
      messages: [{ role: 'user', content: 'hi' }],
      max_tokens: 9,
      p: 0.99,
      k: 3,
      stop_sequences: ['x'],
      seed: 4,
      temperature: 0.4,
      presence_penalty: 0.5,
      logprobs: true,
      documents: ['d'],
      safety_mode: 'OFF',
      stream: true,
    });
    expect(body({ stop: ['a', 'b'], top_p: 0 })).toMatchObject({ stop_sequences: ['a', 'b'], p: 0.01 });
  });

  it.each<[string, Partial<ChatRequest>]>([
    ['n', { n: 2 }],
    ['logit_bias', { logit_bias: { 1: 2 } }],
    ['top_logprobs', { top_logprobs: 2 }],
    ['parallel_tool_calls', { parallel_tool_calls: false }],
    ['frequency_penalty', { frequency_penalty: -1 }],
    ['response_format', { response_format: { type: 'json_object' }, tools: [tool('f')] }],
    ['functions', { functions: [{ name: 'f' }] }],
  ])('names %s when it cannot be expressed, and leaves it out when told to', (param, fields) => {
    expect(refusal(send(fields))).toMatchObject({ code: 'unsupported_parameter', param });
    const dropped = sent(send(fields, { drop_params: true }));
    expect(dropped.wire.dropped).toEqual([param]);
    expect(dropped.body).not.toHaveProperty(param);
  });

  it('merges extra_body and sends extra_headers', () => {
    const { body: found, wire } = sent(
      send({}, { extra_body: { priority: 1 }, extra_headers: { 'X-Client-Name': 'me' } }),
    );
    expect(found['priority']).toBe(1);
    expect(wire.headers['x-client-name']).toBe('me');
  });

  it('asks for JSON by a schema', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    expect(
      body({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } })['response_format'],
    ).toEqual({
      type: 'json_object',
      json_schema: schema,
    });
    expect(body({ response_format: { type: 'json_object' } })['response_format']).toEqual({ type: 'json_object' });
    expect(body({ response_format: { type: 'text' } })).not.toHaveProperty('response_format');
  });
});

describe('thinking', () => {
  it.each<[Partial<ChatRequest>, unknown]>([
    [{ reasoning_effort: 'low' }, { type: 'enabled', token_budget: 1024 }],
    [{ reasoning_effort: { effort: 'high' } }, { type: 'enabled', token_budget: 4096 }],
    [
      { reasoning_effort: 'high', max_tokens: 100 },
      { type: 'enabled', token_budget: 99 },
    ],
    [{ reasoning_effort: 'none' }, { type: 'disabled' }],
    [{ thinking: { type: 'enabled', budget_tokens: 77 } }, { type: 'enabled', token_budget: 77 }],
    [{ thinking: { type: 'adaptive' } }, { type: 'enabled' }],
    [{ thinking: { type: 'disabled' } }, { type: 'disabled' }],
    [{}, undefined],
  ])('%j is %j', (fields, thinking) => {
    expect(body(fields)['thinking']).toEqual(thinking);
  });

  it('is refused by models that cannot, unless it is switched off', () => {
    expect(refusal(send({ reasoning_effort: 'low' }, {}, 'command-r-plus')).param).toBe('reasoning_effort');
    expect(refusal(send({ thinking: { type: 'enabled' } }, {}, 'command-a-03-2025')).param).toBe('thinking');
    expect(body({ reasoning_effort: 'none' }, {}, 'command-r-plus')).not.toHaveProperty('thinking');
    expect(body({ reasoning_effort: 'low' }, {}, 'command-next')).toHaveProperty('thinking');
  });
});

describe('tools', () => {
  it.each<[ChatRequest['tool_choice'], unknown]>([
    ['auto', undefined],
    ['none', 'NONE'],
    ['required', 'REQUIRED'],
    ['any', 'REQUIRED'],
    [undefined, undefined],
  ])('choice %j is %j', (choice, expected) => {
    const found = body({ tools: [tool('f')], ...(choice === undefined ? {} : { tool_choice: choice }) });
    expect(found['tool_choice']).toBe(expected);
    expect(found['tools']).toEqual([bare]);
  });

  it('offer only the one that the choice names', () => {
    const named = { type: 'function', function: { name: 'f' } };
    expect(body({ tools: [tool('g'), tool('f')], tool_choice: named })).toMatchObject({
      tools: [bare],
      tool_choice: 'REQUIRED',
    });
    expect(refusal(send({ tools: [tool('g')], tool_choice: named })).param).toBe('tool_choice');
  });

  it('are strict together, and have parameters always', () => {
    const found = body({ tools: [{ type: 'function', function: { name: 'f', description: 'd', strict: true } }] });
    expect(found).toMatchObject({ strict_tools: true });
    expect(found['tools']).toEqual([
      { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object', properties: {} } } },
    ]);
    expect(refusal(send({ tools: [{ type: 'web_search' }] })).param).toBe('tools[0].type');
  });
});

describe('messages', () => {
  const messages = (list: ChatMessage[]) => body({ messages: list })['messages'];
  const call = { id: 'c1', type: 'function' as const, function: { name: 'f', arguments: '{}' } };

  it('keep their roles; what was thought before a call goes back as its plan', () => {
    expect(
      messages([
        {
          role: 'developer',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
        { role: 'user', content: 'q', name: 'ann' },
        { role: 'assistant', content: null, reasoning_content: 'I look', tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'r' }] },
        { role: 'assistant', content: 'done', reasoning_content: 'gone' },
      ]),
    ).toEqual([
      { role: 'system', content: 'a\nb' },
      { role: 'user', content: 'q' },
      { role: 'assistant', tool_calls: [call], tool_plan: 'I look' },
      { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'r' }] },
      { role: 'assistant', content: 'done' },
    ]);
  });

  it('carry images, and say which other content cannot be taken', () => {
    expect(
      messages([
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look', cache_control: { type: 'ephemeral' } },
            { type: 'image_url', image_url: 'https://x.test/a.png' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low', format: 'image/png' } },
          ],
        },
      ]),
    ).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } },
        ],
      },
    ]);
    const audio = { type: 'input_audio' as const, input_audio: { data: 'AA==', format: 'wav' } };
    expect(refusal(send({ messages: [{ role: 'user', content: [audio] }] })).param).toBe('messages[0].content[0].type');
  });

  it('turn the deprecated function call into a call with an id that meets its result', () => {
    expect(
      messages([
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: 'r' },
      ]),
    ).toEqual([
      { role: 'assistant', tool_calls: [{ ...call, id: 'function_f' }] },
      { role: 'tool', tool_call_id: 'function_f', content: 'r' },
    ]);
  });
});
