/** What goes out on OpenAI's wire, to OpenAI and to its imitators. */
import { describe, expect, it } from '@jest/globals';
import { catalog } from '../../../providers/catalog.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, refusal, sent, targetOf } from '../streams.ts';

function send(id: string, model: string, fields: Partial<ChatRequest> = {}, settings: Record<string, unknown> = {}) {
  return chatOf(catalog[id]).toRequest(ask(fields), targetOf(model, settings));
}

const weather = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', additionalProperties: false }, strict: true },
};

describe('a request to OpenAI', () => {
  it('goes to /chat/completions with the upstream’s model and the caller’s unknown fields', () => {
    const { body, wire } = sent(send('openai', 'gpt-4o', { top_k: 5, brand_new: { a: [1] }, temperature: 0.3 }));
    expect(wire.url).toBe('https://upstream.test/v1/chat/completions');
    expect(wire.headers).toMatchObject({ 'content-type': 'application/json', accept: 'application/json' });
    expect(wire.dropped).toEqual([]);
    expect(body).toEqual({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'hi' }],
      top_k: 5,
      brand_new: { a: [1] },
      temperature: 0.3,
    });
  });

  it('always asks for usage when it streams, and never sends stream options otherwise', () => {
    expect(sent(send('openai', 'gpt-4o', { stream: true })).body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
    const chosen = sent(
      send('openai', 'gpt-4o', { stream: true, stream_options: { include_usage: false, include_obfuscation: false } }),
    );
    expect(chosen.body['stream_options']).toEqual({ include_usage: true, include_obfuscation: false });
    const whole = sent(send('openai', 'gpt-4o', { stream: false, stream_options: { include_usage: true } })).body;
    expect(whole).not.toHaveProperty('stream');
    expect(whole).not.toHaveProperty('stream_options');
  });

  it('renames max_tokens for reasoning models only', () => {
    for (const model of ['o1', 'o3-mini', 'gpt-5', 'gpt-5.4-mini', 'ft:gpt-5:acme::x']) {
      expect(sent(send('openai', model, { max_tokens: 9 })).body).toMatchObject({ max_completion_tokens: 9 });
      expect(sent(send('openai', model, { max_tokens: 9 })).body).not.toHaveProperty('max_tokens');
    }
    for (const model of ['gpt-4o', 'gpt-5-chat-latest', 'gpt-3.5-turbo']) {
      expect(sent(send('openai', model, { max_tokens: 9 })).body).toMatchObject({ max_tokens: 9 });
    }
  });

  it('refuses what a reasoning model cannot take, by name', () => {
    expect(refusal(send('openai', 'o3', { temperature: 0.5 }))).toMatchObject({
      code: 'unsupported_parameter',
      param: 'temperature',
      billed: 'no',
    });
    expect(refusal(send('openai', 'gpt-5', { stop: 'x' }))).toMatchObject({ param: 'stop' });
    expect(refusal(send('openai', 'gpt-5', { top_p: 0.5 }))).toMatchObject({ param: 'top_p' });
    expect(sent(send('openai', 'gpt-5', { top_p: 0.5, reasoning_effort: 'none' })).body).toMatchObject({ top_p: 0.5 });
    expect(sent(send('openai', 'o3', { temperature: 1 })).body).toMatchObject({ temperature: 1 });
  });

  it('drops it when the deployment says so, and tells what was dropped', () => {
    const { body, wire } = sent(send('openai', 'o3', { temperature: 0.5, logprobs: true }, { drop_params: true }));
    expect(body).not.toHaveProperty('temperature');
    expect([...wire.dropped].sort()).toEqual(['logprobs', 'temperature']);
  });

  it('forces through what allowed_openai_params names', () => {
    expect(
      sent(send('openai', 'o3', { temperature: 0.5 }, { allowed_openai_params: ['temperature'] })).body,
    ).toMatchObject({ temperature: 0.5 });
  });

  it('removes fields of messages that are other providers’', () => {
    const { body } = sent(
      send('openai', 'gpt-4o', {
        messages: [
          {
            role: 'system',
            content: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }],
            cache_control: { type: 'ephemeral' },
          },
          {
            role: 'assistant',
            content: 'a',
            reasoning_content: 'r',
            thinking_blocks: [],
            provider_specific_fields: {},
            name: 'bot',
          },
        ],
        tools: [{ ...weather, cache_control: { type: 'ephemeral' } }],
      }),
    );
    expect(body['messages']).toEqual([
      { role: 'system', content: [{ type: 'text', text: 's' }] },
      { role: 'assistant', content: 'a', name: 'bot' },
    ]);
    expect(body['tools']).toEqual([weather]);
  });

  it('leaves the caller’s request as it was', () => {
    const request = ask({
      messages: [
        {
          role: 'assistant',
          content: [{ type: 'text', text: 't', cache_control: { type: 'ephemeral' } }],
          thinking_blocks: [],
        },
      ],
      tools: [weather],
      max_tokens: 4,
      stream: true,
    });
    const before = JSON.stringify(request);
    for (const provider of Object.values(catalog))
      provider.chat?.toRequest(request, targetOf('o3', { drop_params: true }));
    expect(JSON.stringify(request)).toBe(before);
  });

  it('drops tool settings without tools, and sends `any` as OpenAI’s word', () => {
    const without = sent(send('openai', 'gpt-4o', { tools: [], tool_choice: 'auto', parallel_tool_calls: false })).body;
    expect(without).toEqual({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] });
    expect(sent(send('openai', 'gpt-4o', { tools: [weather], tool_choice: 'any' })).body).toMatchObject({
      tool_choice: 'required',
    });
  });

  it('sends metadata only with store, and the organisation as a header', () => {
    expect(sent(send('openai', 'gpt-4o', { metadata: { tags: ['a'] } })).body).not.toHaveProperty('metadata');
    expect(sent(send('openai', 'gpt-4o', { metadata: { a: 'b' }, store: true })).body).toMatchObject({
      metadata: { a: 'b' },
    });
    const { wire } = sent(
      send(
        'openai',
        'gpt-4o',
        {},
        { organization: 'org-1', extra_headers: { 'X-Team': 'a', Authorization: 'stolen' } },
      ),
    );
    expect(wire.headers).toMatchObject({ 'openai-organization': 'org-1', 'x-team': 'a' });
    expect(wire.headers).not.toHaveProperty('authorization');
  });

  it('takes both words for reasoning', () => {
    expect(sent(send('openai', 'gpt-5', { reasoning_effort: { effort: 'low', summary: 'auto' } })).body).toMatchObject({
      reasoning_effort: 'low',
    });
    expect(sent(send('openai', 'gpt-5', { thinking: { type: 'enabled', budget_tokens: 5000 } })).body).toMatchObject({
      reasoning_effort: 'high',
    });
    expect(sent(send('deepseek', 'deepseek-chat', { reasoning_effort: 'high' })).body).toMatchObject({
      thinking: { type: 'enabled' },
    });
    expect(refusal(send('openai', 'gpt-4o', { thinking: { type: 'enabled' } }))).toMatchObject({ param: 'thinking' });
  });

  it('adds the deployment’s extra_body, which wins', () => {
    expect(
      sent(send('openai', 'gpt-4o', { temperature: 0 }, { extra_body: { temperature: 0.7, guided_json: {} } })).body,
    ).toMatchObject({ temperature: 0.7, guided_json: {} });
  });
});

