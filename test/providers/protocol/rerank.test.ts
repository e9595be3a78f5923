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

describe('a rerank', () => {
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
