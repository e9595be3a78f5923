/** What must still be true when a process dies, seen by the caller who asks again. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chat, get, post, readRequest } from '../support/ask.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';

let upstream: Upstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({
    config: {
      model_list: [
        {
          model_name: 'model',
          litellm_params: { model: 'openai/model', api_base: upstream.openaiUrl, api_key: 'sk-provider' },
        },
      ],
      holdfast: { lease: '3s' },
    },
  });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

const keyed = (key: string): { readonly 'idempotency-key': string } => ({ 'idempotency-key': key });

describe('a process killed with SIGKILL', () => {
  it('in the middle of a provider call answers after its restart, and shows the lost attempt', async () => {
    upstream.next({ stall: 'before_head' });
    const broken = chat(gateway.url, { model: 'model', headers: keyed('mid-call') }).catch(() => 'broken');
    await upstream.arrived(1);
    gateway.kill();
    await gateway.exited();
    expect(await broken).toBe('broken');
    await gateway.restart();

    const answer = await chat(gateway.url, { model: 'model', headers: keyed('mid-call') });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('idempotency-replayed')).toBe('true');
    const request = await readRequest(gateway.url, answer.id);
    expect(request.attempts.map((attempt) => attempt.status)).toEqual(['lost', 'completed']);
    expect(upstream.calls).toHaveLength(2);
  });

  it('while a request waits for a rate limit keeps the wait', async () => {
    upstream.next({
      status: 429,
      headers: { 'retry-after': '4' },
      body: { error: { message: 'slow down', type: 'requests' } },
    });
    const broken = chat(gateway.url, { model: 'model', headers: keyed('waiting') }).catch(() => 'broken');
    const [first] = await upstream.arrived(1);
    const id = await waitFor('the request in the ledger', findOpen);
    await waitFor(
      'the failure to be recorded',
      async () => (await readRequest(gateway.url, id)).attempts[0]?.status === 'failed',
    );
    gateway.kill();
    await gateway.exited();
    await broken;
    await gateway.restart();

    const answer = await chat(gateway.url, { model: 'model', headers: keyed('waiting') });
    expect(answer.status).toBe(200);
    expect(answer.id).toBe(id);
    expect(upstream.calls).toHaveLength(2);
    expect((upstream.calls[1]?.startedAt ?? 0) - (first?.startedAt ?? 0)).toBeGreaterThanOrEqual(4_000);
  });
});

/** The id of the one request that is in progress. */
async function findOpen(): Promise<string | undefined> {
  const { json } = await get(gateway.url, '/v1/requests?status=in_progress');
  return (json as unknown as { data: readonly { id: string }[] }).data[0]?.id;
}

describe('an Idempotency-Key', () => {
  it('makes fifty callers at once share one provider call and one answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => chat(gateway.url, { model: 'model', headers: keyed('fifty') })),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    expect(new Set(answers.map((answer) => answer.id)).size).toBe(1);
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(upstream.calls).toHaveLength(1);
  });

  it('compares bodies as JSON values, and refuses another body', async () => {
    const first = await post(
      gateway.url,
      '/v1/chat/completions',
      { model: 'model', temperature: 1, messages: [{ role: 'user', content: 'x' }] },
      keyed('same'),
    );
    const reordered = await post(
      gateway.url,
      '/v1/chat/completions',
      { messages: [{ content: 'x', role: 'user' }], temperature: 1, model: 'model' },
      keyed('same'),
    );
    expect(reordered.id).toBe(first.id);
    expect(reordered.text).toBe(first.text);
    const other = await chat(gateway.url, { model: 'model', body: { temperature: 0 }, headers: keyed('same') });
    expect(other.status).toBe(422);
    expect(other.json).toMatchObject({ error: { code: 'idempotency_key_reused' } });
  });

  it('replays a stream from the journal, with the same ids', async () => {
    const first = await chat(gateway.url, { model: 'model', body: { stream: true }, headers: keyed('stream') });
    const again = await chat(gateway.url, { model: 'model', body: { stream: true }, headers: keyed('stream') });
    expect(again.id).toBe(first.id);
    expect(again.text).toBe(first.text);
    expect(first.text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(upstream.calls).toHaveLength(1);
  });
});

describe('cancelling', () => {
  it('reaches the provider and ends the request once', async () => {
    upstream.next({ stall: 'after_head', chunks: 4 });
    const waiting = chat(gateway.url, { model: 'model' });
    await upstream.arrived(1);
    const id = await waitFor('the request in the ledger', findOpen);
    const cancelled = await post(gateway.url, `/v1/requests/${id}/cancel`, {});
    expect(cancelled.json).toMatchObject({ status: 'cancelled' });
    expect((await waiting).status).toBe(499);
    await upstream.idle();
    const again = await post(gateway.url, `/v1/requests/${id}/cancel`, {});
    expect(again.json).toMatchObject({ status: 'cancelled' });
  });

  it('ends a request that waits to be retried', async () => {
    upstream.next({
      status: 429,
      headers: { 'retry-after': '500' },
      body: { error: { message: 'slow down', type: 'requests' } },
    });
    const waiting = chat(gateway.url, { model: 'model' });
    await upstream.arrived(1);
    const id = await waitFor('the request in the ledger', findOpen);
    await waitFor(
      'the failure to be recorded',
      async () => (await readRequest(gateway.url, id)).attempts[0]?.status === 'failed',
    );
    await post(gateway.url, `/v1/requests/${id}/cancel`, {});
    expect((await waiting).status).toBe(499);
    expect((await readRequest(gateway.url, id)).status).toBe('cancelled');
    expect(upstream.calls).toHaveLength(1);
  });
});

describe('roles', () => {
  it('an API process and a worker process share the work: the worker calls, the API answers', async () => {
    const api = await startGateway({ config: apiConfig(), role: 'api', beside: gateway });
    try {
      const plain = await chat(api.url, { model: 'model' });
      expect(plain.status).toBe(200);
      const streamed = await chat(api.url, { model: 'model', body: { stream: true } });
      expect(streamed.text.endsWith('data: [DONE]\n\n')).toBe(true);
      const direct = await chat(gateway.url, { model: 'model', body: { stream: true } });
      expect(streamed.text.split('\n\n').length).toBe(direct.text.split('\n\n').length);
      expect(upstream.calls).toHaveLength(3);
    } finally {
      await api.stop();
    }
  });
});

function apiConfig(): Record<string, unknown> {
  return {
    model_list: [
      {
        model_name: 'model',
        litellm_params: { model: 'openai/model', api_base: upstream.openaiUrl, api_key: 'sk-provider' },
      },
    ],
  };
}
