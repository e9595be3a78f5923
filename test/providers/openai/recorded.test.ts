/** Recorded answers of compatible providers, where a folder of recordings is given (`HOLDFAST_FIXTURES`). */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { catalog } from '../../../providers/catalog.ts';
import { ask, chatOf, decode, event, targetOf } from '../streams.ts';

const recorded = process.env['HOLDFAST_FIXTURES'] ?? '';

function body(path: string): unknown {
  const parsed = JSON.parse(readFileSync(`${recorded}/${path}`, 'utf8')) as { response?: { body?: unknown } };
  return parsed.response?.body ?? parsed;
}

function lines(path: string): string[] {
  const text = readFileSync(`${recorded}/${path}`, 'utf8').trim().split('\n');
  if (!path.endsWith('.sse')) return text;
  return text.filter((line) => line.startsWith('data:')).map((line) => line.slice('data:'.length).trim());
}

it('has a provider for each folder of recordings it names', () => {
  for (const id of ['groq', 'xai', 'mistral', 'cerebras', 'together_ai', 'deepseek', 'openrouter', 'moonshot', 'zai']) {
    expect(catalog[id]?.chat).toBeDefined();
  }
});

if (recorded !== '' && existsSync(recorded)) {
  describe('recorded answers', () => {
    it.each([
      ['openai', 'openai/chat-text.json', 379],
      ['groq', 'groq/groq-tool-call.json', 233],
      ['xai', 'xai/xai-text.json', 241],
      ['mistral', 'mistral/mistral-reasoning.json', 56],
      ['cerebras', 'cerebras/chat.json', 52],
      ['together_ai', 'together/chat.json', 53],
      ['moonshot', 'moonshot/moonshotai-reasoning.json', 50],
      ['zai', 'zai/thinking.json', 260],
      ['openrouter', 'openrouter/tool.json', 177],
    ])('%s: %s has %i tokens and an end', (id, path, total) => {
      const response = chatOf(catalog[id]).fromResponse(body(path), ask(), targetOf('m'));
      expect(response.usage?.total_tokens).toBe(total);
      expect(response.usage?.prompt_tokens).toBe(total - (response.usage?.completion_tokens ?? 0));
      expect(['stop', 'tool_calls']).toContain(response.choices[0]?.finish_reason);
    });

    it.each([
      ['groq', 'groq/groq-tool-call.chunks.txt', 225],
      ['xai', 'xai/xai-tool-call.chunks.txt', 513],
      ['mistral', 'mistral/mistral-reasoning.chunks.txt', 56],
      ['mistral', 'mistral/mistral-tool-call.chunks.txt', 146],
      ['moonshot', 'moonshot/moonshotai-stream.chunks.txt', 21],
      ['openai_like', 'cloudflare/stream-reasoning.sse', 1035],
    ])('%s: the stream %s is complete with %i tokens', (id, path, total) => {
      const { complete, response } = decode(
        chatOf(catalog[id]).decoder(ask(), targetOf('m')),
        lines(path).map((line) => event(line)),
      );
      expect(complete).toBe(true);
      expect(response?.usage?.total_tokens).toBe(total);
    });

    it('groq: a tool call that failed ends the stream with the provider’s words', () => {
      const { failure } = decode(
        chatOf(catalog['groq']).decoder(ask(), targetOf('m')),
        lines('groq/tool-use-failed-stream.sse').map((line) => event(line)),
      );
      expect(failure).toMatchObject({ providerCode: 'tool_use_failed', providerStatus: 400 });
    });
  });
}
