/** Fallbacks in every form a caller or an operator can write them, calls counted at the provider. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chat, get, readRequest } from '../support/ask.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { startUpstream, type Script, type Upstream } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';

let upstream: Upstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startUpstream();
  const entry = (model: string, params: Record<string, unknown> = {}): Record<string, unknown> => ({
    model_name: model.slice(0, -2),
    litellm_params: { model: `openai/${model}`, api_base: upstream.openaiUrl, api_key: 'sk-provider', ...params },
    model_info: { id: model },
  });
  gateway = await startGateway({
    config: {
      model_list: [
        ...['guarded-1', 'plain-1', 'spare-1', 'large-1', 'free-1', 'any-1'].map((model) => entry(model)),
        entry('patient-1', { num_retries: 3 }),
        entry('shadowed-1', { silent_model: ['tried'] }),
        entry('tried-1'),
      ],
      router_settings: {
        num_retries: 0,
        disable_cooldowns: true,
        fallbacks: [{ guarded: ['spare'] }, { '*': ['any'] }],
        model_group_retry_policy: { plain: { RateLimitErrorRetries: 2, InternalServerErrorRetries: 0 } },
      },
    },
  });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

const DOWN: Script = { status: 503, body: { error: { message: 'come back later', type: 'server_error' } } };
const LIMITED: Script = {
  status: 429,
  headers: { 'retry-after-ms': '10' },
  body: { error: { message: 'slow down', type: 'requests' } },
};
const TOO_LONG: Script = {
  status: 400,
  body: { error: { message: 'maximum context length is 8192 tokens', code: 'context_length_exceeded' } },
};
const REFUSED: Script = {
  status: 400,
  body: { error: { message: 'no', code: 'content_policy_violation', type: 'invalid_request_error' } },
};

function failing(script: Script, ...models: readonly string[]): void {
  upstream.always((call) => (models.includes(call.model) ? script : {}));
}

function called(): readonly string[] {
  return upstream.calls.map((call) => call.model);
}

describe.each([{ stream: false }, { stream: true }])('with stream: $stream', (body) => {
  it('a model without fallbacks of its own has those of "*"', async () => {
    failing(DOWN, 'plain-1');
    expect((await chat(gateway.url, { model: 'plain', body: { ...body, num_retries: 0 } })).status).toBe(200);
    expect(called()).toEqual(['plain-1', 'any-1']);
  });

  it('a caller names its own, also for prompts that are too long or that a policy refuses', async () => {
    failing(TOO_LONG, 'guarded-1');
    const larger = { ...body, context_window_fallbacks: [{ guarded: ['large'] }] };
    expect((await chat(gateway.url, { model: 'guarded', body: larger })).status).toBe(200);
    failing(REFUSED, 'guarded-1');
    const freer = { ...body, content_policy_fallbacks: ['free'] };
    expect((await chat(gateway.url, { model: 'guarded', body: freer })).status).toBe(200);
    expect(called()).toEqual(['guarded-1', 'large-1', 'guarded-1', 'free-1']);
  });

  it('a caller may ask something else of a fallback', async () => {
    failing(DOWN, 'guarded-1');
    const messages = [{ role: 'user', content: 'Say it shorter.' }];
    const answer = await chat(gateway.url, {
      model: 'guarded',
      body: { ...body, temperature: 1, fallbacks: [{ model: 'large', messages, temperature: 0 }] },
    });
    expect(answer.status).toBe(200);
    expect(
      upstream.calls.map(({ model, body: sent }) => {
        const { temperature, messages: asked } = sent as Record<string, unknown>;
        return [model, temperature, asked];
      }),
    ).toEqual([
      ['guarded-1', 1, [{ role: 'user', content: 'Say it.' }]],
      ['large-1', 0, messages],
    ]);
  });

  it('the headers tell how often it was tried', async () => {
    failing(LIMITED, 'plain-1');
    upstream.next(LIMITED, LIMITED, {});
    const answer = await chat(gateway.url, { model: 'plain', body: { ...body, disable_fallbacks: true } });
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-litellm-model-id': 'plain-1',
      'x-litellm-model-group': 'plain',
      'x-litellm-model-api-base': upstream.openaiUrl,
      'x-litellm-attempted-retries': '2',
      'x-litellm-max-retries': '0',
      'x-litellm-attempted-fallbacks': '0',
    });
  });

  it('when all have failed the last error says what there was', async () => {
    failing(DOWN, 'guarded-1', 'spare-1', 'any-1');
    const answer = await chat(gateway.url, { model: 'guarded', body });
    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({
      error: {
        message: "come back later. Received Model Group=guarded\nAvailable Model Group Fallbacks=['spare']",
      },
    });
    // The spare has no fallbacks of its own, and so those of "*".
    expect(called()).toEqual(['guarded-1', 'spare-1', 'any-1']);
  });

  it("the number of retries is the policy of the group and the kind of failure, then the deployment's", async () => {
    failing(DOWN, 'plain-1', 'patient-1');
    await chat(gateway.url, { model: 'plain', body: { ...body, disable_fallbacks: true } });
    expect(called()).toEqual(['plain-1']);
    await chat(gateway.url, { model: 'patient', body: { ...body, disable_fallbacks: true } });
    expect(called().filter((model) => model === 'patient-1')).toHaveLength(4);
  });

  it('a model on trial gets a copy of its own, whose answer nobody is given', async () => {
    const answer = await chat(gateway.url, { model: 'shadowed', body });
    expect(answer.status).toBe(200);
    const copy = await waitFor('the copy to be answered', async () => {
      const { json } = await get(gateway.url, '/v1/requests?model=tried&status=completed');
      return (json as { data?: readonly { id: string }[] }).data?.[0]?.id;
    });
    expect(called().toSorted()).toEqual(['shadowed-1', 'tried-1']);
    const request = await readRequest(gateway.url, copy);
    expect(request.attempts.map(({ deployment }) => deployment)).toEqual(['tried-1']);
    expect(answer.text).toContain('"model":"shadowed"');
  });
});

it('an answer says on request what it fell back from', async () => {
  failing(DOWN, 'guarded-1');
  const answer = await chat(gateway.url, { model: 'guarded', body: { include_fallback_errors: true } });
  expect(JSON.parse(answer.headers.get('x-litellm-fallback-errors') ?? '')).toEqual([
    { model_id: 'guarded-1', error: 'provider_unavailable', message: 'come back later' },
  ]);
});

it.each([
  [{ fallbacks: [{ model: 'unheard-of' }] }, 'fallbacks[0]'],
  [{ fallbacks: ['spare', { model: 'large', api_key: 'sk-own' }] }, 'fallbacks[1].api_key'],
  [{ fallbacks: [{ model: 'large', messages: 'Say it.' }] }, 'fallbacks[0]'],
])('fallbacks that cannot be meant are refused before anything is sent: %j', async (body, param) => {
  const answer = await chat(gateway.url, { model: 'guarded', body });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(answer.json).toMatchObject({ error: { param } });
  expect(upstream.calls).toHaveLength(0);
});
