/** Anthropic's requests and answers in the chat protocol's words, and back. */
import { describe, expect, it } from '@jest/globals';
import { message } from '../../../providers/dialects/message.ts';
import { messageError } from '../../../providers/dialects/message-error.ts';
import { parseMessages } from '../../../providers/dialects/messages-schema.ts';
import { parseChatRequest } from '../../../providers/protocol/chat-schema.ts';
import type { AssistantMessage, ChatRequest, ChatResponse, FinishReason } from '../../../providers/protocol/chat.ts';
import { USAGE } from './chunks.ts';

function toChat(fields: Record<string, unknown>): ChatRequest {
  const parsed = parseMessages({ model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }], ...fields });
  if ('refused' in parsed) throw new Error(parsed.refused.message);
  const request = message.toChat(parsed.body);
  // What comes out is what a caller of the chat endpoint could have sent.
  expect(parseChatRequest(request)).not.toHaveProperty('refused');
  return request;
}

function problem(fields: Record<string, unknown>): { message: string; param?: string } {
  const parsed = parseMessages({ model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }], ...fields });
  if (!('refused' in parsed)) throw new Error('it was accepted');
  return parsed.refused;
}

const EPHEMERAL = { type: 'ephemeral' };

describe('a request', () => {
  it('keeps its plain words', () => {
    expect(
      toChat({
        system: 'Be brief.',
        temperature: 0.5,
        top_k: 3,
        stop_sequences: ['END'],
        stream: true,
        metadata: { user_id: 'u-1' },
        thinking: { type: 'enabled', budget_tokens: 2048 },
      }),
    ).toEqual({
      model: 'm',
      max_tokens: 100,
      temperature: 0.5,
      top_k: 3,
      stop: ['END'],
      stream: true,
      user: 'u-1',
      thinking: { type: 'enabled', budget_tokens: 2048 },
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
    });
  });

  it('keeps breakpoints of the cache in system, messages and tools', () => {
    const tool = { name: 'f', input_schema: { type: 'object' }, cache_control: EPHEMERAL };
    const request = toChat({
      system: [{ type: 'text', text: 'A', cache_control: EPHEMERAL }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'B', cache_control: EPHEMERAL }] }],
      tools: [tool],
    });
    expect(request.messages).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'A', cache_control: EPHEMERAL }] },
      { role: 'user', content: [{ type: 'text', text: 'B', cache_control: EPHEMERAL }] },
    ]);
    expect(request.tools?.[0]?.cache_control).toEqual(EPHEMERAL);
  });

  it('turns a tool loop into calls and results, the results first', () => {
    const request = toChat({
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Look.', signature: 'c2ln' },
            { type: 'text', text: 'Looking.' },
            { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Bern' } },
            { type: 'tool_use', id: 't2', name: 'weather', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Here.' },
            { type: 'tool_result', tool_use_id: 't1', content: 'rain' },
            { type: 'tool_result', tool_use_id: 't2', is_error: true },
          ],
        },
      ],
    });
    expect(request.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: 'Looking.',
        reasoning_content: 'Look.',
        thinking_blocks: [{ type: 'thinking', thinking: 'Look.', signature: 'c2ln' }],
        tool_calls: [
          { id: 't1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
          { id: 't2', type: 'function', function: { name: 'weather', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 't1', content: 'rain' },
      { role: 'tool', tool_call_id: 't2', content: '' },
      { role: 'user', content: 'Here.' },
    ]);
  });

  it('shows the pictures of a result to the model as the user’s', () => {
    const source = { type: 'base64', media_type: 'image/png', data: 'AAAA' };
    const content = [
      { type: 'text', text: 'a map' },
      { type: 'image', source },
    ];
    const { messages } = toChat({
      messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content }] }],
    });
    expect(messages).toEqual([
      { role: 'tool', tool_call_id: 't1', content: 'a map' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Shown by the tool call t1:' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
    ]);
  });

  it('takes images and documents from every source', () => {
    const blocks = [
      { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
      { type: 'image', source: { type: 'file', file_id: 'file_1' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' }, title: 'Report' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'words' }, title: 'Note' },
      { type: 'document', source: { type: 'url', url: 'https://x.test/a.pdf' } },
      { type: 'document', source: { type: 'file', file_id: 'file_2' } },
      { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'inner' }] } },
      { type: 'search_result', source: 'https://x.test', title: 'T', content: [{ type: 'text', text: 'found' }] },
    ];
    expect(toChat({ messages: [{ role: 'user', content: blocks }] }).messages[0]?.content).toEqual([
      { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
      { type: 'file', file: { file_id: 'file_1', format: 'image/png' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'Report' } },
      { type: 'text', text: 'Note\n\nwords' },
      { type: 'file', file: { file_id: 'https://x.test/a.pdf' } },
      { type: 'file', file: { file_id: 'file_2' } },
      { type: 'text', text: 'inner' },
      { type: 'text', text: 'T\nhttps://x.test\nfound' },
    ]);
  });

  it('leaves out what only Anthropic’s own tools wrote, and keeps the words after it', () => {
    const content = [
      { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'x' } },
      { type: 'web_search_tool_result', tool_use_id: 's1', content: [] },
      { type: 'text', text: 'It ' },
      { type: 'text', text: 'rains.' },
    ];
    expect(
      toChat({
        messages: [
          { role: 'user', content: 'x' },
          { role: 'assistant', content },
        ],
      }).messages[1],
    ).toEqual({
      role: 'assistant',
      content: 'It rains.',
    });
  });

  it('translates tools and the choice among them', () => {
    const tools = [
      { name: 'f', description: 'd', input_schema: { type: 'object', properties: {} } },
      { type: 'web_search_20250305', name: 'web_search', user_location: { type: 'approximate', country: 'CH' } },
      { type: 'bash_20250124', name: 'bash' },
    ];
    expect(toChat({ tools, tool_choice: { type: 'any', disable_parallel_tool_use: true } })).toMatchObject({
      tools: [
        { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object', properties: {} } } },
        { type: 'bash_20250124', name: 'bash' },
      ],
      web_search_options: { user_location: { type: 'approximate', approximate: { country: 'CH' } } },
      tool_choice: 'required',
      parallel_tool_calls: false,
    });
    const choose = (choice: Record<string, unknown>): unknown =>
      toChat({ tools: tools.slice(0, 1), tool_choice: choice }).tool_choice;
    expect(choose({ type: 'tool', name: 'f' })).toEqual({ type: 'function', function: { name: 'f' } });
    expect(choose({ type: 'none' })).toBe('none');
    expect(choose({ type: 'auto' })).toBe('auto');
  });

  it('translates effort and the form of the answer', () => {
    const schema = { type: 'object', properties: {}, additionalProperties: false };
    expect(toChat({ output_config: { effort: 'high', format: { type: 'json_schema', schema } } })).toMatchObject({
      reasoning_effort: 'high',
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
    });
    expect(toChat({ output_format: { type: 'json_schema', schema } })).toHaveProperty('response_format');
  });

  it.each([
    [{ max_tokens: undefined }, 'max_tokens'],
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: [{ type: 'tool_result' }] }] }, 'messages[0].content[0].tool_use_id'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'base64' } }] }] },
      'messages[0].content[0].source.media_type',
    ],
    [
      { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'n', input: 'x' }] }] },
      'messages[0].content[0].input',
    ],
    [{ tools: [{ name: 'f' }] }, 'tools[0].input_schema'],
    [{ tool_choice: { type: 'tool' } }, 'tool_choice.name'],
    [{ temperature: 1.5 }, 'temperature'],
  ])('%j is refused by the name of the field', (fields, param) => {
    expect(problem(fields).param).toBe(param);
  });

  it('accepts blocks and fields that it does not know', () => {
    const messages = [{ role: 'user', content: [{ type: 'hologram', beam: 1 }] }];
    expect(parseMessages({ model: 'm', max_tokens: 1, messages, mcp_servers: [{}] })).toMatchObject({
      body: { messages, mcp_servers: [{}] },
    });
  });
});

