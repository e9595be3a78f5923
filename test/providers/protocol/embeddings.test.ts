/** Embeddings of the providers with a wire of their own. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { catalog } from '../../../providers/catalog.ts';
import type { JsonObject } from '../../../providers/protocol/json.ts';
import { InvalidResponse, type PlainTranslation } from '../../../providers/provider.ts';
import { bodyOf, jsonReply, operationOf, sentPlain } from '../plain.ts';
import { targetOf } from '../streams.ts';

function fixture(path: string): JsonObject {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), 'utf8')) as JsonObject;
}

function of(id: string): PlainTranslation & { readonly baseUrl: string } {
  const provider = catalog[id];
  if (provider === undefined) throw new Error(id);
  return { ...operationOf(provider, 'embeddings'), baseUrl: provider.baseUrl };
}

function targetFor(id: string, model = 'm', settings: JsonObject = {}) {
  return targetOf(model, settings, of(id).baseUrl);
}

const PROJECT = { vertex_project: 'p', vertex_location: 'us-central1' };

const ROWS: readonly {
  readonly id: string;
  readonly settings?: JsonObject;
  readonly url: string;
  readonly sent: object;
  readonly reply: unknown;
  readonly tokens?: number;
}[] = [
  {
    id: 'cohere',
    url: 'https://api.cohere.com/v2/embed',
    sent: {
      model: 'm',
      texts: ['a', 'b'],
      input_type: 'search_document',
      embedding_types: ['float'],
      output_dimension: 2,
    },
    reply: fixture('cohere/embedding.json'),
    tokens: 10,
  },
  {
    id: 'voyage',
    url: 'https://api.voyageai.com/v1/embeddings',
    sent: { model: 'm', input: ['a', 'b'], output_dimension: 2 },
    reply: fixture('voyage/embedding.json'),
    tokens: 7,
  },
  {
    id: 'jina_ai',
    url: 'https://api.jina.ai/v1/embeddings',
    sent: { model: 'm', input: ['a', 'b'], dimensions: 2 },
    reply: fixture('voyage/embedding.json'),
    tokens: 7,
  },
  {
    id: 'ollama',
    url: 'http://127.0.0.1:11434/api/embed',
    sent: { model: 'm', input: ['a', 'b'], dimensions: 2 },
    reply: {
      model: 'm',
      embeddings: [
        [0.5, -0.25],
        [0.125, 1],
      ],
      prompt_eval_count: 4,
    },
    tokens: 4,
  },
  {
    id: 'gemini',
    url: 'https://generativelanguage.googleapis.com/v1beta/models/m:batchEmbedContents',
    sent: {
      requests: ['a', 'b'].map((text) => ({
        model: 'models/m',
        content: { parts: [{ text }] },
        outputDimensionality: 2,
      })),
    },
    reply: { embeddings: [{ values: [0.5, -0.25] }, { values: [0.125, 1] }] },
  },
  {
    id: 'vertex_ai',
    settings: PROJECT,
    url: 'https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/google/models/m:predict',
    sent: { instances: [{ content: 'a' }, { content: 'b' }], parameters: { outputDimensionality: 2 } },
    reply: {
      predictions: [
        { embeddings: { values: [0.5, -0.25], statistics: { token_count: 2, truncated: false } } },
        { embeddings: { values: [0.125, 1], statistics: { token_count: 3, truncated: false } } },
      ],
    },
    tokens: 5,
  },
];

describe.each(ROWS)('embeddings of $id', ({ id, settings = {}, url, sent, reply, tokens }) => {
  const { toRequest, fromResponse } = of(id);
  const target = targetFor(id, 'm', settings);
  const body = { model: 'asked', input: ['a', 'b'], dimensions: 2, encoding_format: 'float', user: 'u' };

  it('are asked for in its words', () => {
    const wire = sentPlain(toRequest(body, target));
    expect(wire.url).toBe(url);
    expect(wire.json).toEqual(sent);
    expect(wire.dropped).toEqual(['user']);
  });

  it('come in the order of the inputs, counted', () => {
    const answer = fromResponse(jsonReply(reply), body, target);
    expect(bodyOf(answer)['data']).toEqual([
      { object: 'embedding', index: 0, embedding: [0.5, -0.25] },
      { object: 'embedding', index: 1, embedding: [0.125, 1] },
    ]);
    expect(answer.usage?.prompt_tokens).toBe(tokens);
  });

  it('refuse a parameter that it does not know, or leave it out where that is allowed', () => {
    expect(toRequest({ ...body, colour: 'red' }, target)).toMatchObject({
      refused: { code: 'unsupported_parameter', param: 'colour' },
    });
    const dropping = { ...target, settings: { ...settings, drop_params: true } };
    expect(sentPlain(toRequest({ ...body, colour: 'red' }, dropping)).dropped).toEqual(['user', 'colour']);
  });

  it('are refused when some are missing', () => {
    expect(() => fromResponse(jsonReply(reply), { input: ['a', 'b', 'c'] }, target)).toThrow(InvalidResponse);
  });
});

describe('embeddings', () => {
  it.each(['cohere', 'ollama', 'gemini'])('of tokens are refused by %s, which reads texts', (id) => {
    expect(of(id).toRequest({ input: [1, 2] }, targetFor(id))).toMatchObject({ refused: { param: 'input' } });
  });

  it('of Azure are asked of the deployment, and of Hugging Face of the router or of a server of one’s own', () => {
    const url = (id: string, baseUrl: string, settings: JsonObject = {}): string =>
      sentPlain(of(id).toRequest({ input: 'a' }, targetOf('org/m', settings, baseUrl))).url;
    expect(url('azure', 'https://x.openai.azure.com', { api_version: '2024-10-21' })).toBe(
      'https://x.openai.azure.com/openai/deployments/org%2Fm/embeddings?api-version=2024-10-21',
    );
    expect(of('azure').toRequest({ input: 'a' }, targetOf('m', {}, 'nonsense'))).toMatchObject({
      refused: { code: 'provider_unreachable' },
    });
    expect(url('huggingface', 'https://router.huggingface.co')).toBe(
      'https://router.huggingface.co/hf-inference/models/org/m/pipeline/feature-extraction',
    );
    expect(url('huggingface', 'http://127.0.0.1:8080')).toBe('http://127.0.0.1:8080/v1/embeddings');
  });
});
