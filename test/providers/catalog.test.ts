/** The list of providers. */
import { describe, expect, it } from '@jest/globals';
import { catalog } from '../../providers/catalog.ts';
import { openAiCompatible } from '../../providers/openai-compatible.ts';
import { ask, chatOf, targetOf } from './streams.ts';

const contents = expect.arrayContaining([expect.objectContaining({ role: 'user' })]);

/** Where the user's words are, for providers that do not call it messages. */
const OTHER_WORDS: Readonly<Record<string, object>> = {
  gemini: { contents },
  vertex_ai: { contents },
  sagemaker: { inputs: 'hi' },
  replicate: { input: { prompt: 'hi' } },
};

describe('the catalog', () => {
  it('has no two providers of one id, and no names from a prototype', () => {
    const ids = openAiCompatible.map((provider) => provider.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(catalog['constructor']).toBeUndefined();
    expect(catalog['__proto__']).toBeUndefined();
  });

  it.each(Object.entries(catalog))('%s is complete', (id, provider) => {
    expect(provider.id).toBe(id);
    expect(provider.title).not.toBe('');
    if (provider.baseUrl !== '' && provider.auth.kind !== 'none') {
      const url = new URL(provider.baseUrl);
      expect(provider.baseUrl.endsWith('/')).toBe(false);
      // A credential goes in clear to this machine only.
      expect(url.protocol === 'https:' || url.hostname === '127.0.0.1').toBe(true);
      expect([...provider.keyVariables, ...(provider.accountVariables ?? [])]).not.toEqual([]);
    }
    expect(provider.chat ?? provider.embeddings ?? provider.speech).toBeDefined();
    if (provider.chat === undefined) return;
    const wire = chatOf(provider).toRequest(ask(), targetOf('some-model', { project_id: 'p' }));
    const body: unknown = 'refused' in wire ? wire.refused : JSON.parse(String(wire.body));
    const messages = expect.arrayContaining([expect.objectContaining({ role: 'user' })]);
    expect(body).toEqual(expect.objectContaining(OTHER_WORDS[id] ?? { messages }));
  });
});
