/** Anthropic's own dialect on its way to Anthropic and back: nothing may get lost. */
import { describe, expect, it } from '@jest/globals';
import { nativeMessages } from '../../../providers/anthropic/native.ts';
import { createMessageFold } from '../../../providers/anthropic/native-answer.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { event, linesOf, sent, targetOf } from '../streams.ts';

const BODY = { model: 'claude-sonnet-4-5', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] };

function request(
  fields: Record<string, unknown>,
  settings: Record<string, unknown> = {},
  defaults: Partial<ChatRequest> = {},
): { body: Record<string, unknown>; headers: Readonly<Record<string, string>> } {
  const target = targetOf('claude-sonnet-4-5', settings, 'https://upstream.test');
  const { body, wire } = sent(nativeMessages.toRequest({ ...BODY, ...fields }, target, defaults));
  expect(wire.url).toBe('https://upstream.test/v1/messages');
  return { body, headers: wire.headers };
}

describe('a request', () => {
  it('passes every field, known or not', () => {
    const fields = {
      system: [{ type: 'text', text: 'A', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      tools: [
        { type: 'web_search_20250305', name: 'web_search', max_uses: 3 },
        { type: 'of_tomorrow', beam: true },
      ],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 50, display: 'summarized' },
      mcp_servers: [{ type: 'url', url: 'https://mcp.test', name: 'x' }],
      context_management: { edits: [] },
      container: 'c1',
      service_tier: 'standard_only',
      of_tomorrow: { a: [1] },
      metadata: { user_id: 'someone@example.org' },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', source: { type: 'url', url: 'u' }, citations: { enabled: true }, context: 'c' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'server_tool_use', id: 's', name: 'n', input: {} },
            { type: 'hologram', beam: 1 },
          ],
        },
      ],
    };
    expect(request(fields).body).toEqual({ ...BODY, ...fields });
  });

  it('passes the caller’s version and betas beside the deployment’s', () => {
    const { headers, body } = request(
      { _headers: { 'anthropic-version': '2024-01-01', 'anthropic-beta': 'a-1, b-2' } },
      { anthropic_beta: ['c-3'] },
    );
    expect(headers['anthropic-version']).toBe('2024-01-01');
    expect(headers['anthropic-beta']?.split(',').toSorted()).toEqual(['a-1', 'b-2', 'c-3']);
    expect(body).not.toHaveProperty('_headers');
  });

  it('leaves out thoughts without a signature, and makes ids of other providers fit', () => {
    const { body } = request({
      messages: [
        { role: 'user', content: 'x' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'a', signature: '' },
            { type: 'thinking', thinking: 'b', signature: 'c2ln' },
            { type: 'tool_use', id: 'call.1__thought__QUI9', name: 'f', input: {} },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call.1__thought__QUI9', content: 'y' }] },
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'only', signature: '' }] },
      ],
    });
    expect(body['messages']).toEqual([
      { role: 'user', content: 'x' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'b', signature: 'c2ln' },
          { type: 'tool_use', id: 'call_1', name: 'f', input: {} },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'y' }] },
    ]);
  });

  it('has the deployment’s defaults where the caller said nothing', () => {
    const defaults: Partial<ChatRequest> = { temperature: 0.2, top_p: 0.9, stop: 'END', reasoning_effort: 'medium' };
    const { body } = request({ temperature: 0.7, max_tokens: 9000 }, {}, defaults);
    expect(body).toMatchObject({
      temperature: 0.7,
      top_p: 0.9,
      stop_sequences: ['END'],
      thinking: { type: 'enabled', budget_tokens: 2048 },
    });
  });

  it('leaves out what the configuration names', () => {
    const { body } = request(
      { top_k: 5, tools: [{ name: 'f', input_schema: {}, strict: true }] },
      { additional_drop_params: ['top_k', 'tools[*].strict'] },
    );
    expect(body).not.toHaveProperty('top_k');
    expect(body['tools']).toEqual([{ name: 'f', input_schema: {} }]);
  });
});

