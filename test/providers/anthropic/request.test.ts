/** OpenAI's request in Anthropic's words. */
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

function turns(messages: ChatMessage[]): unknown {
  return body({ messages })['messages'];
}

const text = (value: string, extra: object = {}) => ({ type: 'text', text: value, ...extra });
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
const EPHEMERAL = { type: 'ephemeral', ttl: '1h' };

describe('URLs in messages', () => {
  it('are left to Anthropic when they are https, and fetched for it otherwise', () => {
    const target = targetOf(SONNET);
    const wants = (url: string, kind: 'image' | 'file' | 'audio') => chat.inlineUrls?.({ kind, url }, target);
    expect(wants('https://a.test/x.png', 'image')).toBe(false);
    expect(wants('http://a.test/x.png', 'image')).toBe(true);
    expect(wants('http://a.test/x.pdf', 'file')).toBe(true);
    expect(wants('http://a.test/x.wav', 'audio')).toBe(false);
  });
});

describe('where it goes', () => {
  it('is /v1/messages, whatever form the base URL has', () => {
    for (const base of ['https://a.test', 'https://a.test/v1', 'https://a.test/v1/messages']) {
      expect(sent(chat.toRequest(ask(), targetOf(SONNET, {}, base))).wire.url).toBe('https://a.test/v1/messages');
    }
  });

  it('carries the version, and the betas that its content needs', () => {
    const plain = sent(send()).wire.headers;
    expect(plain['anthropic-version']).toBe('2023-06-01');
    expect(plain).not.toHaveProperty('anthropic-beta');
    const file = send(
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file_1' } }] }] },
      { anthropic_beta: 'a-1, b-2' },
    );
    expect(sent(file).wire.headers['anthropic-beta']).toBe('a-1,b-2,files-api-2025-04-14');
  });
});

