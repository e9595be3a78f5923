/** Batches by the official OpenAI client, against the built gateway, in front of a provider that bills every call. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI, { toFile } from 'openai';
import { post } from '../support/ask.ts';
import { MASTER_KEY, startGateway, type Gateway } from '../support/gateway.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';

let upstream: Upstream;
let gateway: Gateway;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startUpstream();
  const deployment = (group: string, model: string): object => ({
    model_name: group,
    litellm_params: {
      model: `openai/${model}`,
      api_base: upstream.openaiUrl,
      api_key: 'sk-provider',
      input_cost_per_token: 0.000001,
      output_cost_per_token: 0.000002,
    },
  });
  gateway = await startGateway({
    config: {
      model_list: [
        deployment('told', 'told-1'),
        deployment('weak', 'weak-1'),
        deployment('spare', 'spare-1'),
        { model_name: 'mock', litellm_params: { model: 'mock/plain' } },
      ],
      router_settings: { num_retries: 1, disable_cooldowns: true, fallbacks: [{ weak: ['spare'] }] },
    },
  });
  client = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

type Result = {
  readonly id: string;
  readonly custom_id: string;
  readonly response: { readonly status_code: number; readonly request_id: string; readonly body: unknown } | null;
  readonly error: { readonly code: string } | null;
};

function line(customId: string, body: Readonly<Record<string, unknown>>, url = '/v1/chat/completions'): string {
  return JSON.stringify({ custom_id: customId, method: 'POST', url, body });
}

function ask(model: string, text: string): Readonly<Record<string, unknown>> {
  return { model, messages: [{ role: 'user', content: text }] };
}

async function submit(
  lines: readonly string[],
  more: Partial<OpenAI.BatchCreateParams> = {},
  end = '\n',
): Promise<OpenAI.Batch> {
  const file = await client.files.create({
    file: await toFile(Buffer.from(lines.join('\n') + end), 'in.jsonl'),
    purpose: 'batch',
  });
  return client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    ...more,
  });
}

const OVER: ReadonlySet<string> = new Set(['completed', 'failed', 'expired', 'cancelled']);

async function ended(id: string): Promise<OpenAI.Batch> {
  return waitFor('the batch to end', async () => {
    const batch = await client.batches.retrieve(id);
    return OVER.has(batch.status) ? batch : undefined;
  });
}

async function resultsOf(fileId: string | null | undefined): Promise<readonly Result[]> {
  if (fileId === null || fileId === undefined) return [];
  const text = await (await client.files.content(fileId)).text();
  return text
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one) as Result);
}

describe('a batch', () => {
  it('answers every line once, in a file of results, and says what it cost', async () => {
    upstream.always({ text: 'Yes.', usage: { promptTokens: 10, completionTokens: 5 } });
    const lines = Array.from({ length: 120 }, (_, n) => line(`line-${n}`, ask('told', `question ${n}`)));
    const created = await submit(lines, { metadata: { customer: 'c1' } });
    expect(created).toMatchObject({
      object: 'batch',
      status: 'validating',
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      metadata: { customer: 'c1' },
      errors: null,
      request_counts: { total: 0, completed: 0, failed: 0 },
    });
    const batch = await ended(created.id);
    expect(batch).toMatchObject({
      status: 'completed',
      model: 'told',
      request_counts: { total: 120, completed: 120, failed: 0 },
      error_file_id: null,
      usage: { input_tokens: 1200, output_tokens: 600, total_tokens: 1800 },
      cost: 120 * (10 * 0.000001 + 5 * 0.000002),
    });
    const results = await resultsOf(batch.output_file_id);
    expect(results.map(({ custom_id }) => custom_id)).toEqual(lines.map((_, n) => `line-${n}`));
    expect(results[7]).toMatchObject({
      error: null,
      response: { status_code: 200, body: { object: 'chat.completion', model: 'told' } },
    });
    expect(upstream.calls).toHaveLength(120);
    const request = results[7]?.response?.request_id ?? '';
    const { json } = await post(gateway.url, `/v1/requests/${request}/cancel`, {});
    expect(json).toMatchObject({ status: 'completed', attempts: [{ n: 1, status: 'completed' }] });
  });

  it('tries again and falls back line by line, and names what failed', async () => {
    upstream.always((call) => {
      if (call.model === 'weak-1') return { status: 503, body: { error: { message: 'later', type: 'server_error' } } };
      if (JSON.stringify(call.body).includes('forbidden'))
        return { status: 400, body: { error: { message: 'no such thing', type: 'invalid_request_error' } } };
      return {};
    });
    const created = await submit([
      line('falls-back', ask('weak', 'a')),
      line('refused', ask('told', 'forbidden')),
      line('malformed', { model: 'told', messages: 'none' }),
      line('fine', ask('mock', 'b')),
    ]);
    const batch = await ended(created.id);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 4, completed: 2, failed: 2 } });
    const answered = await resultsOf(batch.output_file_id);
    expect(answered.map(({ custom_id }) => custom_id)).toEqual(['falls-back', 'fine']);
    const failed = await resultsOf(batch.error_file_id);
    expect(failed).toMatchObject([
      { custom_id: 'refused', response: { status_code: 400, body: { error: { message: 'no such thing' } } } },
      { custom_id: 'malformed', response: { status_code: 400, body: { error: { param: 'messages' } } } },
    ]);
  });

  it.each([
    ['/v1/completions', { model: 'told', prompt: 'x' }],
    ['/v1/rerank', { model: 'mock', query: 'x', documents: ['x'] }],
    ['/v1/embeddings', { model: 'mock', input: 'x' }],
    ['/v1/responses', { model: 'told', input: 'x' }],
    ['/v1/messages', { model: 'told', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] }],
    ['/v1/moderations', { model: 'mock', input: 'x' }],
  ])('is made of requests to %s', async (endpoint, body) => {
    const created = await submit([line('one', body, endpoint)], {
      endpoint: endpoint as OpenAI.BatchCreateParams['endpoint'],
    });
    expect(await ended(created.id)).toMatchObject({ status: 'completed', request_counts: { completed: 1 } });
  });
});

describe('a table', () => {
  it('is answered row by row', async () => {
    const file = await client.files.create({
      file: await toFile(Buffer.from('custom_id,word\nfirst,"a, b"\nsecond,c\n'), 'in.csv'),
      purpose: 'batch',
    });
    const { json } = await post(gateway.url, '/v1/batches', {
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      csv_template: ask('told', 'Translate: {{word}}'),
    });
    const batch = await ended(String(json?.['id']));
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 2, completed: 2 } });
    expect((await resultsOf(batch.output_file_id)).map(({ custom_id }) => custom_id)).toEqual(['first', 'second']);
    const said = upstream.calls.map(({ body }) => JSON.stringify(body)).toSorted();
    expect(said[0]).toContain('Translate: a, b');
  });
});

describe('an input with faults', () => {
  it('is refused as a whole, each fault named with its line', async () => {
    const created = await submit([
      '\uFEFF' + line('a', ask('told', 'x')),
      '{"custom_id": ',
      line('a', ask('told', 'x')),
      '',
      line('b', ask('nobody', 'x')),
      line('c', ask('told', 'x'), '/v1/embeddings'),
      JSON.stringify({ method: 'POST', url: '/v1/chat/completions', body: ask('told', 'x') }),
      line('d', { messages: [] }) + '\r',
      '[]',
    ]);
    const batch = await ended(created.id);
    expect(batch.status).toBe('failed');
    expect(batch.errors?.data?.map(({ code, line: n, param }) => [n, code, param])).toEqual([
      [2, 'invalid_json_line', null],
      [3, 'duplicate_custom_id', 'custom_id'],
      [5, 'model_not_found', 'body.model'],
      [6, 'mismatched_url', 'url'],
      [7, 'missing_required_parameter', 'custom_id'],
      [8, 'missing_required_parameter', 'body.model'],
      [9, 'invalid_json_line', null],
    ]);
    expect(upstream.calls).toHaveLength(0);
  });

  it('is refused when it is empty, or no text', async () => {
    const empty = await ended((await submit([''], {}, '')).id);
    expect(empty.errors?.data?.[0]?.code).toBe('empty_file');
    const file = await client.files.create({
      file: await toFile(Buffer.from([0xff, 0xfe, 0x0a]), 'x'),
      purpose: 'batch',
    });
    const created = await client.batches.create({
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    expect((await ended(created.id)).errors?.data?.[0]).toMatchObject({ code: 'invalid_line', line: 1 });
  });

  it('goes by its snapshot once it was read: the file may be deleted', async () => {
    const created = await submit([line('a', ask('mock', 'x'))]);
    await waitFor(
      'the input to be read',
      async () => (await client.batches.retrieve(created.id)).in_progress_at ?? undefined,
    );
    await client.files.delete(created.input_file_id);
    expect((await ended(created.id)).status).toBe('completed');
  });
});

describe('an order', () => {
  it.each([
    [{ endpoint: '/v1/files' }, 400, 'endpoint'],
    [{ completion_window: 'soon' }, 400, 'completion_window'],
    [{ input_file_id: 'file-nobody' }, 404, 'input_file_id'],
    [{ metadata: { a: 1 } }, 400, 'metadata.a'],
  ])('with %p is refused', async (wrong, status, param) => {
    const file = await client.files.create({ file: await toFile(Buffer.from('x'), 'x'), purpose: 'batch' });
    const answered = await post(gateway.url, '/v1/batches', {
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      ...wrong,
    });
    expect([answered.status, (answered.json as { error: { param: string } }).error.param]).toEqual([status, param]);
  });
});

describe('a batch that is stopped', () => {
  it('by its owner keeps what was answered, and says of the rest that it was not done', async () => {
    upstream.always({ delayMs: 300 });
    const created = await submit(Array.from({ length: 1_000 }, (_, n) => line(`${n}`, ask('told', `q${n}`))));
    await upstream.arrived(50);
    const cancelling = await client.batches.cancel(created.id);
    expect(cancelling.status).toBe('cancelling');
    const batch = await ended(created.id);
    expect(batch.status).toBe('cancelled');
    const answered = await resultsOf(batch.output_file_id);
    const rest = await resultsOf(batch.error_file_id);
    expect(answered.length).toBe(upstream.calls.length);
    expect(answered.length).toBeLessThan(1_000);
    expect(answered.length + rest.length).toBe(1_000);
    expect(new Set(rest.map(({ error }) => error?.code))).toEqual(new Set(['batch_cancelled']));
    expect((await client.batches.cancel(created.id)).status).toBe('cancelled');
  });

  it('by the clock has expired', async () => {
    upstream.always({ delayMs: 400 });
    const created = await submit(
      Array.from({ length: 2_000 }, (_, n) => line(`${n}`, ask('told', `q${n}`))),
      { completion_window: '2s' as '24h' },
    );
    const batch = await ended(created.id);
    expect(batch.status).toBe('expired');
    const rest = await resultsOf(batch.error_file_id);
    expect(rest[0]?.error?.code).toBe('batch_expired');
    expect(batch.request_counts?.total).toBe(2_000);
    expect((batch.request_counts?.completed ?? 0) + rest.length).toBe(2_000);
  });

  it('for a while goes on when it is told to', async () => {
    upstream.always({ delayMs: 200 });
    const created = await submit(Array.from({ length: 1_500 }, (_, n) => line(`${n}`, ask('told', `q${n}`))));
    await upstream.arrived(20);
    const { json } = await post(gateway.url, `/v1/batches/${created.id}/pause`, {});
    expect(json).toMatchObject({ paused: true });
    let before = -1;
    // No further chunk is begun: the number of calls comes to rest.
    const atRest = await waitFor(
      'the chunks under way to end',
      () => {
        const now = upstream.calls.length;
        const resting = now === before;
        before = now;
        return resting ? now : undefined;
      },
      { everyMs: 700 },
    );
    expect(atRest).toBeLessThan(1_500);
    const resumed = await post(gateway.url, `/v1/batches/${created.id}/resume`, {});
    expect(resumed.json).toMatchObject({ paused: false, status: 'in_progress' });
    expect(await ended(created.id)).toMatchObject({ status: 'completed', request_counts: { completed: 1_500 } });
    expect(upstream.calls).toHaveLength(1_500);
  });
});

describe('the list of batches', () => {
  it('has pages, newest first', async () => {
    const first = await submit([line('a', ask('mock', 'x'))]);
    const second = await submit([line('a', ask('mock', 'x'))]);
    const ids: string[] = [];
    for await (const batch of client.batches.list({ limit: 1 })) {
      ids.push(batch.id);
      if (ids.length === 2) break;
    }
    expect(ids).toEqual([second.id, first.id]);
    await expect(client.batches.retrieve('batch_nobody')).rejects.toMatchObject({ status: 404, code: 'not_found' });
  });
});
