/** The Responses API's event stream, made of any provider's chunks, and read by OpenAI's own accumulator. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accumulateResponse } from 'openai/lib/responses/ResponseAccumulator';
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { response } from '../../../providers/dialects/response.ts';
import { createAggregate } from '../../../providers/protocol/aggregate.ts';
import type { ChatChunk } from '../../../providers/protocol/chat.ts';
import { chunk, encode, streams, usageChunk, USAGE, type Frame } from './chunks.ts';

const ID = 'req_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const BODY = { model: 'm', input: 'Hi', instructions: 'Be brief.' };

function events(chunks: readonly ChatChunk[]): Frame[] {
  return encode(response.encoder(BODY, ID), chunks);
}

function accumulate(frames: readonly Frame[]): Response {
  let snapshot: Response | undefined;
  for (const frame of frames) snapshot = accumulateResponse(frame as unknown as ResponseStreamEvent, snapshot);
  if (snapshot === undefined) throw new Error('no events');
  return snapshot;
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

describe('the stream of a response', () => {
  it('announces, fills and finishes a message, and numbers its events', () => {
    const frames = events([
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'He' }),
      chunk({ content: 'y' }),
      chunk({}, 'stop'),
      usageChunk(USAGE),
    ]);
    expect(frames.map((frame) => frame.type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(frames.map((frame) => frame['sequence_number'])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(frames.at(-1)?.['response']).toMatchObject({
      id: 'resp_01ARZ3NDEKTSV4RRFFQ69G5FAV',
      object: 'response',
      created_at: 1_469_922_850,
      status: 'completed',
      instructions: 'Be brief.',
      output: [
        {
          id: 'msg_01ARZ3NDEKTSV4RRFFQ69G5FAV_0',
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'Hey', annotations: [] }],
        },
      ],
      usage: {
        input_tokens: 20,
        input_tokens_details: { cached_tokens: 5 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 2 },
        total_tokens: 27,
      },
    });
  });

  it('shows nothing before the first word, so that another attempt can still take over', () => {
    expect(response.encoder(BODY, ID)(chunk({ role: 'assistant', content: '' })).frames).toEqual([]);
  });

  it.each([
    ['length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ] as const)('ends incomplete when the finish reason is %s', (finish, reason) => {
    const last = events([chunk({ content: 'x' }, finish)]).at(-1);
    expect(last?.type).toBe('response.incomplete');
    expect(last?.['response']).toMatchObject({ status: 'incomplete', incomplete_details: { reason } });
  });

  it('seals a signed thought into its item', () => {
    const blocks = [{ type: 'thinking' as const, thinking: 'Hm', signature: 'c2ln' }];
    const frames = events([
      chunk({ reasoning_content: 'Hm' }),
      chunk({ thinking_blocks: blocks }),
      chunk({ content: 'x' }, 'stop'),
    ]);
    const { output } = accumulate(frames);
    expect(output[0]).toMatchObject({ type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }] });
    const { messages } = response.toChat({ model: 'm', input: [{ role: 'user', content: 'q' }, ...output] });
    expect(messages[1]).toMatchObject({
      role: 'assistant',
      content: 'x',
      thinking_blocks: blocks,
      reasoning_content: 'Hm',
    });
  });

  it('is read by OpenAI’s client as the response with which it ends, whatever the order of the chunks', () => {
    fc.assert(
      fc.property(streams, ({ chunks, calls }) => {
        const frames = events(chunks);
        frames.forEach((frame, index) => expect(frame['sequence_number']).toBe(index));
        const before = plain(accumulate(frames.slice(0, -1))) as { output: { type: string }[] };
        const last = plain(accumulate(frames)) as { output: { type: string; call_id?: string; arguments?: string }[] };
        expect(before.output).toEqual(last.output);
        const said = new Map(
          last.output.filter((item) => item.type === 'function_call').map((item) => [item.call_id, item.arguments]),
        );
        expect(said).toEqual(new Map(calls.map((json, index) => [`call_${index}`, json])));
      }),
    );
  });

  it('says the same as the whole answer', () => {
    fc.assert(
      fc.property(streams, ({ chunks }) => {
        const aggregate = createAggregate();
        for (const one of chunks) aggregate.add(one);
        const whole = aggregate.response();
        if (whole === undefined) throw new Error('nothing was said');
        const stored = response.fromResponse(whole, BODY, ID) as { output: object[] } & Record<string, unknown>;
        const streamed = events(chunks).at(-1)?.['response'] as typeof stored;
        const { output: _stored, ...rest } = stored;
        const { output: _streamed, ...others } = streamed;
        expect(others).toEqual(plain(rest));
        const textOf = (output: readonly object[]): string => {
          const texts = output.flatMap((item) =>
            'content' in item ? (item.content as { text?: string; refusal?: string }[]) : [],
          );
          return texts
            .map((part) => part.text ?? part.refusal ?? '')
            .join('')
            .split('')
            .sort()
            .join('');
        };
        expect(textOf(streamed.output)).toBe(textOf(stored.output));
      }),
    );
  });
});