describe('an answer', () => {
  const whole = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content: [
      { type: 'text', text: 'a', citations: [{ type: 'char_location' }] },
      { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } },
      { type: 'of_tomorrow', beam: 1 },
    ],
    stop_reason: 'pause_turn',
    stop_sequence: null,
    container: { id: 'c' },
    usage: {
      input_tokens: 3,
      output_tokens: 2,
      cache_read_input_tokens: 4,
      server_tool_use: { web_search_requests: 1 },
    },
  };

  it('changes nothing but the name of the model', () => {
    expect(nativeMessages.fromResponse(whole, 'shown', { id: 'req_1', body: {} })).toEqual({
      ...whole,
      model: 'shown',
    });
  });

  it('is counted as the chat protocol counts', () => {
    expect(nativeMessages.meter(whole, targetOf('claude-sonnet-4-5')).usage).toMatchObject({
      prompt_tokens: 7,
      completion_tokens: 2,
      prompt_tokens_details: { cached_tokens: 4 },
    });
  });
});

describe('a stream', () => {
  it('passes every recorded event, and folds them into the whole answer', () => {
    const lines = linesOf('anthropic/thinking-and-tools.chunks.jsonl');
    const stream = nativeMessages.stream('shown', {}, 'req_1');
    const frames = lines.flatMap((line) => stream.pass({ kind: 'event', name: 'message', data: line }));
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(frames.map((frame) => JSON.parse(frame) as unknown)).toEqual(
      parsed.map((frame) =>
        frame['type'] === 'message_start'
          ? { ...frame, message: { ...(frame['message'] as object), model: 'shown' } }
          : frame,
      ),
    );
    for (const frame of frames) expect(frame).toMatch(/^\{"type":"/);
    const { content, usage } = stream.answer() as {
      content: { type: string; signature?: string; input?: object }[];
      usage: Record<string, number>;
    };
    const kinds = parsed
      .filter((frame) => frame['type'] === 'content_block_start')
      .map((frame) => (frame['content_block'] as { type: string }).type);
    expect(content.map((block) => block.type)).toEqual(kinds);
    expect(content.find((block) => block.type === 'thinking')?.signature).toMatch(/.+/);
    expect(Object.keys(content.find((block) => block.type === 'tool_use')?.input ?? {})).not.toHaveLength(0);
    expect(usage['output_tokens']).toBeGreaterThan(1);
  });

  it('holds back what says nothing yet, so that another attempt can take over unseen', () => {
    const stream = nativeMessages.stream('shown', {}, 'req_1');
    const pass = (data: unknown): readonly string[] =>
      stream.pass({ ...(event(data) as { kind: 'event'; name: string; data: string }) });
    expect(pass({ type: 'message_start', message: { usage: {} } })).toEqual([]);
    expect(pass({ type: 'ping' })).toEqual([]);
    expect(pass({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })).toEqual([]);
    expect(pass({ index: 0, type: 'content_block_delta', delta: { type: 'text_delta', text: 'x' } })).toHaveLength(4);
  });

  it('keeps blocks, deltas and events that are not known yet', () => {
    const fold = createMessageFold('shown');
    fold.add({ type: 'message_start', message: { id: 'm', usage: { input_tokens: 1 }, extra: 1 } });
    fold.add({ type: 'content_block_start', index: 0, content_block: { type: 'hologram', beam: 'a', level: 1 } });
    fold.add({ type: 'content_block_delta', index: 0, delta: { type: 'beam_delta', beam: 'b', level: 2, hue: 'red' } });
    fold.add({ type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } });
    fold.add({ type: 'content_block_delta', index: 1, delta: { type: 'citations_delta', citation: { n: 1 } } });
    fold.add({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn' },
      usage: { output_tokens: 3 },
      context_management: {},
    });
    expect(fold.message()).toEqual({
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: 'shown',
      extra: 1,
      content: [
        { type: 'hologram', beam: 'ab', level: 2, hue: 'red' },
        { type: 'text', text: '', citations: [{ n: 1 }] },
      ],
      stop_reason: 'end_turn',
      context_management: {},
      usage: { input_tokens: 1, output_tokens: 3 },
    });
  });
});
