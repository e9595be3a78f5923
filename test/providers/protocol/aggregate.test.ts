/** A stream's chunks as one answer. */
import { describe, expect, it } from '@jest/globals';
import { createAggregate } from '../../../providers/protocol/aggregate.ts';
import type { ChatChunk, ChatDelta, FinishReason } from '../../../providers/protocol/chat.ts';

function chunk(delta: ChatDelta, finish: FinishReason | null = null, index = 0, extra: object = {}): ChatChunk {
  return {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index, delta, finish_reason: finish }],
    ...extra,
  };
}

function fold(...chunks: ChatChunk[]) {
  const aggregate = createAggregate();
  for (const one of chunks) aggregate.add(one);
  return aggregate.response();
}

describe('the fold of chunks', () => {
  it('has no answer before the first chunk, and one without a finish reason in between', () => {
    expect(fold()).toBeUndefined();
    expect(fold(chunk({ content: 'a' }))?.choices[0]).toEqual({
      index: 0,
      message: { role: 'assistant', content: 'a' },
      finish_reason: null,
    });
  });

  it('keeps choices apart and in order', () => {
    const response = fold(
      chunk({ content: 'b' }, null, 1),
      chunk({ content: 'a' }),
      chunk({ content: 'B' }, 'length', 1),
      chunk({}, 'stop'),
    );
    expect(response?.choices.map((choice) => [choice.index, choice.message.content, choice.finish_reason])).toEqual([
      [0, 'a', 'stop'],
      [1, 'bB', 'length'],
    ]);
  });

  it('tells an empty answer from none', () => {
    expect(fold(chunk({ content: '' }, 'stop'))?.choices[0]?.message.content).toBe('');
    expect(fold(chunk({ refusal: 'no' }, 'stop'))?.choices[0]?.message).toEqual({
      role: 'assistant',
      content: null,
      refusal: 'no',
    });
  });

  it('joins reasoning, function calls, tool calls and audio', () => {
    const response = fold(
      chunk({ reasoning_content: 'a', function_call: { name: 'f', arguments: '{' } }),
      chunk({ reasoning_content: 'b', function_call: { arguments: '}' } }),
      chunk({
        tool_calls: [
          { index: 1, id: 'y', function: { name: 'g' } },
          { index: 0, id: 'x', function: { name: 'f', arguments: '{"a"' } },
        ],
      }),
      chunk({ tool_calls: [{ index: 0, function: { name: 'f', arguments: ':1}' } }] }),
      chunk({ audio: { id: 'au', data: 'QQ', transcript: 'he' } }),
      chunk({ audio: { data: '==', transcript: 'y', expires_at: 9 } }),
    );
    expect(response?.choices[0]?.message).toMatchObject({
      reasoning_content: 'ab',
      function_call: { name: 'f', arguments: '{}' },
      tool_calls: [
        { id: 'x', function: { name: 'f', arguments: '{"a":1}' } },
        { id: 'y', function: { name: 'g', arguments: '{}' } },
      ],
      audio: { id: 'au', data: 'QQ==', transcript: 'hey', expires_at: 9 },
    });
  });

  it('keeps the last usage, and unknown fields at every level', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const response = fold(
      chunk({ content: 'a', annotations: [{ n: 1 }] }, null, 0, {
        citations: ['u'],
        system_fingerprint: 'fp',
        obfuscation: 'xx',
      }),
      chunk({ annotations: [{ n: 2 }] }, 'stop', 0, { system_fingerprint: null }),
      { ...chunk({}), choices: [], usage },
    );
    expect(response).toMatchObject({ citations: ['u'], system_fingerprint: 'fp', usage });
    expect(response).not.toHaveProperty('obfuscation');
    expect(response?.choices[0]?.message.annotations).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('changes no chunk it was given', () => {
    const chunks = [
      chunk({ annotations: [1], provider_specific_fields: { a: [1] } }),
      chunk({ annotations: [2], provider_specific_fields: { a: [2] } }),
    ];
    const before = JSON.stringify(chunks);
    const response = fold(...chunks);
    expect(JSON.stringify(chunks)).toBe(before);
    expect(response?.choices[0]?.message.provider_specific_fields).toEqual({ a: [1, 2] });
  });
});
