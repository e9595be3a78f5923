/** OpenAI's request in Ollama's words. */
import { describe, expect, it } from '@jest/globals';
import { ollama } from '../../../providers/ollama/index.ts';
import type { ChatMessage, ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, refusal, sent, targetOf } from '../streams.ts';

const BASE = 'http://127.0.0.1:11434';
const chat = chatOf(ollama);
const send = (fields: Partial<ChatRequest> = {}, settings: Record<string, unknown> = {}, model = 'llama3.1') =>
  chat.toRequest(ask(fields), targetOf(model, settings, BASE));
const body = (fields: Partial<ChatRequest> = {}, settings: Record<string, unknown> = {}, model?: string) =>
  sent(send(fields, settings, model)).body;

const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } };

describe('where it goes', () => {
  it('is /api/chat, whatever form the address has', () => {
    for (const base of [BASE, `${BASE}/api`, `${BASE}/api/chat`, `${BASE}/api/generate`, `${BASE}/v1`])
      expect(sent(chat.toRequest(ask(), targetOf('m', {}, base))).wire.url).toBe(`${BASE}/api/chat`);
  });

  it('says that it does not stream, because Ollama would', () => {
    expect(body()).toEqual({ model: 'llama3.1', messages: [{ role: 'user', content: 'hi' }], stream: false });
    expect(body({ stream: true })['stream']).toBe(true);
  });
});

describe('parameters', () => {
  it('are options under Ollama’s names', () => {
    expect(
      body({
        max_completion_tokens: 9,
        temperature: 0,
        top_p: 0.5,
        top_k: 4,
        seed: 1,
        stop: 'x',
        frequency_penalty: 0.5,
        presence_penalty: 0.25,
        repetition_penalty: 1.1,
        mirostat: 2,
      })['options'],
    ).toEqual({
      num_predict: 9,
      temperature: 0,
      top_p: 0.5,
      top_k: 4,
      seed: 1,
      stop: ['x'],
      frequency_penalty: 0.5,
      presence_penalty: 0.25,
      repeat_penalty: 1.1,
      mirostat: 2,
    });
  });

  it('of the engine can come from the deployment, and the caller’s win', () => {
    const found = body({ num_ctx: 8192 }, { num_ctx: 4096, num_gpu: 1, keep_alive: '5m', drop_params: true });
    expect(found).toMatchObject({ options: { num_ctx: 8192, num_gpu: 1 }, keep_alive: '5m' });
    expect(body({ keep_alive: 0 }, { keep_alive: '5m' })['keep_alive']).toBe(0);
  });

  it.each<[string, Partial<ChatRequest>]>([
    ['n', { n: 2 }],
    ['logit_bias', { logit_bias: { 1: 1 } }],
    ['logprobs', { logprobs: true }],
    ['parallel_tool_calls', { parallel_tool_calls: false }],
    ['tool_choice', { tools: [tool], tool_choice: 'required' }],
    ['tool_choice', { tools: [tool], tool_choice: { type: 'function', function: { name: 'f' } } }],
  ])('names %s when it cannot be expressed, and leaves it out when told to', (param, fields) => {
    expect(refusal(send(fields))).toMatchObject({ code: 'unsupported_parameter', param });
    const dropped = sent(send(fields, { drop_params: true }));
    expect(dropped.wire.dropped).toEqual([param]);
    expect(dropped.body).not.toHaveProperty(param);
  });

  it('ask for JSON, by a schema where there is one', () => {
    const schema = { type: 'object', properties: {} };
    expect(body({ response_format: { type: 'json_object' } })['format']).toBe('json');
    expect(body({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } })['format']).toEqual(
      schema,
    );
    expect(body({ response_format: { type: 'text' } })).not.toHaveProperty('format');
  });

  it('send tools, unless none may be called', () => {
    expect(body({ tools: [{ ...tool, cache_control: { type: 'ephemeral' } }], tool_choice: 'auto' })['tools']).toEqual([
      tool,
    ]);
    expect(body({ tools: [tool], tool_choice: 'none' })).not.toHaveProperty('tools');
  });

  it.each<[string, Partial<ChatRequest>, unknown]>([
    ['qwen3', { reasoning_effort: 'low' }, true],
    ['qwen3', { reasoning_effort: 'none' }, false],
    ['qwen3', { thinking: { type: 'enabled', budget_tokens: 10 } }, true],
    ['qwen3', { thinking: { type: 'disabled' } }, false],
    ['gpt-oss:20b', { reasoning_effort: 'minimal' }, 'low'],
    ['gpt-oss:20b', { reasoning_effort: { effort: 'medium' } }, 'medium'],
    ['gpt-oss:20b', { reasoning_effort: 'max' }, 'high'],
    ['qwen3', {}, undefined],
  ])('let %s think by %j', (model, fields, think) => {
    expect(body(fields, {}, model)['think']).toBe(think);
  });
});

describe('messages', () => {
  const messages = (list: ChatMessage[]) => body({ messages: list })['messages'];

  it('have text in one string, images beside it, results under their tool’s name', () => {
    const png = 'data:image/png;base64,AA==';
    expect(
      messages([
        { role: 'developer', content: 's' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'image_url', image_url: png },
            { type: 'image_url', image_url: { url: png } },
            { type: 'file', file: { file_data: png } },
            { type: 'text', text: 'b' },
          ],
        },
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'hm',
          tool_calls: [
            { id: '1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
            { id: '2', type: 'function', function: { name: 'g', arguments: 'oops' } },
            { id: '3', type: 'function', function: { name: 'h', arguments: '' } },
          ],
        },
        { role: 'tool', tool_call_id: '2', content: 'r' },
      ]),
    ).toEqual([
      { role: 'system', content: 's' },
      { role: 'user', content: 'a\nb', images: ['AA==', 'AA==', 'AA=='] },
      {
        role: 'assistant',
        content: '',
        thinking: 'hm',
        tool_calls: [
          { function: { name: 'f', arguments: { a: 1 } } },
          { function: { name: 'g', arguments: { arguments: 'oops' } } },
          { function: { name: 'h', arguments: {} } },
        ],
      },
      { role: 'tool', content: 'r', tool_name: 'g' },
    ]);
  });

  it.each([
    [{ type: 'input_audio' as const, input_audio: { data: 'AA==', format: 'wav' } }, 'type'],
    [{ type: 'file' as const, file: { file_data: 'data:application/pdf;base64,AA==' } }, 'file'],
    [{ type: 'image_url' as const, image_url: 'https://x.test/a.png' }, 'image_url'],
  ])('cannot hold %j', (part, field) => {
    expect(refusal(send({ messages: [{ role: 'user', content: [part] }] })).param).toBe(
      `messages[0].content[0].${field}`,
    );
  });
});
