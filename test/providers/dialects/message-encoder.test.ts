/** Anthropic's event stream, made of any provider's chunks. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ChatChunk } from '../../../providers/protocol/chat.ts';
import { message } from '../../../providers/dialects/message.ts';
import { createMessageFold } from '../../../providers/anthropic/native-answer.ts';
import { createAggregate } from '../../../providers/protocol/aggregate.ts';
import { chunk, encode, streams, usageChunk, USAGE, type Frame } from './chunks.ts';

const ID = 'req_01ARZ3NDEKTSV4RRFFQ69G5FAV';

function events(chunks: readonly ChatChunk[]): Frame[] {
  return encode(message.encoder({}, ID), chunks);
}

function types(frames: readonly Frame[]): string[] {
  return frames.map((frame) => frame.type);
}

/** Anthropic's documented flow: one block open at a time, indices without gaps, a delta only inside its block. */
function expectValid(frames: readonly Frame[]): void {
  const names = types(frames);
  expect(names[0]).toBe('message_start');
  expect(names.slice(-2)).toEqual(['message_delta', 'message_stop']);
  let open: number | undefined;
  let next = 0;
  for (const frame of frames.slice(1, -2)) {
    switch (frame.type) {
      case 'content_block_start':
        expect(open).toBeUndefined();
        expect(frame['index']).toBe(next);
        open = next;
        next += 1;
        break;
      case 'content_block_delta':
        expect(frame['index']).toBe(open);
        break;
      case 'content_block_stop':
        expect(frame['index']).toBe(open);
        open = undefined;
        break;
      default:
        throw new Error(`unexpected ${frame.type}`);
    }
  }
  expect(open).toBeUndefined();
}

describe('the stream of a message', () => {
  it('tells text in Anthropic’s order, and the counts at its end', () => {
    const frames = events([
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'He' }),
      chunk({ content: 'y' }),
      chunk({}, 'stop'),
      usageChunk(USAGE),
    ]);
    expect(frames).toEqual([
      {
        type: 'message_start',
        message: {
          id: 'msg_01ARZ3NDEKTSV4RRFFQ69G5FAV',
          type: 'message',
          role: 'assistant',
          model: 'm',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'He' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'y' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { input_tokens: 12, output_tokens: 7, cache_creation_input_tokens: 3, cache_read_input_tokens: 5 },
      },
      { type: 'message_stop' },
    ]);
  });

  it('shows nothing before the first word, so that another attempt can still take over', () => {
    const { frames } = message.encoder({}, ID)(chunk({ role: 'assistant', content: '' }));
    expect(frames).toEqual([]);
  });

  it('puts a signature at the end of the thought that was sent in pieces', () => {
    const frames = events([
      chunk({ reasoning_content: 'Hm' }),
      chunk({ reasoning_content: '.' }),
      chunk({ thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 'c2ln' }] }),
      chunk({ content: 'Yes' }, 'stop'),
    ]);
    expect(frames.slice(1, 6)).toEqual([
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: '.' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2ln' } },
      { type: 'content_block_stop', index: 0 },
    ]);
  });

  it('lets the second of two interleaved calls wait until the first is whole', () => {
    const call = (index: number, json: string, id?: string): ChatChunk =>
      chunk({
        tool_calls: [
          {
            index,
            ...(id === undefined ? {} : { id }),
            function: { ...(id === undefined ? {} : { name: id }), arguments: json },
          },
        ],
      });
    const frames = events([
      call(0, '', 'a'),
      call(1, '', 'b'),
      call(0, '{"x":'),
      call(1, '{'),
      call(0, '1}'),
      call(1, '}'),
      chunk({}, 'tool_calls'),
    ]);
    expectValid(frames);
    const fold = createMessageFold('m');
    for (const frame of frames) fold.add(frame);
    expect(fold.message()).toMatchObject({
      stop_reason: 'tool_use',
      content: [
        { type: 'tool_use', id: 'a', name: 'a', input: { x: 1 } },
        { type: 'tool_use', id: 'b', name: 'b', input: {} },
      ],
    });
  });

  it.each([
    ['length', 'max_tokens'],
    ['content_filter', 'refusal'],
    ['tool_calls', 'tool_use'],
  ] as const)('calls the finish reason %s %s', (finish, stop) => {
    expect(events([chunk({ content: 'x' }, finish)]).at(-2)?.['delta']).toEqual({
      stop_reason: stop,
      stop_sequence: null,
    });
  });

  it('keeps the stop sequence that a Claude elsewhere has met', () => {
    const fields = { native_finish_reason: 'stop_sequence', stop_sequence: 'END' };
    const frames = events([chunk({ content: 'x' }), chunk({ provider_specific_fields: fields }, 'stop')]);
    expect(frames.at(-2)?.['delta']).toEqual({ stop_reason: 'stop_sequence', stop_sequence: 'END' });
  });

  it('is valid, and says the same as the whole answer, whatever the order of the chunks', () => {
    fc.assert(
      fc.property(streams, ({ chunks, calls }) => {
        const frames = events(chunks);
        expectValid(frames);
        const fold = createMessageFold('m');
        for (const frame of frames) fold.add(frame);
        const { content } = fold.message() as {
          content: { type: string; text?: string; id?: string; input?: unknown }[];
        };
        const aggregate = createAggregate();
        for (const one of chunks) aggregate.add(one);
        const whole = aggregate.response()?.choices[0]?.message;
        const said = content.map((block) => block.text ?? '').join('');
        // Words and refusals share a block, in the order in which they came.
        expect(said.split('').sort()).toEqual(`${whole?.content ?? ''}${whole?.refusal ?? ''}`.split('').sort());
        const inputs = new Map(
          content.filter((block) => block.type === 'tool_use').map((block) => [block.id, block.input]),
        );
        expect(inputs).toEqual(new Map(calls.map((json, index) => [`call_${index}`, JSON.parse(json) as unknown])));
      }),
    );
  });
});
