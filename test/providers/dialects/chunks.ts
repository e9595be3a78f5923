/** Invented streams of chunks, as any provider's decoder may give them, for the encoders' properties. */
import fc from 'fast-check';
import type { ChatChunk, ChatDelta, FinishReason } from '../../../providers/protocol/chat.ts';
import type { Usage } from '../../../providers/protocol/usage.ts';
import type { Encoder } from '../../../providers/dialects/dialect.ts';

export function chunk(delta: ChatDelta, finish: FinishReason | null = null): ChatChunk {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
}

export function usageChunk(usage: Usage): ChatChunk {
  return { ...chunk({}), choices: [], usage };
}

export const USAGE: Usage = {
  prompt_tokens: 20,
  completion_tokens: 7,
  total_tokens: 27,
  prompt_tokens_details: { cached_tokens: 5, cache_creation_tokens: 3 },
  completion_tokens_details: { reasoning_tokens: 2 },
};

export type Frame = Record<string, unknown> & { readonly type: string };

/** All frames of a stream, the terminal ones last. */
export function encode(encoder: Encoder, chunks: readonly ChatChunk[]): Frame[] {
  const texts: string[] = [];
  let next = encoder;
  for (const one of [...chunks, 'end' as const]) {
    const step = next(one);
    texts.push(...step.frames);
    next = step.next;
  }
  return texts.map((text) => JSON.parse(text) as Frame);
}

const text = fc.string({ maxLength: 6 });

const CALLS = ['{"city":"Bern","n":[1,{"a":"}"}]}', '{"b":{}}', '{}'] as const;

/** Calls whose pieces come in any order among each other and among words, as a careless provider may send them. */
export const streams = fc
  .record({
    words: fc.array(
      fc.oneof(
        text.map((content): ChatDelta => ({ content })),
        text.map((reasoning_content): ChatDelta => ({ reasoning_content })),
        text.map((refusal): ChatDelta => ({ refusal })),
        fc.constant<ChatDelta>({ role: 'assistant', content: '' }),
        text.map((thinking): ChatDelta => ({ thinking_blocks: [{ type: 'thinking', thinking, signature: 'c2ln' }] })),
        fc.constant<ChatDelta>({ thinking_blocks: [{ type: 'redacted_thinking', data: 'x' }] }),
      ),
      { maxLength: 8 },
    ),
    calls: fc.array(fc.record({ json: fc.constantFrom(...CALLS), cuts: fc.array(fc.nat(30), { maxLength: 3 }) }), {
      maxLength: 3,
    }),
    order: fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
    finish: fc.constantFrom<FinishReason>('stop', 'length', 'tool_calls', 'content_filter'),
    counted: fc.boolean(),
  })
  .map(({ words, calls, order, finish, counted }) => {
    const queues: ChatDelta[][] = [
      words,
      ...calls.map(({ json, cuts }, index): ChatDelta[] => {
        const at = [...new Set(cuts.map((cut) => Math.min(cut, json.length)))].sort((a, b) => a - b);
        const pieces = [...at, json.length].map((end, position) => json.slice(at[position - 1] ?? 0, end));
        return [
          {
            tool_calls: [
              { index, id: `call_${index}`, type: 'function', function: { name: `f${index}`, arguments: '' } },
            ],
          },
          ...pieces.map((piece): ChatDelta => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
        ];
      }),
    ];
    const deltas: ChatDelta[] = [];
    for (const pick of order) {
      const open = queues.filter((queue) => queue.length > 0);
      const delta = open[pick % Math.max(1, open.length)]?.shift();
      if (delta !== undefined) deltas.push(delta);
    }
    for (const queue of queues) deltas.push(...queue);
    return {
      calls: calls.map(({ json }) => json),
      chunks: [...deltas.map((delta) => chunk(delta)), chunk({}, finish), ...(counted ? [usageChunk(USAGE)] : [])],
    };
  });
