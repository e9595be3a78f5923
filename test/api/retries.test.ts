/** Retries and fallbacks through the public door, calls counted at the provider. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chat, readRequest } from '../support/ask.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { startUpstream, type Script, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let gateway: Gateway;

const deployment = (group: string, model: string, info: Record<string, unknown> = {}): Record<string, unknown> => ({
  model_name: group,
  litellm_params: { model: `openai/${model}`, api_base: upstream.openaiUrl, api_key: 'sk-provider', ...info },
  model_info: { id: model },
});

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({
    config: {
      model_list: [
        deployment('alone', 'alone-1'),
        deployment('pair', 'pair-1', { order: 1 }),
        deployment('pair', 'pair-2', { order: 2 }),
        deployment('guarded', 'guarded-1'),
        deployment('spare', 'spare-1'),
        deployment('large', 'large-1'),
      ],
      router_settings: {
        num_retries: 2,
        disable_cooldowns: true,
        fallbacks: [{ guarded: ['spare'] }],
        context_window_fallbacks: [{ guarded: ['large'] }],
      },
    },
  });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

const UNAVAILABLE: Script = { status: 503, body: { error: { message: 'come back later', type: 'server_error' } } };

function calledModels(): readonly string[] {
  return upstream.calls.map((call) => call.model);
}

/** Every call to one of these models gets the script. */
function failing(models: readonly string[], script: Script): void {
  upstream.always((call) => (models.includes(call.model) ? script : {}));
}

describe.each([{ stream: false }, { stream: true }])('with stream: $stream', ({ stream }) => {
  const body = { stream };

  it('a provider that fails once is asked again, and the caller sees only the answer', async () => {
    upstream.next(UNAVAILABLE);
    const answer = await chat(gateway.url, { model: 'alone', body });
    expect(answer.status).toBe(200);
    expect(calledModels()).toEqual(['alone-1', 'alone-1']);
    const request = await readRequest(gateway.url, answer.id);
    expect(request.attempts.map((attempt) => attempt.status)).toEqual(['failed', 'completed']);
    expect(request.attempts[0]?.error?.code).toBe('provider_unavailable');
  });

  it('the next deployment of the group is asked at once', async () => {
    failing(['pair-1'], UNAVAILABLE);
    const answer = await chat(gateway.url, { model: 'pair', body });
    expect(answer.status).toBe(200);
    expect(calledModels()).toEqual(['pair-1', 'pair-2']);
  });

  it('a provider that says when to come back is not asked before', async () => {
    upstream.next({
      status: 429,
      headers: { 'retry-after': '2' },
      body: { error: { message: 'slow down', type: 'requests' } },
    });
    const answer = await chat(gateway.url, { model: 'alone', body });
    expect(answer.status).toBe(200);
    const [first, second] = upstream.calls;
    expect((second?.startedAt ?? 0) - (first?.startedAt ?? 0)).toBeGreaterThanOrEqual(2_000);
  });

  it('a fallback answers when the retries are used up, under its own name', async () => {
    failing(['guarded-1'], UNAVAILABLE);
    const answer = await chat(gateway.url, { model: 'guarded', body, headers: { 'x-litellm-num-retries': '0' } });
    expect(answer.status).toBe(200);
    expect(calledModels()).toEqual(['guarded-1', 'spare-1']);
    expect(answer.headers.get('x-litellm-model-group')).toBe('spare');
    expect(answer.headers.get('x-litellm-attempted-fallbacks')).toBe('1');
    expect(answer.text).toContain('"model":"spare"');
  });

  it('a context that is too long goes to the model configured for it, without a retry', async () => {
    failing(['guarded-1'], {
      status: 400,
      body: {
        error: {
          message: "This model's maximum context length is 8192 tokens.",
          type: 'invalid_request_error',
          code: 'context_length_exceeded',
        },
      },
    });
    const answer = await chat(gateway.url, { model: 'guarded', body });
    expect(answer.status).toBe(200);
    expect(calledModels()).toEqual(['guarded-1', 'large-1']);
  });

  it("a request that is wrong in itself is called once and refused in the provider's words", async () => {
    upstream.next({
      status: 400,
      body: { error: { message: 'temperature is odd', type: 'invalid_request_error', param: 'temperature' } },
    });
    const answer = await chat(gateway.url, { model: 'guarded', body });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ error: { message: 'temperature is odd', type: 'invalid_request_error' } });
    expect(calledModels()).toEqual(['guarded-1']);
  });

  it('the last failure is what the caller gets when nothing helps', async () => {
    failing(['alone-1'], UNAVAILABLE);
    const answer = await chat(gateway.url, { model: 'alone', body, headers: { 'x-litellm-num-retries': '1' } });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    expect(answer.json).toMatchObject({ error: { message: 'come back later', code: 'provider_unavailable' } });
    expect(calledModels()).toEqual(['alone-1', 'alone-1']);
    expect((await readRequest(gateway.url, answer.id)).status).toBe('failed');
  });
});

it('a request body may forbid fallbacks or name its own', async () => {
  failing(['guarded-1'], UNAVAILABLE);
  const none = await chat(gateway.url, { model: 'guarded', body: { num_retries: 0, disable_fallbacks: true } });
  expect(none.status).toBe(503);
  const own = await chat(gateway.url, { model: 'guarded', body: { num_retries: 0, fallbacks: ['large'] } });
  expect(own.status).toBe(200);
  expect(calledModels()).toEqual(['guarded-1', 'guarded-1', 'large-1']);
});

it('a provider that never answers is given up after the timeout of the request', async () => {
  upstream.next({ stall: 'before_head' });
  const answer = await chat(gateway.url, { model: 'alone', body: { timeout: 0.5, num_retries: 0 } });
  expect(answer.status).toBe(504);
  expect(answer.json).toMatchObject({ error: { code: 'provider_timeout' } });
  await upstream.idle();
});
