/** Rerank and moderation: one answer for all providers. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { catalog } from '../../../providers/catalog.ts';
import type { JsonObject } from '../../../providers/protocol/json.ts';
import { InvalidResponse, type PlainOperation, type PlainTranslation } from '../../../providers/provider.ts';
import { bodyOf, jsonReply, operationOf, sentPlain } from '../plain.ts';
import { targetOf } from '../streams.ts';

function fixture(path: string): JsonObject {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), 'utf8')) as JsonObject;
}

function of(id: string, operation: PlainOperation): PlainTranslation & { readonly baseUrl: string } {
  const provider = catalog[id];
  if (provider === undefined) throw new Error(id);
  return { ...operationOf(provider, operation), baseUrl: provider.baseUrl };
}

const LOCAL = 'http://127.0.0.1:1/v1';
const BODY = { query: 'q', documents: ['b', { text: 'a', from: 'x' }], top_n: 1, return_documents: true };
const SENT = { model: 'm', query: 'q', documents: ['b', 'a'] };

const ROWS = [
  { id: 'cohere', url: 'https://api.cohere.com/v2/rerank', sent: { ...SENT, top_n: 1 }, reply: 'cohere/rerank.json' },
  { id: 'voyage', url: 'https://api.voyageai.com/v1/rerank', sent: { ...SENT, top_k: 1 }, reply: 'voyage/rerank.json' },
  { id: 'jina_ai', url: 'https://api.jina.ai/v1/rerank', sent: { ...SENT, top_n: 1 }, reply: 'jina/rerank.json' },
  { id: 'infinity', url: `${LOCAL}/rerank`, sent: { ...SENT, top_n: 1 }, reply: 'infinity/rerank.json' },
  { id: 'hosted_vllm', url: `${LOCAL}/rerank`, sent: { ...SENT, top_n: 1 }, reply: 'infinity/rerank.json' },
] as const;

describe.each(ROWS)('rerank by $id', ({ id, url, sent, reply }) => {
  const { toRequest, fromResponse, baseUrl } = of(id, 'rerank');
  const target = targetOf('m', {}, baseUrl === '' ? LOCAL : baseUrl);

  it('is asked for in its words', () => {
    const wire = sentPlain(toRequest(BODY, target));
    expect(wire.url).toBe(url);
    expect(wire.json).toEqual(sent);
  });

  it('is sorted, cut, and holds the documents as they were sent', () => {
    const answer = fromResponse(jsonReply(fixture(reply)), BODY, target);
    expect(bodyOf(answer)['results']).toEqual([
      { index: 1, relevance_score: expect.any(Number), document: { text: 'a', from: 'x' } },
    ]);
    expect(answer.usage).toBeDefined();
  });
});

type Own = {
  readonly id: string;
  readonly model?: string;
  readonly settings?: JsonObject;
  readonly baseUrl?: string;
  readonly url: string;
  readonly sent: object;
  readonly reply: unknown;
};

const DASHSCOPE = 'https://dashscope.aliyuncs.com/compatible-api/v1/reranks';
const source = (text: string) => ({
  type: 'INLINE',
  inlineDocumentSource: { type: 'TEXT', textDocument: { text } },
});

const OWN: readonly Own[] = [
  {
    id: 'bedrock',
    model: 'cohere.rerank-v3-5:0',
    settings: { aws_region_name: 'eu-central-1' },
    url: 'https://bedrock-agent-runtime.eu-central-1.amazonaws.com/rerank',
    sent: {
      queries: [{ type: 'TEXT', textQuery: { text: 'q' } }],
      sources: [source('b'), source('a')],
      rerankingConfiguration: {
        type: 'BEDROCK_RERANKING_MODEL',
        bedrockRerankingConfiguration: {
          modelConfiguration: {
            modelArn: 'arn:aws:bedrock:eu-central-1::foundation-model/cohere.rerank-v3-5:0',
          },
          numberOfResults: 1,
        },
      },
    },
    reply: { results: [{ index: 1, relevanceScore: 0.9 }] },
  },
  {
    id: 'vertex_ai',
    model: 'semantic-ranker-default@latest',
    settings: { vertex_project: 'p' },
    url: 'https://discoveryengine.googleapis.com/v1/projects/p/locations/global/rankingConfigs/default_ranking_config:rank',
    sent: {
      model: 'semantic-ranker-default@latest',
      query: 'q',
      records: [
        { id: '0', content: 'b' },
        { id: '1', content: 'a' },
      ],
      ignoreRecordDetailsInResponse: true,
      topN: 1,
    },
    reply: { records: [{ id: '1', score: 0.9 }] },
  },
  {
    id: 'watsonx',
    settings: { project_id: 'p' },
    baseUrl: 'https://eu-de.ml.cloud.ibm.com',
    url: 'https://eu-de.ml.cloud.ibm.com/ml/v1/text/rerank?version=2024-03-13',
    sent: {
      model_id: 'm',
      project_id: 'p',
      query: 'q',
      inputs: [{ text: 'b' }, { text: 'a' }],
      parameters: { return_options: { top_n: 1, inputs: false } },
    },
    reply: {
      results: [
        { index: 0, score: 0.1 },
        { index: 1, score: 0.9 },
      ],
      input_token_count: 5,
    },
  },
  {
    id: 'nvidia_nim',
    model: 'nvidia/llama-3.2-nv-rerankqa-1b-v2',
    url: 'https://ai.api.nvidia.com/v1/retrieval/nvidia/llama-3_2-nv-rerankqa-1b-v2/reranking',
    sent: {
      model: 'nvidia/llama-3.2-nv-rerankqa-1b-v2',
      query: { text: 'q' },
      passages: [{ text: 'b' }, { text: 'a' }],
    },
    reply: {
      rankings: [
        { index: 1, logit: 3.5 },
        { index: 0, logit: -2 },
      ],
      usage: { prompt_tokens: 4, total_tokens: 4 },
    },
  },
  {
    id: 'nvidia_nim',
    baseUrl: LOCAL,
    url: `${LOCAL}/ranking`,
    sent: { model: 'm', query: { text: 'q' }, passages: [{ text: 'b' }, { text: 'a' }] },
    reply: { rankings: [{ index: 1, logit: 3.5 }], usage: { total_tokens: 4 } },
  },
  {
    id: 'deepinfra',
    model: 'Qwen/Qwen3-Reranker-8B',
    url: 'https://api.deepinfra.com/v1/inference/Qwen/Qwen3-Reranker-8B',
    sent: { queries: ['q', 'q'], documents: ['b', 'a'] },
    reply: { scores: [0.1, 0.9], input_tokens: 12 },
  },
  { id: 'dashscope', url: DASHSCOPE, sent: { ...SENT, top_n: 1 }, reply: 'infinity/rerank.json' },
  {
    id: 'azure_ai',
    baseUrl: 'https://rr.eastus.models.ai.azure.com',
    url: 'https://rr.eastus.models.ai.azure.com/v1/rerank',
    sent: { ...SENT, top_n: 1 },
    reply: 'cohere/rerank.json',
  },
];

describe.each(OWN)('rerank by $id at $url', ({ id, model = 'm', settings = {}, url, sent, reply, ...rest }) => {
  const { toRequest, fromResponse, baseUrl } = of(id, 'rerank');
  const target = targetOf(model, settings, rest.baseUrl ?? baseUrl);

  it('is asked for in its words', () => {
    const wire = sentPlain(toRequest(BODY, target));
    expect(wire.url).toBe(url);
    expect(wire.json).toEqual(sent);
  });

  it('is sorted, cut, counted, and holds the documents as they were sent', () => {
    const json = typeof reply === 'string' ? fixture(reply) : reply;
    const answer = fromResponse(jsonReply(json), BODY, target);
    expect(bodyOf(answer)['results']).toEqual([
      { index: 1, relevance_score: expect.any(Number), document: { text: 'a', from: 'x' } },
    ]);
    expect(answer.usage).toBeDefined();
  });

  it('is refused when it is none', () => {
    expect(() => fromResponse(jsonReply({}), BODY, target)).toThrow(InvalidResponse);
  });
});

describe('a rerank', () => {
  it('of Bedrock goes where the model’s runtime is, and takes ARNs as they are', () => {
    const { toRequest } = of('bedrock', 'rerank');
    const arn = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.rerank-v1:0';
    const wire = sentPlain(toRequest(BODY, targetOf(arn, {}, 'https://bedrock-runtime.us-east-1.amazonaws.com')));
    expect(wire).toMatchObject({
      url: 'https://bedrock-agent-runtime.us-east-1.amazonaws.com/rerank',
      signingRegion: 'us-east-1',
    });
    expect(JSON.stringify(wire.json)).toContain(arn);
  });

  it('of Google and IBM needs a project', () => {
    expect(
      of('vertex_ai', 'rerank').toRequest(BODY, targetOf('m', {}, of('vertex_ai', 'rerank').baseUrl)),
    ).toMatchObject({ refused: { code: 'invalid_request' } });
    expect(of('watsonx', 'rerank').toRequest(BODY, targetOf('m', {}, LOCAL))).toMatchObject({
      refused: { code: 'provider_unreachable' },
    });
  });

  it('of DeepInfra is none when a document was not scored', () => {
    const { fromResponse, baseUrl } = of('deepinfra', 'rerank');
    expect(() => fromResponse(jsonReply({ scores: [1] }), BODY, targetOf('m', {}, baseUrl))).toThrow(InvalidResponse);
  });

  it('says what was billed', () => {
    const { fromResponse, baseUrl } = of('cohere', 'rerank');
    const answer = fromResponse(
      jsonReply(fixture('cohere/rerank.json')),
      { documents: ['a', 'b'] },
      targetOf('m', {}, baseUrl),
    );
    expect(answer.usage?.units).toEqual({ queries: 1 });
    expect(bodyOf(answer)).toEqual({
      id: 'r-1',
      results: [
        { index: 1, relevance_score: 0.10183054 },
        { index: 0, relevance_score: 0.03762639 },
      ],
      meta: { billed_units: { search_units: 1 } },
    });
  });

  it('of TEI is a bare list', () => {
    const { toRequest, fromResponse } = of('huggingface', 'rerank');
    const target = targetOf('m', {}, 'http://127.0.0.1:8080');
    const wire = sentPlain(toRequest({ ...BODY, rank_fields: ['text', 'from'] }, target));
    expect(wire.url).toBe('http://127.0.0.1:8080/rerank');
    expect(wire.json).toEqual({ query: 'q', texts: ['b', 'text: a\nfrom: x'] });
    const answer = fromResponse(
      jsonReply([
        { index: 0, score: 0.2 },
        { index: 1, score: 0.7 },
      ]),
      { documents: ['a', 'b'] },
      target,
    );
    expect(bodyOf(answer)['results']).toEqual([
      { index: 1, relevance_score: 0.7 },
      { index: 0, relevance_score: 0.2 },
    ]);
    expect(toRequest(BODY, targetOf('m', {}, 'https://router.huggingface.co'))).toMatchObject({
      refused: { param: 'model' },
    });
  });

  it.each([
    undefined,
    {},
    { results: [{}] },
    { results: [{ index: 5, relevance_score: 1 }] },
    { results: [{ index: 0 }] },
  ])('is refused when it is none: %j', (json) => {
    const { fromResponse, baseUrl } = of('cohere', 'rerank');
    expect(() => fromResponse(jsonReply(json), { documents: ['a'] }, targetOf('m', {}, baseUrl))).toThrow(
      InvalidResponse,
    );
  });
});

describe('a moderation', () => {
  it('of OpenAI passes', () => {
    const { toRequest, fromResponse, baseUrl } = of('openai', 'moderation');
    const target = targetOf('omni-moderation-latest', {}, baseUrl);
    const wire = sentPlain(toRequest({ input: 'a' }, target));
    expect([wire.url, wire.json]).toEqual([
      'https://api.openai.com/v1/moderations',
      { model: 'omni-moderation-latest', input: 'a' },
    ]);
    const results = [{ flagged: false, categories: { violence: false }, category_scores: { violence: 0.1 } }];
    const answer = fromResponse(jsonReply({ id: 'modr-1', model: 'omni-1', results }), {}, target);
    expect(bodyOf(answer)).toEqual({ id: 'modr-1', model: 'omni-moderation-latest', results });
    expect(answer.usage?.total_tokens).toBe(0);
  });

  it('of Mistral gets the verdict that it lacks', () => {
    const { fromResponse, baseUrl } = of('mistral', 'moderation');
    const results = [true, false].map((pii) => ({ categories: { pii, health: false }, category_scores: { pii: 0.5 } }));
    const answer = fromResponse(jsonReply({ id: 'm', results }), {}, targetOf('m', {}, baseUrl));
    expect(bodyOf(answer)['results']).toMatchObject([{ flagged: true }, { flagged: false }]);
  });

  it('is refused when it is none', () => {
    const { fromResponse, baseUrl } = of('openai', 'moderation');
    for (const json of [undefined, {}, { results: [1] }])
      expect(() => fromResponse(jsonReply(json), {}, targetOf('m', {}, baseUrl))).toThrow(InvalidResponse);
  });
});
