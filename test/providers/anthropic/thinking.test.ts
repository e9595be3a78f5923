/** How much Claude is told to think, by generation. */
import { describe, expect, it } from '@jest/globals';
import { anthropic } from '../../../providers/anthropic/index.ts';
import type { ChatMessage, ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, refusal, sent, targetOf } from '../streams.ts';

const SONNET = 'claude-sonnet-4-5';
const chat = chatOf(anthropic);

function send(fields: Partial<ChatRequest> = {}, settings: Record<string, unknown> = {}, model = SONNET) {
  return chat.toRequest(ask(fields), targetOf(model, settings, 'https://api.anthropic.test'));
}

function body(
  fields: Partial<ChatRequest> = {},
  settings: Record<string, unknown> = {},
  model = SONNET,
): Record<string, unknown> {
  return sent(send(fields, settings, model)).body;
}

const call = (id: string, name: string, args: string) => ({
  id,
  type: 'function' as const,
  function: { name, arguments: args },
});
const tool = (name: string, extra: object = {}) => ({
  type: 'function',
  function: { name, description: 'd', parameters: { type: 'object', properties: {} } },
  ...extra,
});

describe('thinking', () => {
  it.each<[ChatRequest['reasoning_effort'], object | undefined]>([
    ['minimal', { type: 'enabled', budget_tokens: 1024 }],
    ['medium', { type: 'enabled', budget_tokens: 2048 }],
    [{ effort: 'high' }, { type: 'enabled', budget_tokens: 4096 }],
    ['none', undefined],
  ])('with a budget for effort %j', (effort, expected) => {
    expect(body({ reasoning_effort: effort ?? null })['thinking']).toEqual(expected);
  });

  it('is adaptive with an effort on newer models, and shows itself where it would hide', () => {
    expect(body({ reasoning_effort: 'minimal' }, {}, 'claude-opus-4-6')).toMatchObject({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'low' },
    });
    expect(body({ reasoning_effort: 'xhigh' }, {}, 'claude-opus-4-7')).toMatchObject({
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'xhigh' },
    });
    expect(refusal(send({ reasoning_effort: 'xhigh' }, {}, 'claude-opus-4-6'))).toMatchObject({
      param: 'reasoning_effort',
    });
    expect(refusal(send({ reasoning_effort: 'low' }, {}, 'claude-3-5-sonnet-20241022'))).toMatchObject({
      param: 'reasoning_effort',
    });
  });

  it('takes the thinking parameter, and translates a budget where only efforts are known', () => {
    expect(body({ thinking: { type: 'enabled', budget_tokens: 3000 } })['thinking']).toEqual({
      type: 'enabled',
      budget_tokens: 3000,
    });
    expect(body({ thinking: { type: 'enabled', budget_tokens: 9000 } }, {}, 'claude-opus-4-7')).toMatchObject({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'xhigh' },
    });
    expect(body({ thinking: { type: 'disabled' } }, {}, 'claude-opus-4-7')).not.toHaveProperty('thinking');
  });

  it('fits into max_tokens, or is left out', () => {
    expect(body({ reasoning_effort: 'high', max_tokens: 2000 })['thinking']).toEqual({
      type: 'enabled',
      budget_tokens: 1999,
    });
    expect(body({ reasoning_effort: 'high', max_tokens: 1024 })).not.toHaveProperty('thinking');
  });

  it('leaves out what Anthropic refuses beside it, and tells', () => {
    const { body: result, wire } = sent(send({ reasoning_effort: 'low', temperature: 0.2, top_p: 0.5, top_k: 4 }));
    expect(Object.keys(result).sort()).toEqual(['max_tokens', 'messages', 'model', 'thinking']);
    expect(wire.dropped).toEqual(['temperature', 'top_p', 'top_k']);
    expect(body({ reasoning_effort: 'low', top_p: 0.97 })['top_p']).toBe(0.97);
  });

  it('gives way to a forced tool', () => {
    const { body: result, wire } = sent(send({ reasoning_effort: 'low', tools: [tool('f')], tool_choice: 'required' }));
    expect(result).not.toHaveProperty('thinking');
    expect(result['tool_choice']).toEqual({ type: 'any' });
    expect(wire.dropped).toEqual(['reasoning_effort']);
  });

  it('gives way in a tool loop whose thinking was not sent back', () => {
    const loop = (blocks: ChatMessage['thinking_blocks']): ChatMessage[] => [
      { role: 'user', content: 'q' },
      { role: 'assistant', tool_calls: [call('1', 'f', '{}')], thinking_blocks: blocks ?? null },
      { role: 'tool', tool_call_id: '1', content: 'r' },
    ];
    expect(sent(send({ reasoning_effort: 'low', tools: [tool('f')], messages: loop(null) })).wire.dropped).toEqual([
      'reasoning_effort',
    ]);
    const signed = loop([{ type: 'thinking', thinking: 't', signature: 's' }]);
    expect(body({ reasoning_effort: 'low', tools: [tool('f')], messages: signed })).toHaveProperty('thinking');
  });
});
