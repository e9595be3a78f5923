/** The list of providers. */
import { describe, expect, it } from '@jest/globals';
import { catalog } from '../../providers/catalog.ts';
import { openAiCompatible } from '../../providers/openai-compatible.ts';
import { KINDS } from '../../providers/kinds.ts';
import type { WireRequest } from '../../providers/provider.ts';
import { ask, chatOf, targetOf } from './streams.ts';

const contents = expect.arrayContaining([expect.objectContaining({ role: 'user' })]);

/** Where the user's words are, for providers that do not call it messages. */
const OTHER_WORDS: Readonly<Record<string, object>> = {
  gemini: { contents },
  vertex_ai: { contents },
  sagemaker: { inputs: 'hi' },
  replicate: { input: { prompt: 'hi' } },
  nlp_cloud: { text: 'hi' },
  triton: { text_input: 'hi' },
  petals: { inputs: 'hi' },
  sap: {
    config: {
      modules: { prompt_templating: { prompt: { template: contents }, model: { name: 'some-model', params: {} } } },
    },
  },
  custom: { params: { prompt: ['hi'] } },
};

const PLAIN_OPERATIONS = Object.values(KINDS).flatMap(({ operation }) =>
  operation === 'chat' || operation === 'passThrough' ? [] : [operation],
);

function readBody({ body, headers }: WireRequest): unknown {
  const isForm = headers['content-type'] === 'application/x-www-form-urlencoded';
  return isForm ? Object.fromEntries(new URLSearchParams(String(body))) : JSON.parse(String(body));
}

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
    expect(provider.chat ?? PLAIN_OPERATIONS.find((operation) => provider[operation] !== undefined)).toBeDefined();
    if (provider.chat === undefined) return;
    const wire = chatOf(provider).toRequest(ask(), targetOf('some-model', { project_id: 'p' }));
    const body: unknown = 'refused' in wire ? wire.refused : readBody(wire);
    const messages = expect.arrayContaining([expect.objectContaining({ role: 'user' })]);
    expect(body).toEqual(expect.objectContaining(OTHER_WORDS[id] ?? { messages }));
  });
});