function answered(fields: Partial<AssistantMessage>, finish: FinishReason = 'stop'): Record<string, unknown> {
  const response: ChatResponse = {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'shown',
    choices: [{ index: 0, message: { role: 'assistant', content: null, ...fields }, finish_reason: finish }],
    usage: USAGE,
  };
  return message.fromResponse(response, {}, 'req_X');
}

describe('an answer', () => {
  it('is a message with text and counts', () => {
    expect(answered({ content: 'Hey' })).toEqual({
      id: 'msg_X',
      type: 'message',
      role: 'assistant',
      model: 'shown',
      content: [{ type: 'text', text: 'Hey' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 12, output_tokens: 7, cache_creation_input_tokens: 3, cache_read_input_tokens: 5 },
    });
  });

  it('has thoughts, words and calls in Anthropic’s order', () => {
    const call = { id: 't1', type: 'function' as const, function: { name: 'f', arguments: '{"a":1}' } };
    const broken = { id: 't2', type: 'function' as const, function: { name: 'f', arguments: '{"a":' } };
    expect(
      answered(
        {
          content: 'So',
          thinking_blocks: [{ type: 'thinking', thinking: 'Hm', signature: 's' }],
          tool_calls: [call, broken],
        },
        'tool_calls',
      ),
    ).toMatchObject({
      stop_reason: 'tool_use',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: 's' },
        { type: 'text', text: 'So' },
        { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } },
        { type: 'tool_use', id: 't2', name: 'f', input: { arguments: '{"a":' } },
      ],
    });
  });

  it('tells an unsigned thought with an empty signature', () => {
    expect(answered({ content: 'x', reasoning_content: 'Hm' })['content']).toEqual([
      { type: 'thinking', thinking: 'Hm', signature: '' },
      { type: 'text', text: 'x' },
    ]);
  });
});

describe('an error', () => {
  it.each([
    ['invalid_request', 'invalid_request_error'],
    ['invalid_api_key', 'authentication_error'],
    ['permission_denied', 'permission_error'],
    ['model_not_found', 'not_found_error'],
    ['request_too_large', 'request_too_large'],
    ['rate_limit_exceeded', 'rate_limit_error'],
    ['provider_overloaded', 'overloaded_error'],
    ['provider_timeout', 'timeout_error'],
    ['unprocessable', 'invalid_request_error'],
    ['internal_error', 'api_error'],
  ] as const)('%s has the type %s', (code, type) => {
    expect(messageError({ code, message: 'why', billed: 'no' }, 'req_X')).toEqual({
      type: 'error',
      error: { type, message: 'why' },
      request_id: 'req_X',
    });
  });
});