describe('messages', () => {
  it('puts leading instructions into system and later ones into the conversation', () => {
    const result = body({
      messages: [
        { role: 'system', content: 'one' },
        { role: 'developer', content: [{ type: 'text', text: 'two', cache_control: EPHEMERAL }] },
        { role: 'user', content: 'hi' },
        { role: 'system', content: 'late' },
      ],
    });
    expect(result['system']).toEqual([text('one'), text('two', { cache_control: EPHEMERAL })]);
    expect(result['messages']).toEqual([{ role: 'user', content: [text('hi'), text('late')] }]);
  });

  it('merges neighbours, so that turns alternate', () => {
    expect(
      turns([
        { role: 'user', content: 'a' },
        { role: 'user', content: 'b' },
        { role: 'assistant', content: 'c' },
        { role: 'assistant', content: 'd' },
        { role: 'user', content: 'e' },
      ]),
    ).toEqual([
      { role: 'user', content: [text('a'), text('b')] },
      { role: 'assistant', content: [text('c'), text('d')] },
      { role: 'user', content: [text('e')] },
    ]);
  });

  it('starts with a user turn even when the caller does not, or says nothing but instructions', () => {
    expect(turns([{ role: 'assistant', content: 'x' }])).toEqual([
      { role: 'user', content: [text('.')] },
      { role: 'assistant', content: [text('x')] },
    ]);
    expect(turns([{ role: 'system', content: 's' }])).toEqual([{ role: 'user', content: [text('.')] }]);
  });

  it('leaves empty text out and trims the last assistant turn', () => {
    expect(
      turns([
        {
          role: 'user',
          content: [
            { type: 'text', text: '  ' },
            { type: 'text', text: 'x' },
          ],
        },
        { role: 'assistant', content: '' },
        { role: 'assistant', content: 'so: \n' },
      ]),
    ).toEqual([
      { role: 'user', content: [text('x')] },
      { role: 'assistant', content: [text('so:')] },
    ]);
  });

  it('orders an assistant turn: signed thinking, text, tools; results come first in the next turn', () => {
    expect(
      turns([
        { role: 'user', content: 'q' },
        {
          role: 'assistant',
          content: 'let me see',
          thinking_blocks: [
            { type: 'thinking', thinking: 'hm', signature: 'sig' },
            { type: 'thinking', thinking: 'unsigned' },
            { type: 'redacted_thinking', data: 'zzz' },
          ],
          tool_calls: [call('call_1', 'f', '{"a":1}'), call('call:2', 'g', '')],
        },
        { role: 'user', content: 'meanwhile' },
        { role: 'tool', tool_call_id: 'call_1', content: 'one' },
        { role: 'tool', tool_call_id: 'call:2', content: [{ type: 'text', text: 'two', cache_control: EPHEMERAL }] },
      ]),
    ).toEqual([
      { role: 'user', content: [text('q')] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'sig' },
          { type: 'redacted_thinking', data: 'zzz' },
          text('let me see'),
          { type: 'tool_use', id: 'call_1', name: 'f', input: { a: 1 } },
          { type: 'tool_use', id: 'call_2', name: 'g', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_1', content: [text('one')] },
          { type: 'tool_result', tool_use_id: 'call_2', content: [text('two')], cache_control: EPHEMERAL },
          text('meanwhile'),
        ],
      },
    ]);
  });

  it('keeps arguments that are no JSON object as text inside one', () => {
    expect(
      turns([
        { role: 'user', content: 'q' },
        { role: 'assistant', tool_calls: [call('a', 'f', '{"broken')] },
      ]),
    ).toMatchObject([{}, { content: [{ type: 'tool_use', input: { arguments: '{"broken' } }] }]);
  });

  it('translates the old function messages', () => {
    expect(
      turns([
        { role: 'user', content: 'q' },
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: 'r' },
      ]),
    ).toMatchObject([
      {},
      { content: [{ type: 'tool_use', id: 'function_f', name: 'f' }] },
      { content: [{ type: 'tool_result', tool_use_id: 'function_f' }] },
    ]);
  });

  it('puts a message’s cache mark on its last block, and keeps at most four', () => {
    expect(
      turns([
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
          cache_control: EPHEMERAL,
        },
      ]),
    ).toEqual([{ role: 'user', content: [text('a'), text('b', { cache_control: EPHEMERAL })] }]);
    const many = body({
      messages: Array.from({ length: 4 }, (_, n) => ({
        role: n % 2 === 0 ? ('user' as const) : ('assistant' as const),
        content: `m${n}`,
        cache_control: EPHEMERAL,
      })),
      tools: [tool('f', { cache_control: EPHEMERAL })],
    });
    expect(JSON.stringify(many).split('ephemeral')).toHaveLength(5);
    expect(JSON.stringify(many['tools'])).not.toContain('ephemeral');
  });
});

describe('images and documents', () => {
  const part = (value: ChatMessage['content']) => turns([{ role: 'user', content: value ?? '' }]);
  const only = (block: object) => [{ role: 'user', content: [block] }];

  it('takes data URIs and https URLs', () => {
    expect(
      part([{ type: 'image_url', image_url: { url: 'data:image/jpg;base64,QUJD' }, cache_control: EPHEMERAL }]),
    ).toEqual(
      only({
        type: 'image',
        source: { type: 'base64', media_type: 'image/jpeg', data: 'QUJD' },
        cache_control: EPHEMERAL,
      }),
    );
    expect(part([{ type: 'image_url', image_url: 'https://x.test/a.png' }])).toEqual(
      only({ type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } }),
    );
  });

  it('takes PDFs, text files and uploaded files', () => {
    expect(
      part([{ type: 'file', file: { file_data: 'data:application/pdf;base64,QUJD', filename: 'a.pdf' } }]),
    ).toEqual(
      only({
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'QUJD' },
        title: 'a.pdf',
      }),
    );
    expect(part([{ type: 'file', file: { file_data: 'data:text/plain;base64,w6TDtsO8' } }])).toEqual(
      only({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'äöü' } }),
    );
    expect(part([{ type: 'file', file: { file_id: 'https://x.test/a.pdf' } }])).toEqual(
      only({ type: 'document', source: { type: 'url', url: 'https://x.test/a.pdf' } }),
    );
    expect(part([{ type: 'file', file: { file_id: 'file_1' } }])).toEqual(
      only({ type: 'document', source: { type: 'file', file_id: 'file_1' } }),
    );
    expect(part([{ type: 'file', file: { file_data: 'data:image/png;base64,QUJD' } }])).toMatchObject(
      only({ type: 'image' }),
    );
  });

  it('passes Anthropic’s own blocks', () => {
    const document = {
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: 'x' },
      citations: { enabled: true },
    };
    expect(part([document])).toEqual(only(document));
  });

  it.each([
    [{ type: 'image_url', image_url: 'http://x.test/a.png' }, 'messages[0].content[0].image_url'],
    [{ type: 'image_url', image_url: 'data:image/bmp;base64,QUJD' }, 'messages[0].content[0].image_url'],
    [{ type: 'input_audio', input_audio: { data: 'x', format: 'wav' } }, 'messages[0].content[0].type'],
    [{ type: 'file', file: { file_data: 'data:video/mp4;base64,QUJD' } }, 'messages[0].content[0].file'],
    [{ type: 'hologram' }, 'messages[0].content[0].type'],
  ])('refuses %j and says where', (value, param) => {
    const failure = refusal(send({ messages: [{ role: 'user', content: [value] }] }));
    expect(failure).toMatchObject({ param, billed: 'no' });
  });
});

