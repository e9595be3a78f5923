/** Batches by the official Anthropic client, against the built gateway, in front of a provider of each dialect. */
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { post } from '../support/ask.ts';
import { MASTER_KEY, startGateway, type Gateway } from '../support/gateway.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';
import { twoFormats } from '../support/wire-formats.ts';

let upstream: Upstream;
let gateway: Gateway;
let client: Anthropic;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({ config: twoFormats(upstream) });
  client = new Anthropic({ apiKey: MASTER_KEY, baseURL: gateway.url, maxRetries: 0 });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

type Requests = Anthropic.Messages.BatchCreateParams['requests'];

function requests(count: number, model: string): Requests {
  return Array.from({ length: count }, (_, n) => ({
    custom_id: `line-${n}`,
    params: { model, max_tokens: 10, messages: [{ role: 'user', content: `question ${n}` }] },
  }));
}

async function ended(id: string): Promise<Anthropic.Messages.MessageBatch> {
  return waitFor('the batch to end', async () => {
    const batch = await client.messages.batches.retrieve(id);
    return batch.processing_status === 'ended' ? batch : undefined;
  });
}

async function resultsOf(id: string): Promise<readonly Anthropic.Messages.MessageBatchIndividualResponse[]> {
  const results = [];
  for await (const result of await client.messages.batches.results(id)) results.push(result);
  return results;
}

describe.each(['openai-format', 'anthropic-format'])('a batch for a provider of the %s', (model) => {
  it('answers every request once, in its order', async () => {
    upstream.always({ text: 'Yes.' });
    const created = await client.messages.batches.create({ requests: requests(60, model) });
    expect(created).toMatchObject({ type: 'message_batch', processing_status: 'in_progress', results_url: null });
    expect(created.request_counts.processing).toBe(60);
    const batch = await ended(created.id);
    expect(batch.request_counts).toEqual({ processing: 0, succeeded: 60, errored: 0, canceled: 0, expired: 0 });
    const results = await resultsOf(batch.id);
    expect(results.map(({ custom_id }) => custom_id)).toEqual(requests(60, model).map(({ custom_id }) => custom_id));
    expect(results[3]?.result).toMatchObject({
      type: 'succeeded',
      message: { type: 'message', role: 'assistant', model, content: [{ type: 'text', text: 'Yes.' }] },
    });
    expect(upstream.calls).toHaveLength(60);
  });
});

describe('a batch of messages', () => {
  it('names what failed, in the words of the dialect', async () => {
    const [good, bad] = requests(2, 'openai-format') as [Requests[number], Requests[number]];
    const created = await client.messages.batches.create({
      requests: [good, { ...bad, params: { ...bad.params, model: 'nobody' } }],
    });
    const batch = await ended(created.id);
    expect(batch.request_counts).toMatchObject({ succeeded: 1, errored: 1 });
    const [, failed] = await resultsOf(batch.id);
    expect(failed?.result).toMatchObject({
      type: 'errored',
      error: { type: 'error', error: { type: 'not_found_error' } },
    });
  });

  it('can be cancelled, and deleted once it has ended', async () => {
    upstream.always({ delayMs: 300 });
    const created = await client.messages.batches.create({ requests: requests(900, 'openai-format') });
    await upstream.arrived(20);
    await expect(client.messages.batches.delete(created.id)).rejects.toMatchObject({ status: 400 });
    await expect(client.messages.batches.results(created.id)).rejects.toThrow();
    const cancelling = await client.messages.batches.cancel(created.id);
    expect(cancelling.processing_status).toBe('canceling');
    const { request_counts: counts } = await ended(created.id);
    expect(counts.succeeded + counts.canceled).toBe(900);
    expect(counts.succeeded).toBe(upstream.calls.length);
    const kinds = new Set((await resultsOf(created.id)).map(({ result }) => result.type));
    expect(kinds).toEqual(new Set(['succeeded', 'canceled']));
    expect(await client.messages.batches.delete(created.id)).toEqual({ id: created.id, type: 'message_batch_deleted' });
    await expect(client.messages.batches.retrieve(created.id)).rejects.toMatchObject({
      status: 404,
      error: { type: 'error', error: { type: 'not_found_error' } },
    });
  });

  it('is listed in pages, in both directions', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1)
      ids.unshift((await client.messages.batches.create({ requests: requests(1, 'openai-format') })).id);
    const listed: string[] = [];
    for await (const batch of client.messages.batches.list({ limit: 1 })) {
      listed.push(batch.id);
      if (listed.length === 3) break;
    }
    expect(listed).toEqual(ids);
    const newer = await client.messages.batches.list({ before_id: ids[2] ?? '', limit: 2 });
    expect(newer.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  });

  it.each([
    [{ requests: [] }],
    [{ requests: [...requests(1, 'openai-format'), ...requests(1, 'openai-format')] }],
    [{ requests: [{ custom_id: 'no spaces', params: { model: 'openai-format' } }] }],
    [{ requests: [{ custom_id: 'a' }] }],
  ])('is refused when it is malformed: %p', async (body) => {
    const answered = await post(gateway.url, '/v1/messages/batches', body);
    expect(answered.status).toBe(400);
    expect(answered.json).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
  });
});
