/** The model routes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { HEADERS, MASTER_KEY, startEdge, type Edge } from '../edge.ts';

let edge: Edge;

beforeAll(async () => {
  edge = await startEdge();
});

afterAll(async () => {
  await edge.close();
});

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(edge.url + path, { headers: HEADERS });
  return { status: response.status, body: await response.json() };
}

const model = (id: string): object => ({ id, object: 'model', created: 1_677_610_602, owned_by: 'openai' });

describe('the list of models', () => {
  it("has every group in OpenAI's shape, without wildcards and hidden aliases", async () => {
    const list = { object: 'list', data: ['gpt-4o', 'gpt-4o-mini', 'anthropic/claude-3'].map(model) };
    expect(await get('/v1/models')).toEqual({ status: 200, body: list });
    expect(await get('/models')).toEqual({ status: 200, body: list });
  });

  it('has the wildcards when asked', async () => {
    const { body } = await get('/v1/models?return_wildcard_routes=true');
    expect((body as { data: { id: string }[] }).data.map(({ id }) => id)).toContain('openai/*');
  });

  it('is a 400 when the question is wrong', async () => {
    expect(await get('/v1/models?return_wildcard_routes=perhaps')).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request', param: 'return_wildcard_routes' } },
    });
  });

  it("is read by OpenAI's client", async () => {
    const client = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${edge.url}/v1`, maxRetries: 0 });
    const ids: string[] = [];
    for await (const { id } of client.models.list()) ids.push(id);
    expect(ids).toContain('gpt-4o');
    expect(await client.models.retrieve('anthropic/claude-3')).toMatchObject({
      id: 'anthropic/claude-3',
      object: 'model',
    });
    await expect(client.models.retrieve('none')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });
});

describe('a model', () => {
  it.each(['gpt-4o', 'anthropic/claude-3', 'anthropic%2Fclaude-3', 'openai/gpt-5', 'gpt-hidden'])(
    'is found as %s',
    async (id) => {
      expect(await get(`/v1/models/${id}`)).toEqual({ status: 200, body: model(decodeURIComponent(id)) });
    },
  );

  it('is a 404 when there is none', async () => {
    expect(await get('/v1/models/none')).toMatchObject({ status: 404, body: { error: { code: 'model_not_found' } } });
  });
});
