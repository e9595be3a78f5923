/** The official OpenAI client, unmodified, against the built gateway: everything besides chat. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { get, post, readRequest } from '../support/ask.ts';
import { MASTER_KEY, startGateway, type Gateway } from '../support/gateway.ts';
import { startPlainUpstream, type PlainUpstream } from '../support/upstream-plain.ts';

let upstream: PlainUpstream;
let gateway: Gateway;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startPlainUpstream();
  const provided = (name: string, model: string): object => ({
    model_name: name,
    litellm_params: { model, api_base: upstream.url, api_key: 'sk-provider' },
  });
  gateway = await startGateway({
    config: {
      model_list: [
        provided('vectors', 'openai/text-embedding-3-small'),
        { model_name: 'mock', litellm_params: { model: 'mock/plain' } },
        { model_name: 'talker', litellm_params: { model: 'anthropic/claude-sonnet-4-5', api_key: 'sk-a' } },
      ],
      router_settings: { num_retries: 2, disable_cooldowns: true },
    },
  });
  client = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

function vectors(...embeddings: readonly (readonly number[])[]): { readonly body: object } {
  return {
    body: {
      object: 'list',
      data: embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding })),
      model: 'text-embedding-3-small',
      usage: { prompt_tokens: 4, total_tokens: 4 },
    },
  };
}

describe('embeddings', () => {
  it('come as the client decodes them, under the name that was asked for, with their cost', async () => {
    upstream.next(vectors([0.5, -0.25], [1, 2]));
    const { data, response, request_id } = await client.embeddings
      .create({ model: 'vectors', input: ['a', 'b'] })
      .withResponse();
    expect(data.data.map((one) => one.embedding)).toEqual([
      [0.5, -0.25],
      [1, 2],
    ]);
    expect(data.model).toBe('vectors');
    expect(data.usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
    // 2 cents for a million tokens.
    expect(response.headers.get('x-litellm-response-cost')).toBe('0.00000008');
    expect(upstream.calls[0]).toMatchObject({ path: '/embeddings', headers: { authorization: 'Bearer sk-provider' } });
    const record = await readRequest(gateway.url, request_id ?? '');
    expect(record).toMatchObject({ status: 'completed', model: 'vectors', cost: 8e-8 });
  });

  it('are the same numbers in both encodings', async () => {
    const asked = { model: 'mock', input: ['one two', 'three'], dimensions: 4 };
    const packed = await client.embeddings.create(asked);
    const plain = await client.embeddings.create({ ...asked, encoding_format: 'float' });
    expect(plain.data).toEqual(packed.data);
    expect(plain.data[0]?.embedding).toHaveLength(4);
    expect(plain.usage.prompt_tokens).toBe(3);
  });

  it('are asked for again when the provider fails, and once for one idempotency key', async () => {
    upstream.next({ status: 503, body: { error: { message: 'later' } } }, vectors([1]));
    const body = { model: 'vectors', input: 'a' };
    const headers = { 'idempotency-key': 'embedding-1' };
    const first = await post(gateway.url, '/v1/embeddings', body, headers);
    expect(first.status).toBe(200);
    const again = await post(gateway.url, '/v1/embeddings', body, headers);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect([again.id, again.text]).toEqual([first.id, first.text]);
    expect(upstream.calls).toHaveLength(2);
    expect((await readRequest(gateway.url, first.id)).attempts.map((one) => one.status)).toEqual([
      'failed',
      'completed',
    ]);
    const other = await post(gateway.url, '/v1/embeddings', { ...body, input: 'b' }, headers);
    expect(other.status).toBe(422);
  });

  it('are served at the paths of other clients', async () => {
    for (const path of ['/embeddings', '/openai/deployments/mock/embeddings', '/engines/mock/embeddings'])
      expect((await post(gateway.url, path, { model: 'mock', input: 'a' })).status).toBe(200);
  });

  it('are refused by a provider that has none, with the name of the parameter', async () => {
    const refused = await post(gateway.url, '/v1/embeddings', { model: 'talker', input: 'a' });
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({ error: { code: 'unsupported_parameter', param: 'model' } });
  });

  it('are refused with the name of what is wrong', async () => {
    const error = await client.embeddings.create({ model: 'mock', input: [] }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ param: 'input', code: 'invalid_request' });
    const streamed = await post(gateway.url, '/v1/embeddings', { model: 'mock', input: 'a', stream: true });
    expect(streamed.json).toMatchObject({ error: { param: 'stream' } });
    expect((await get(gateway.url, '/v1/embeddings')).status).toBe(405);
  });
});

describe('moderations', () => {
  it('come as the client reads them, free of charge', async () => {
    const { data, response } = await client.moderations
      .create({ model: 'mock', input: ['fine', 'forbidden'] })
      .withResponse();
    expect(data.results.map((result) => result.flagged)).toEqual([false, true]);
    expect(data.model).toBe('mock');
    expect(response.headers.get('x-litellm-response-cost')).toBe('0');
  });

  it('ask for the usual model when none is named', async () => {
    const error = await client.moderations.create({ input: 'a' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 404, param: 'model' });
    expect(String((error as Error).message)).toContain('omni-moderation-latest');
  });
});

describe('a rerank', () => {
  it.each(['/v1/rerank', '/v2/rerank', '/rerank'])('at %s sorts documents and charges a search', async (path) => {
    const body = { model: 'mock', query: 'red fish', documents: ['a bird', 'a red fish'], return_documents: true };
    const { json, headers } = await post(gateway.url, path, body);
    expect(json).toEqual({
      id: 'rerank-mock',
      results: [
        { index: 1, relevance_score: 1, document: { text: 'a red fish' } },
        { index: 0, relevance_score: 0, document: { text: 'a bird' } },
      ],
      meta: { billed_units: { search_units: 1 } },
    });
    expect(headers.get('x-litellm-response-cost')).toBe('0.001');
  });

  it.each([
    [{ query: '' }, 'query'],
    [{ documents: [] }, 'documents'],
    [{ documents: [1] }, 'documents[0]'],
    [{ top_n: 0 }, 'top_n'],
  ])('that is wrong (%j) is refused with the name of what is wrong', async (wrong, param) => {
    const { status, json } = await post(gateway.url, '/v1/rerank', {
      model: 'mock',
      query: 'q',
      documents: ['a'],
      ...wrong,
    });
    expect([status, json?.['error']]).toEqual([400, expect.objectContaining({ param })]);
  });
});
