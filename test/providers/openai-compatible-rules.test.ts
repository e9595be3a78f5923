/** What single compatible providers do differently. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { catalog } from '../../providers/catalog.ts';
import type { ChatMessage, ChatRequest } from '../../providers/protocol/chat.ts';
import type { InvalidResponse } from '../../providers/provider.ts';
import { ask, chatOf, decode, event, refusal, sent, targetOf } from './streams.ts';

const body = (id: string, model: string, fields: Partial<ChatRequest>) =>
  sent(chatOf(catalog[id]).toRequest(ask(fields), targetOf(model))).body;

describe('DeepSeek', () => {
  const messages: ChatMessage[] = [
    { role: 'user', content: 'q' },
    { role: 'assistant', content: 'a', reasoning_content: 'hm' },
    { role: 'assistant', content: 'b' },
  ];
  const thoughts = (model: string, fields: Partial<ChatRequest> = {}) =>
    (body('deepseek', model, { messages, ...fields })['messages'] as ChatMessage[]).map(
      (message) => message.reasoning_content,
    );

  it('is told what was thought while it thinks, and nothing of it while it does not', () => {
    expect(thoughts('deepseek-reasoner')).toEqual([undefined, 'hm', ' ']);
    expect(thoughts('deepseek-chat', { reasoning_effort: 'high' })).toEqual([undefined, 'hm', ' ']);
    expect(thoughts('deepseek-chat')).toEqual([undefined, undefined, undefined]);
    expect(thoughts('deepseek-reasoner', { thinking: { type: 'disabled' } })).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('Perplexity', () => {
  it('hears nobody twice in a row', () => {
    const messages: ChatMessage[] = [
      { role: 'system', content: 's' },
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
      { role: 'user', content: [{ type: 'text', text: 'c' }] },
      { role: 'assistant', content: 'd' },
    ];
    expect(body('perplexity', 'sonar', { messages })['messages']).toEqual([
      { role: 'system', content: 's' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a\n\nb' },
          { type: 'text', text: 'c' },
        ],
      },
      { role: 'assistant', content: 'd' },
    ]);
  });

  it('has its sources as annotations where the text refers to them', () => {
    const answer = {
      object: 'chat.completion',
      citations: ['https://a.test', 'https://b.test'],
      search_results: [
        { url: 'https://a.test', title: 'A' },
        { url: 'https://b.test', title: 'B' },
      ],
      choices: [{ message: { role: 'assistant', content: 'So [2], not [9].' }, finish_reason: 'stop' }],
    };
    const response = chatOf(catalog['perplexity']).fromResponse(answer, ask(), targetOf('sonar'));
    expect(response.choices[0]?.message.annotations).toEqual([
      { type: 'url_citation', url_citation: { url: 'https://b.test', title: 'B', start_index: 3, end_index: 6 } },
    ]);
    expect(response['citations']).toEqual(answer.citations);
  });
});

describe('MiniMax', () => {
  const chat = chatOf(catalog['minimax']);
  const failureOf = (answer: unknown) => {
    try {
      chat.fromResponse(answer, ask(), targetOf('M2'));
    } catch (error) {
      return (error as InvalidResponse).failure;
    }
    return undefined;
  };

  it.each([
    [1002, 'rate_limit_exceeded'],
    [1004, 'provider_auth_failed'],
    [1008, 'provider_auth_failed'],
    [1026, 'content_policy_violation'],
    [2013, 'invalid_request'],
    [1000, 'provider_error'],
  ])('fails with %i inside a 200 as %s', (number, code) => {
    const answer = { choices: null, base_resp: { status_code: number, status_msg: 'words' } };
    expect(failureOf(answer)).toMatchObject({ code, billed: 'maybe' });
    expect(decode(chat.decoder(ask(), targetOf('M2')), [event(answer)]).failure?.code).toBe(code);
  });

  it('says of a good answer that it is good', () => {
    const good = { base_resp: { status_code: 0, status_msg: '' }, choices: [{ message: { content: 'x' } }] };
    expect(chat.fromResponse(good, ask(), targetOf('M2')).choices[0]?.message.content).toBe('x');
  });
});

describe('thinking', () => {
  it.each<[string, Partial<ChatRequest>, object]>([
    ['dashscope', { reasoning_effort: 'low' }, { enable_thinking: true, thinking_budget: 1024 }],
    ['dashscope', { thinking: { type: 'disabled' } }, { enable_thinking: false }],
    ['dashscope', {}, {}],
    [
      'heroku',
      { thinking: { type: 'enabled', budget_tokens: 99 } },
      { extended_thinking: { enabled: true, budget_tokens: 99 } },
    ],
    ['heroku', { reasoning_effort: 'minimal' }, { extended_thinking: { enabled: true, budget_tokens: 1024 } }],
    ['heroku', { reasoning_effort: 'none' }, { extended_thinking: { enabled: false } }],
    ['heroku', {}, {}],
  ])('%s by %j', (id, fields, expected) => {
    const { model: _model, messages: _messages, ...rest } = body(id, 'm', fields);
    expect(rest).toEqual(expected);
  });
});

describe('Moonshot', () => {
  it('cannot be made to call a tool', () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const chat = chatOf(catalog['moonshot']);
    expect(refusal(chat.toRequest(ask({ tools, tool_choice: 'required' }), targetOf('kimi'))).param).toBe(
      'tool_choice',
    );
    expect(body('moonshot', 'kimi', { tools, tool_choice: 'auto' })['tool_choice']).toBe('auto');
  });
});

describe('where providers with addresses of their own are called', () => {
  it.each([
    ['heroku', 'claude', 'https://us.inference.heroku.com', 'https://us.inference.heroku.com/v1/chat/completions'],
    ['gradient_ai', 'm', 'https://inference.do-ai.run', 'https://inference.do-ai.run/v1/chat/completions'],
    ['gradient_ai', 'm', 'https://x.agents.do-ai.run', 'https://x.agents.do-ai.run/api/v1/chat/completions'],
    ['datarobot', 'm', 'https://app.datarobot.com', 'https://app.datarobot.com/api/v2/genai/llmgw/chat/completions/'],
    [
      'datarobot',
      'm',
      'https://app.datarobot.com/api/v2',
      'https://app.datarobot.com/api/v2/genai/llmgw/chat/completions/',
    ],
    ['oobabooga', 'm', 'http://127.0.0.1:5000', 'http://127.0.0.1:5000/v1/chat/completions'],
    [
      'docker_model_runner',
      'm',
      'http://127.0.0.1:22088/engines/llama.cpp',
      'http://127.0.0.1:22088/engines/llama.cpp/v1/chat/completions',
    ],
    ['ragflow', 'chat/c 1/my/model', 'https://r.test', 'https://r.test/api/v1/chats_openai/c%201/chat/completions'],
    ['ragflow', 'agent/a', 'https://r.test/api/v1', 'https://r.test/api/v1/agents_openai/a/chat/completions'],
    [
      'predibase',
      'm',
      'https://serving.app.predibase.com/t',
      'https://serving.app.predibase.com/t/deployments/v2/llms/m/v1/chat/completions',
    ],
    ['maritalk', 'sabia-3', 'https://chat.maritaca.ai/api', 'https://chat.maritaca.ai/api/chat/completions'],
  ])('%s/%s at %s', (id, model, base, url) => {
    expect(sent(chatOf(catalog[id]).toRequest(ask(), targetOf(model, {}, base))).wire.url).toBe(url);
  });

  it('names RAGFlow’s model without the place it is in', () => {
    expect(body('ragflow', 'chat/c1/my/model', {})['model']).toBe('my/model');
  });
});

describe('what has ended', () => {
  it.each([
    ['lambda_ai', '2025-09-25'],
    ['palm', 'October 2024'],
    ['anyscale', '2024-08-01'],
    ['meta_llama', '2026-07-06'],
    ['github', '2026-07-30'],
  ])('%s says when: %s', (id, date) => {
    const provider = catalog[id];
    const failure = refusal(chatOf(provider).toRequest(ask(), targetOf('m', {}, provider?.baseUrl)));
    expect(failure).toMatchObject({ code: 'provider_ended', billed: 'no' });
    expect(failure.message).toContain(date);
  });

  it.each(['galadriel', 'empower'])('%s needs an address, because nobody knows', (id) => {
    expect(refusal(chatOf(catalog[id]).toRequest(ask(), targetOf('m', {}, ''))).message).toContain('set api_base');
  });
});

const recorded = process.env['HOLDFAST_FIXTURES'] ?? '';

if (recorded !== '' && existsSync(recorded)) {
  describe('recordings', () => {
    it.each([
      ['perplexity', 'perplexity/perplexity-citations.json'],
      ['deepseek', 'deepseek/thinking.json'],
      ['heroku', 'heroku/chat.json'],
    ])('%s: %s is read', (id, path) => {
      const parsed = JSON.parse(readFileSync(`${recorded}/${path}`, 'utf8')) as { response?: { body?: unknown } };
      const response = chatOf(catalog[id]).fromResponse(parsed.response?.body ?? parsed, ask(), targetOf('m'));
      expect(response.usage?.total_tokens).toBeGreaterThan(0);
      expect(['stop', 'tool_calls']).toContain(response.choices[0]?.finish_reason);
    });
  });
}
