/** What models behind Databricks ask of a request, and how they answer. */
import { describe, expect, it } from '@jest/globals';
import { databricks } from '../../../providers/databricks/index.ts';
import type { ChatMessage, ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, decode, event, fixture, refusal, sent, targetOf } from '../streams.ts';

const WORKSPACE = 'https://dbc.cloud.databricks.com';
const chat = chatOf(databricks);
const LLAMA = 'databricks-meta-llama-3-3-70b-instruct';
const CLAUDE = 'databricks-claude-sonnet-4-5';
const send = (fields: Partial<ChatRequest> = {}, model = LLAMA, base = `${WORKSPACE}/serving-endpoints`) =>
  chat.toRequest(ask(fields), targetOf(model, {}, base));
const body = (fields: Partial<ChatRequest>, model?: string) => sent(send(fields, model)).body;

const call = (id: string) => ({ id, type: 'function' as const, function: { name: 'f', arguments: '{}' } });

describe('where it goes', () => {
  it.each([
    [LLAMA, WORKSPACE, '/serving-endpoints/chat/completions'],
    [LLAMA, `${WORKSPACE}/serving-endpoints`, '/serving-endpoints/chat/completions'],
    ['system.ai.gpt', `${WORKSPACE}/serving-endpoints`, '/ai-gateway/mlflow/v1/chat/completions'],
    ['x', `${WORKSPACE}/serving-endpoints/x/invocations`, '/serving-endpoints/x/invocations'],
  ])('%s at %s', (model, base, path) => {
    expect(sent(send({}, model, base)).wire.url).toBe(`${WORKSPACE}${path}`);
  });

  it('is refused without an address, and with one that is none', () => {
    expect(refusal(send({}, LLAMA, '')).code).toBe('provider_unreachable');
    expect(refusal(send({}, LLAMA, 'nowhere')).message).toContain('"nowhere"');
  });
});

describe('messages', () => {
  const list: ChatMessage[] = [
    { role: 'user', content: 'q', name: 'ann' },
    { role: 'system', content: 'one' },
    { role: 'developer', content: [{ type: 'text', text: 'two', cache_control: { type: 'ephemeral' } }] },
    { role: 'assistant', content: '' },
    { role: 'assistant', content: 'both', tool_calls: [call('a'), call('b')], name: 'bot' },
    { role: 'tool', tool_call_id: 'b', content: 'B' },
    { role: 'tool', tool_call_id: 'a', content: 'A' },
    {
      role: 'user',
      content: [
        { type: 'text', text: '' },
        { type: 'text', text: 'x' },
      ],
    },
  ];

  it('have instructions first, one call a turn, and nothing empty', () => {
    expect(body({ messages: list })['messages']).toEqual([
      { role: 'system', content: 'one\ntwo' },
      { role: 'user', content: 'q', name: 'ann' },
      { role: 'assistant', content: 'both', tool_calls: [call('a')] },
      { role: 'tool', tool_call_id: 'a', content: 'A' },
      { role: 'assistant', content: null, tool_calls: [call('b')] },
      { role: 'tool', tool_call_id: 'b', content: 'B' },
      { role: 'user', content: '\nx' },
    ]);
  });

  it('to Claude keep their order, their parallel calls and their marks for the cache', () => {
    const sentList = body({ messages: list }, CLAUDE)['messages'] as ChatMessage[];
    expect(sentList.map(({ role }) => role)).toEqual([
      'user',
      'system',
      'developer',
      'assistant',
      'tool',
      'tool',
      'user',
    ]);
    expect(sentList[2]?.content).toEqual([{ type: 'text', text: 'two', cache_control: { type: 'ephemeral' } }]);
    expect(sentList[3]?.tool_calls).toHaveLength(2);
    expect(sentList[6]?.content).toEqual([{ type: 'text', text: 'x' }]);
  });
});

describe('parameters', () => {
  it('think by a budget with Claude and by an effort otherwise', () => {
    const thinking = { type: 'enabled', budget_tokens: 2048 };
    expect(body({ thinking, max_completion_tokens: 9 }, CLAUDE)).toMatchObject({ thinking, max_tokens: 9 });
    expect(body({ thinking })).toMatchObject({ reasoning_effort: 'medium' });
    expect(refusal(send({ seed: 1 })).param).toBe('seed');
  });
});

describe('an answer', () => {
  it('is taken apart into thoughts and text', () => {
    const whole: unknown = JSON.parse(fixture('databricks/thinking.json'));
    expect(chat.fromResponse(whole, ask(), targetOf(CLAUDE)).choices[0]?.message).toEqual({
      role: 'assistant',
      content: 'yes',
      reasoning_content: 'hm',
      thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 'sig' }],
      provider_specific_fields: { citations: [{ n: 1 }] },
    });
  });

  it('is taken apart in a stream, too', () => {
    const piece = (part: unknown) => event({ choices: [{ index: 0, delta: { content: part } }] });
    const { response, complete } = decode(chat.decoder(ask(), targetOf(CLAUDE)), [
      piece([{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'h' }] }]),
      piece([{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'm' }] }]),
      piece([{ type: 'reasoning', summary: [{ type: 'summary_text', text: '', signature: 'sig' }] }]),
      piece('yes'),
      event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
    ]);
    expect(complete).toBe(true);
    expect(response?.choices[0]?.message).toMatchObject({ content: 'yes', reasoning_content: 'hm' });
  });
});

describe('an error', () => {
  it.each([
    [429, 'REQUEST_LIMIT_EXCEEDED', 'rate_limit_exceeded'],
    [403, 'PERMISSION_DENIED', 'provider_auth_failed'],
    [400, 'ENDPOINT_NOT_FOUND', 'provider_model_not_found'],
    [404, 'RESOURCE_DOES_NOT_EXIST', 'provider_model_not_found'],
    [400, 'BAD_REQUEST', 'invalid_request'],
  ])('%i %s is %s', (status, code, expected) => {
    expect(databricks.fromError(status, { error_code: code, message: 'm' }, {})).toMatchObject({
      code: expected,
      providerCode: code,
    });
  });
});