describe('tools', () => {
  it('declares them, with the cache mark and without what Anthropic does not know', () => {
    expect(
      body({ tools: [tool('f', { cache_control: EPHEMERAL }), { type: 'function', function: { name: 'bare' } }] })[
        'tools'
      ],
    ).toEqual([
      { name: 'f', description: 'd', input_schema: { type: 'object', properties: {} }, cache_control: EPHEMERAL },
      { name: 'bare', input_schema: { type: 'object', properties: {} } },
    ]);
  });

  it('passes Anthropic’s own tools and makes one of web_search_options', () => {
    const computer = { type: 'computer_20250124', name: 'computer', display_width_px: 1 };
    expect(body({ tools: [computer] })['tools']).toEqual([computer]);
    expect(
      body({
        web_search_options: {
          search_context_size: 'high',
          user_location: { type: 'approximate', approximate: { city: 'Kiel' } },
        },
      })['tools'],
    ).toEqual([
      {
        type: 'web_search_20250305',
        name: 'web_search',
        max_uses: 10,
        user_location: { type: 'approximate', city: 'Kiel' },
      },
    ]);
  });

  it.each<[ChatRequest['tool_choice'], object]>([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    ['any', { type: 'any' }],
    [
      { type: 'function', function: { name: 'f' } },
      { type: 'tool', name: 'f' },
    ],
  ])('chooses %j', (choice, expected) => {
    expect(body({ tools: [tool('f')], tool_choice: choice ?? null })['tool_choice']).toEqual(expected);
  });

  it('turns off parallel calls', () => {
    expect(body({ tools: [tool('f')], parallel_tool_calls: false })['tool_choice']).toEqual({
      type: 'auto',
      disable_parallel_tool_use: true,
    });
    expect(body({ tools: [tool('f')], parallel_tool_calls: true })).not.toHaveProperty('tool_choice');
    expect(body({ parallel_tool_calls: false })).not.toHaveProperty('tool_choice');
  });

  it('changes names Anthropic does not take, everywhere, without clashes, and back again in the answer', () => {
    const request = ask({
      tools: [tool('fs.read'), tool('fs_read'), tool('ä'.repeat(200))],
      tool_choice: { type: 'function', function: { name: 'fs.read' } },
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', tool_calls: [call('1', 'fs.read', '{}')] },
        { role: 'tool', tool_call_id: '1', content: 'r' },
      ],
    });
    const result = sent(chat.toRequest(request, targetOf(SONNET))).body as {
      tools: { name: string }[];
      tool_choice: { name: string };
      messages: unknown;
    };
    const names = result.tools.map((one) => one.name);
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,128}$/);
    expect(names[1]).toBe('fs_read');
    expect(result.tool_choice.name).toBe(names[0]);
    expect(JSON.stringify(result.messages)).toContain(`"name":"${names[0]}"`);
    const answer = {
      content: names.map((name, n) => ({ type: 'tool_use', id: `t${n}`, name, input: {} })),
      stop_reason: 'tool_use',
    };
    const calls = chat.fromResponse(answer, request, targetOf(SONNET)).choices[0]?.message.tool_calls;
    expect(calls?.map((one) => one.function.name)).toEqual(['fs.read', 'fs_read', 'ä'.repeat(200)]);
  });

  it('declares the tools of the history again when the request declares none', () => {
    const result = body({
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', tool_calls: [call('1', 'old', '{}')] },
        { role: 'tool', tool_call_id: '1', content: 'r' },
      ],
    });
    expect(result).toMatchObject({ tools: [{ name: 'old' }], tool_choice: { type: 'none' } });
  });
});