describe('a request to a compatible provider', () => {
  it.each([
    ['mistral', 'seed', { seed: 7 }, { random_seed: 7 }],
    ['mistral', 'a forced tool', { tools: [weather], tool_choice: 'required' as const }, { tool_choice: 'any' }],
    [
      'mistral',
      'a named tool',
      { tools: [weather], tool_choice: { type: 'function', function: { name: 'weather' } } },
      { tool_choice: { type: 'function', function: { name: 'weather' } } },
    ],
    ['cerebras', 'the length', { max_completion_tokens: 8 }, { max_tokens: 8 }],
    ['openrouter', 'usage', {}, { usage: { include: true } }],
    ['openrouter', 'effort', { reasoning_effort: 'max' as const }, { reasoning_effort: 'xhigh' }],
    ['together_ai', 'effort', { reasoning_effort: 'minimal' as const }, { reasoning_effort: 'low' }],
    ['fireworks_ai', 'the model', {}, { model: 'accounts/fireworks/models/some-model' }],
    ['hosted_vllm', 'thinking', { thinking: { type: 'enabled', budget_tokens: 2048 } }, { reasoning_effort: 'medium' }],
  ])('%s: %s', (id, _what, fields, expected) => {
    expect(sent(send(id, 'some-model', fields)).body).toMatchObject(expected);
  });

  it('strips nulls for Groq, flattens text for SambaNova, loosens tools for xAI, keeps names from Mistral', () => {
    const messages: ChatRequest['messages'] = [
      {
        role: 'user',
        name: 'ann',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      {
        role: 'assistant',
        content: null,
        refusal: null,
        tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
    ];
    const groq = sent(send('groq', 'm', { messages })).body['messages'] as Record<string, unknown>[];
    expect(groq[1]).toEqual({ role: 'assistant', tool_calls: messages[1]?.tool_calls });
    const samba = sent(send('sambanova', 'm', { messages })).body['messages'] as Record<string, unknown>[];
    expect(samba[0]?.['content']).toBe('a\nb');
    const mistral = sent(send('mistral', 'm', { messages })).body['messages'] as Record<string, unknown>[];
    expect(mistral[0]).not.toHaveProperty('name');
    expect(sent(send('xai', 'm', { tools: [weather] })).body['tools']).toEqual([
      { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } },
    ]);
  });

  it('leaves hints out without a word, and refuses what changes the answer', () => {
    expect(sent(send('nebius', 'm', { user: 'u', prompt_cache_key: 'k' })).wire.dropped).toEqual(['user']);
    expect(refusal(send('cerebras', 'm', { n: 2 }))).toMatchObject({ param: 'n' });
    expect(sent(send('cerebras', 'm', { n: 1, presence_penalty: 0, logprobs: false })).body).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'hi' }],
    });
  });

  it('refuses a provider that has ended, unless it has another address', () => {
    const chat = chatOf(catalog['anyscale']);
    const baseUrl = catalog['anyscale']?.baseUrl;
    const target = targetOf('m');
    expect(refusal(chat.toRequest(ask(), { ...target, baseUrl: baseUrl ?? '' }))).toMatchObject({
      code: 'provider_ended',
    });
    expect(sent(chat.toRequest(ask(), target)).wire.url).toBe('https://upstream.test/v1/chat/completions');
  });

  it('refuses a server of one’s own without an address', () => {
    expect(refusal(chatOf(catalog['hosted_vllm']).toRequest(ask(), targetOf('m', {}, '')))).toMatchObject({
      code: 'provider_unreachable',
    });
  });

  it('sends Baseten’s dedicated deployments to their own host', () => {
    const wire = sent(
      chatOf(catalog['baseten']).toRequest(ask(), targetOf('abcd1234', {}, 'https://inference.baseten.co/v1')),
    ).wire;
    expect(wire.url).toBe('https://model-abcd1234.api.baseten.co/environments/production/sync/v1/chat/completions');
  });
});
