/** Requests that nobody waits for, and the news of their end, against the built gateway; verified by the receivers' own library. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { chat, get, post, readRequest } from '../support/ask.ts';
import { MASTER_KEY, startGateway, type Gateway } from '../support/gateway.ts';
import { startReceiver, type Received, type Receiver } from '../support/receiver.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';

const SECRETS = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'] as const;

let upstream: Upstream;
let receiver: Receiver;
let gateway: Gateway;

beforeAll(async () => {
  [upstream, receiver] = await Promise.all([startUpstream(), startReceiver()]);
  gateway = await startGateway({
    config: {
      model_list: [
        {
          model_name: 'told',
          litellm_params: { model: 'openai/told-1', api_base: upstream.openaiUrl, api_key: 'sk-provider' },
        },
        { model_name: 'mock', litellm_params: { model: 'mock/plain' } },
      ],
      router_settings: { num_retries: 0, disable_cooldowns: true },
      holdfast: { webhooks: { secret: [...SECRETS], allowed_networks: ['127.0.0.0/8'] } },
    },
  });
});

afterAll(async () => {
  await gateway?.close();
  await Promise.all([upstream?.stop(), receiver?.stop()]);
});

beforeEach(() => upstream.reset());

const ASYNC = { prefer: 'respond-async' };

type News = { readonly type: string; readonly data: { readonly id: string; readonly status: string } };
type Delivery = {
  readonly id: string;
  readonly status: string;
  readonly subject: string;
  readonly tries: readonly { readonly status: number | null; readonly error: string | null }[];
};

async function newsOf(id: string, count = 1): Promise<readonly Received[]> {
  return waitFor(`news of ${id}`, () => {
    const found = receiver.received.filter(({ body }) => (JSON.parse(body) as News).data.id === id);
    return found.length >= count ? found : undefined;
  });
}

async function deliveryOf(subject: string, status: string): Promise<Delivery> {
  return waitFor(`the delivery to be ${status}`, async () => {
    const { json } = await get(gateway.url, `/v1/webhooks/deliveries?subject=${subject}`);
    const [found] = (json as unknown as { data: readonly Delivery[] }).data;
    return found?.status === status ? found : undefined;
  });
}

describe('a request that nobody waits for', () => {
  it.each([
    ['/v1/chat/completions', { model: 'told', messages: [{ role: 'user', content: 'x' }] }],
    ['/v1/messages', { model: 'told', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] }],
    ['/v1/responses', { model: 'told', input: 'x' }],
    ['/v1/embeddings', { model: 'mock', input: 'x', mock: { delay_ms: 200 } }],
  ])('is accepted at once, and answered later: %s', async (path, body) => {
    upstream.always({ delayMs: 200 });
    const accepted = await post(gateway.url, path, body, ASYNC);
    expect(accepted.status).toBe(202);
    expect(accepted.json).toEqual({ id: accepted.id, object: 'request', status: 'in_progress' });
    expect(accepted.headers.get('location')).toBe(`/v1/requests/${accepted.id}`);
    expect(accepted.headers.get('preference-applied')).toBe('respond-async');
    const ended = await waitFor('the request to end', async () => {
      const request = await readRequest(gateway.url, accepted.id);
      return request.status === 'in_progress' ? undefined : request;
    });
    expect(ended.status).toBe('completed');
    expect(ended.response).toBeDefined();
  });

  it('is the same request under the same key, whatever has become of it', async () => {
    const headers = { ...ASYNC, 'idempotency-key': 'once' };
    const first = await chat(gateway.url, { model: 'told', headers });
    await waitFor('the request to end', async () => (await readRequest(gateway.url, first.id)).status === 'completed');
    const second = await chat(gateway.url, { model: 'told', headers });
    expect(second.status).toBe(202);
    expect(second.json).toEqual({ id: first.id, object: 'request', status: 'completed' });
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(upstream.calls).toHaveLength(1);
  });

  it('is refused like any other when it is wrong', async () => {
    const refused = await chat(gateway.url, { model: 'nobody', headers: ASYNC });
    expect(refused.status).toBe(404);
  });
});

describe('the end of a request', () => {
  it('is told once it is committed, signed with every secret', async () => {
    const { id } = await chat(gateway.url, { model: 'told', headers: { ...ASYNC, 'x-webhook-url': receiver.url } });
    const [news] = await newsOf(id);
    const headers = news?.headers as Record<string, string>;
    for (const secret of SECRETS)
      expect(new Webhook(secret).verify(news?.body ?? '', headers)).toMatchObject({
        type: 'request.completed',
        data: { id, object: 'request', status: 'completed', model: 'told' },
      });
    const delivery = await deliveryOf(id, 'delivered');
    expect(delivery.id).toBe(headers['webhook-id']);
    expect(delivery.tries).toMatchObject([{ status: 200, error: null }]);
    const request = (await readRequest(gateway.url, id)) as unknown as { webhooks: readonly Delivery[] };
    expect(request.webhooks.map((one) => one.id)).toEqual([delivery.id]);
    expect(receiver.received.filter(({ body }) => body.includes(id))).toHaveLength(1);
  });

  it('is told of a failure, too, and of one that somebody waited for', async () => {
    upstream.next({ status: 400, body: { error: { message: 'no', type: 'invalid_request_error' } } });
    const { id, status } = await chat(gateway.url, { model: 'told', headers: { 'x-webhook-url': receiver.url } });
    expect(status).toBe(400);
    const [news] = await newsOf(id);
    expect(JSON.parse(news?.body ?? '')).toMatchObject({ type: 'request.failed', data: { status: 'failed' } });
  });

  it('is told again after a receiver failed or sent us elsewhere: same id, same body', async () => {
    receiver.answer(302);
    const { id } = await chat(gateway.url, { model: 'told', headers: { ...ASYNC, 'x-webhook-url': receiver.url } });
    const [first, second] = await newsOf(id, 2);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect((await deliveryOf(id, 'delivered')).tries).toMatchObject([{ status: 302 }, { status: 200 }]);
  });

  it('is not told again to a receiver that is gone, except when somebody asks for it', async () => {
    receiver.answer(410);
    const { id } = await chat(gateway.url, { model: 'told', headers: { ...ASYNC, 'x-webhook-url': receiver.url } });
    const failed = await deliveryOf(id, 'failed');
    expect(failed.tries).toMatchObject([{ status: 410 }]);
    const replayed = await post(gateway.url, `/v1/webhooks/deliveries/${failed.id}/replay`, {});
    expect(replayed.json).toMatchObject({ id: failed.id, status: 'pending' });
    expect((await deliveryOf(id, 'delivered')).tries).toMatchObject([{ status: 410 }, { status: 200 }]);
  });
});

describe('the end of a batch', () => {
  it('is told', async () => {
    const form = new FormData();
    form.append('purpose', 'batch');
    const body = { model: 'told', messages: [{ role: 'user', content: 'x' }] };
    form.append('file', new File([JSON.stringify({ custom_id: 'a', url: '/v1/chat/completions', body })], 'in.jsonl'));
    const headers = { authorization: `Bearer ${MASTER_KEY}` };
    const uploaded = await fetch(`${gateway.url}/v1/files`, { method: 'POST', headers, body: form });
    const { id: fileId } = (await uploaded.json()) as { id: string };
    const { json } = await post(
      gateway.url,
      '/v1/batches',
      { input_file_id: fileId, endpoint: '/v1/chat/completions', completion_window: '24h' },
      { 'x-webhook-url': receiver.url },
    );
    const [news] = await newsOf(String(json?.['id']));
    expect(JSON.parse(news?.body ?? '')).toMatchObject({
      type: 'batch.completed',
      data: { object: 'batch', status: 'completed', request_counts: { total: 1, completed: 1, failed: 0 } },
    });
  });
});

describe('a webhook URL', () => {
  it.each([
    'ftp://example.com',
    'nonsense',
    'https://user:secret@example.com',
    'https://169.254.169.254/latest',
    'https://[::1]/',
    'http://93.184.216.34/',
    'https://0x0a.0.0.1/',
  ])('is refused when it is %s', async (url) => {
    const refused = await chat(gateway.url, { model: 'told', headers: { 'x-webhook-url': url } });
    expect(refused.status).toBe(400);
    expect((refused.json as { error: { param: string } }).error.param).toBe('x-webhook-url');
    expect(upstream.calls).toHaveLength(0);
  });
});

describe('the deliveries', () => {
  it('of somebody else, or of nobody, are not found', async () => {
    expect((await get(gateway.url, '/v1/webhooks/deliveries/msg_nobody')).status).toBe(404);
    expect((await post(gateway.url, '/v1/webhooks/deliveries/msg_nobody/replay', {})).status).toBe(404);
  });
});