describe('parameters', () => {
  it('always sends a limit: the caller’s, else the model’s', () => {
    expect(body({ max_tokens: 5 })['max_tokens']).toBe(5);
    expect(body({ max_tokens: 5, max_completion_tokens: 6 })['max_tokens']).toBe(6);
    expect(body()['max_tokens']).toBe(64_000);
    expect(body({}, {}, 'claude-3-haiku-20240307')['max_tokens']).toBe(4096);
    expect(body({}, {}, 'claude-opus-4-20250514')['max_tokens']).toBe(32_000);
    expect(body({}, {}, 'claude-opus-4-10')['max_tokens']).toBe(128_000);
    expect(body({}, {}, 'my-own-model')['max_tokens']).toBe(4096);
  });

  it('translates stop, user and sampling', () => {
    expect(body({ stop: ['a', ' ', ''], user: 'u-1', temperature: 1.7, top_p: 0.9, top_k: 40 })).toMatchObject({
      stop_sequences: ['a'],
      metadata: { user_id: 'u-1' },
      temperature: 1,
      top_p: 0.9,
      top_k: 40,
    });
    for (const user of ['ann@example.com', '+49 431 123456']) expect(body({ user })).not.toHaveProperty('metadata');
  });

  it.each(['n', 'presence_penalty', 'logit_bias', 'logprobs', 'seed', 'functions', 'modalities', 'store'])(
    'refuses %s',
    (name) => {
      const values: Record<string, unknown> = {
        n: 2,
        presence_penalty: 1,
        logit_bias: { 5: 1 },
        logprobs: true,
        seed: 1,
        functions: [{}],
        modalities: ['audio'],
        store: true,
      };
      const failure = refusal(send({ [name]: values[name] }));
      expect(failure).toMatchObject({ code: 'unsupported_parameter', param: name, billed: 'no' });
      expect(failure.message).toContain('drop_params');
      const dropped = sent(send({ [name]: values[name] }, { drop_params: true }));
      expect(dropped.wire.dropped).toEqual([name]);
      expect(dropped.body).not.toHaveProperty(name);
      expect(sent(send({ [name]: values[name] }, { additional_drop_params: [name] })).wire.dropped).toEqual([name]);
      expect(sent(send({ [name]: values[name] }, { allowed_openai_params: [name] })).body[name]).toEqual(values[name]);
    },
  );

  it('takes neutral values and hints without a word', () => {
    const { body: plain, wire } = sent(
      send({
        n: 1,
        frequency_penalty: 0,
        logprobs: false,
        stream: true,
        stream_options: { include_usage: true },
        service_tier: 'default',
      }),
    );
    expect(wire.dropped).toEqual([]);
    expect(Object.keys(plain).sort()).toEqual(['max_tokens', 'messages', 'model', 'stream']);
  });

  it('refuses sampling on models that choose it themselves', () => {
    expect(refusal(send({ temperature: 0.2 }, {}, 'claude-opus-4-7'))).toMatchObject({ param: 'temperature' });
    expect(refusal(send({ top_k: 3 }, {}, 'claude-sonnet-5'))).toMatchObject({ param: 'top_k' });
    expect(body({ temperature: 1, top_p: 1 }, {}, 'claude-opus-4-7')).not.toHaveProperty('temperature');
  });

  it('passes Anthropic’s own parameters', () => {
    const own = { mcp_servers: [{ url: 'https://m.test' }], container: 'c', top_k: 3 };
    const { body: result, wire } = sent(send(own));
    expect(result).toMatchObject(own);
    expect(wire.headers['anthropic-beta']).toBe('mcp-client-2025-04-04');
  });
});
