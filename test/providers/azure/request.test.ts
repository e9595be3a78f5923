/** Where requests go on Azure, and what they hold. */
import { describe, expect, it } from '@jest/globals';
import { azureAi } from '../../../providers/azure/catalogue.ts';
import { azure } from '../../../providers/azure/index.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, refusal, sent, targetOf } from '../streams.ts';

const RESOURCE = 'https://mine.openai.azure.com';

function send(model: string, base: string, settings: Record<string, unknown> = {}, fields: Partial<ChatRequest> = {}) {
  return chatOf(azure).toRequest(ask(fields), targetOf(model, settings, base));
}

const urlOf = (model: string, base: string, settings: Record<string, unknown> = {}): string =>
  sent(send(model, base, settings)).wire.url;

describe('azure', () => {
  it('puts the deployment into the path and the version into the query', () => {
    const deployed = `${RESOURCE}/openai/deployments/gpt-4o/chat/completions`;
    expect(urlOf('gpt-4o', RESOURCE)).toBe(`${deployed}?api-version=2025-02-01-preview`);
    expect(urlOf('gpt-4o', RESOURCE, { api_version: '2024-10-21' })).toBe(`${deployed}?api-version=2024-10-21`);
    for (const base of [`${RESOURCE}/openai`, `${RESOURCE}/openai/deployments`]) {
      expect(urlOf('gpt-4o', base, { api_version: '2024-10-21' })).toBe(`${deployed}?api-version=2024-10-21`);
    }
    expect(urlOf('a b/c', RESOURCE)).toContain('/deployments/a%20b%2Fc/');
  });

  it('takes addresses that name the deployment, or the whole call, as they are', () => {
    const deployed = `${RESOURCE}/openai/deployments/other`;
    expect(urlOf('gpt-4o', deployed)).toBe(`${deployed}/chat/completions?api-version=2025-02-01-preview`);
    expect(urlOf('gpt-4o', `${deployed}/chat/completions?api-version=2024-06-01`)).toBe(
      `${deployed}/chat/completions?api-version=2024-06-01`,
    );
    expect(urlOf('gpt-4o', 'https://proxy.test/team/azure')).toBe(
      'https://proxy.test/team/azure/openai/deployments/gpt-4o/chat/completions?api-version=2025-02-01-preview',
    );
  });

  it('speaks the API without deployments in its path when the version or the address says so', () => {
    const v1 = `${RESOURCE}/openai/v1/chat/completions`;
    expect(urlOf('gpt-4o', RESOURCE, { api_version: 'v1' })).toBe(v1);
    expect(urlOf('gpt-4o', RESOURCE, { api_version: 'preview' })).toBe(`${v1}?api-version=preview`);
    expect(urlOf('gpt-4o', `${RESOURCE}/openai/v1`)).toBe(v1);
    expect(urlOf('gpt-4o', `${RESOURCE}/openai/v1`, { api_version: '2024-10-21' })).toBe(v1);
    expect(sent(send('gpt-4o', `${RESOURCE}/openai/v1`)).body['model']).toBe('gpt-4o');
  });

  it('is refused without an address, and with one that is none', () => {
    expect(refusal(send('gpt-4o', ''))).toMatchObject({ code: 'provider_unreachable', billed: 'no' });
    expect(refusal(send('gpt-4o', 'mine')).message).toContain('"mine"');
  });

  it('knows reasoning models by their name, or by the series in front of it', () => {
    for (const model of ['o3-mini', 'o_series/mine', 'gpt-5-mini', 'gpt5_series/mine']) {
      const { body, wire } = sent(send(model, RESOURCE, {}, { max_tokens: 9 }));
      expect(body).toMatchObject({ max_completion_tokens: 9 });
      expect(body).not.toHaveProperty('max_tokens');
      expect(wire.url).not.toContain('series');
      expect(refusal(send(model, RESOURCE, {}, { temperature: 0.2 })).param).toBe('temperature');
    }
    const dropping = sent(send('o_series/mine', RESOURCE, { drop_params: true }, { temperature: 0.2 }));
    expect(dropping.body).toMatchObject({ model: 'mine' });
    expect(dropping.wire.dropped).toEqual(['temperature']);
    expect(sent(send('mine', RESOURCE, {}, { temperature: 0.2, max_tokens: 9 })).body).toMatchObject({
      temperature: 0.2,
      max_tokens: 9,
    });
  });

  it('asks for counts in a stream, unless the version is too old to take the question', () => {
    const asked = (settings: Record<string, unknown>) =>
      sent(send('gpt-4o', RESOURCE, settings, { stream: true })).body['stream_options'];
    expect(asked({})).toEqual({ include_usage: true });
    expect(asked({ api_version: '2024-10-21' })).toEqual({ include_usage: true });
    expect(asked({ api_version: 'v1' })).toEqual({ include_usage: true });
    expect(asked({ api_version: '2024-02-01' })).toBeUndefined();
  });
});

describe('azure_ai', () => {
  const reach = (model: string, base: string, settings: Record<string, unknown> = {}) =>
    sent(chatOf(azureAi).toRequest(ask({ max_tokens: 5 }), targetOf(model, settings, base)));

  it.each([
    ['https://f.services.ai.azure.com', '/models/chat/completions?api-version=2024-05-01-preview'],
    ['https://f.services.ai.azure.com/models', '/models/chat/completions?api-version=2024-05-01-preview'],
    ['https://f.services.ai.azure.com/openai/v1', '/openai/v1/chat/completions'],
    ['https://f.openai.azure.com', '/openai/v1/chat/completions'],
    ['https://m.eastus2.models.ai.azure.com', '/chat/completions'],
    ['https://m.eastus2.models.ai.azure.com/v1', '/v1/chat/completions'],
    ['https://m.test/x/chat/completions?api-version=1', '/x/chat/completions?api-version=1'],
  ])('%s is called at %s', (base, path) => {
    expect(reach('DeepSeek-R1', base).wire.url).toBe(`${new URL(base).origin}${path}`);
  });

  it('speaks Anthropic’s protocol with Claude', () => {
    for (const base of [
      'https://f.services.ai.azure.com',
      'https://f.services.ai.azure.com/anthropic',
      'https://f.services.ai.azure.com/anthropic/v1/messages',
    ]) {
      const { wire, body } = reach('claude-sonnet-4-5', base);
      expect(wire.url).toBe('https://f.services.ai.azure.com/anthropic/v1/messages');
      expect(wire.headers['anthropic-version']).toBe('2023-06-01');
      expect(body).toMatchObject({ max_tokens: 5, messages: [{ content: [{ type: 'text', text: 'hi' }] }] });
    }
    const target = targetOf('claude-sonnet-4-5', {}, 'https://f.services.ai.azure.com');
    const answer = { content: [{ type: 'text', text: 'hello' }], stop_reason: 'end_turn' };
    expect(chatOf(azureAi).fromResponse(answer, ask(), target).choices[0]?.message.content).toBe('hello');
    expect(azureAi.fromError(529, { type: 'error', error: { type: 'overloaded_error', message: 'x' } }, {}).code).toBe(
      'provider_overloaded',
    );
  });

  it('joins text, and refuses stop sequences where Grok has none', () => {
    const list = ask({ messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }] }], stop: 'x' });
    const target = targetOf('Llama-3.3', {}, 'https://f.services.ai.azure.com');
    expect(sent(chatOf(azureAi).toRequest(list, target)).body['messages']).toEqual([{ role: 'user', content: 'a' }]);
    expect(refusal(chatOf(azureAi).toRequest(list, { ...target, model: 'grok-3' })).param).toBe('stop');
  });
});
