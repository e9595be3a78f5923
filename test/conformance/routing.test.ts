/** How deployments are chosen, through the public door: calls counted at the provider. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chat } from '../support/ask.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { startUpstream, type Script, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let gateway: Gateway;

type Entry = { readonly params?: Record<string, unknown>; readonly info?: Record<string, unknown> };

function deployment(group: string, model: string, { params = {}, info = {} }: Entry = {}): Record<string, unknown> {
  return {
    model_name: group,
    litellm_params: { model: `openai/${model}`, api_base: upstream.openaiUrl, api_key: 'sk-provider', ...params },
    model_info: { id: model, ...info },
  };
}

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({
    config: {
      model_list: [
        deployment('share', 'share-1', { params: { weight: 1 } }),
        deployment('share', 'share-2', { params: { weight: 0 } }),
        deployment('tagged', 'tagged-free', { params: { tags: ['free'] } }),
        deployment('tagged', 'tagged-paid', { params: { tags: ['paid'] } }),
        deployment('sized', 'sized-small', { info: { max_input_tokens: 50 } }),
        deployment('sized', 'sized-large', { info: { max_input_tokens: 5_000 } }),
        deployment('tiny', 'tiny-1', { info: { max_input_tokens: 50 } }),
        deployment('near', 'near-eu', { params: { region_name: 'eu-west-1' } }),
        deployment('near', 'near-us', { params: { region_name: 'us-east-1' } }),
        deployment('limited', 'limited-1', { params: { rpm: 2, cooldown_time: 60 } }),
        deployment('narrow', 'narrow-1', { params: { max_parallel_requests: 1 } }),
        deployment('session', 'session-1'),
        deployment('session', 'session-2'),
        deployment('session', 'session-3'),
        deployment('cool', 'cool-1', { params: { cooldown_time: 60, order: 1 } }),
        deployment('cool', 'cool-2', { params: { cooldown_time: 60, order: 2 } }),
        deployment('slow', 'slow-1', { params: { timeout: 0.3, stream_timeout: 0.3 } }),
        deployment('any/*', '*', { info: { id: 'wild' } }),
      ],
      router_settings: {
        num_retries: 0,
        enable_tag_filtering: true,
        enable_pre_call_checks: true,
        optional_pre_call_checks: ['session_affinity', 'enforce_model_rate_limits'],
        model_group_alias: { other: 'share', quiet: { model: 'share', hidden: true } },
      },
    },
  });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

const LIMITED: Script = { status: 429, body: { error: { message: 'slow down', type: 'requests' } } };

function called(): readonly string[] {
  return upstream.calls.map((call) => call.model);
}

const LONG = { messages: [{ role: 'user', content: 'word '.repeat(200) }] };

describe.each([{ stream: false }, { stream: true }])('with stream: $stream', (body) => {
  it('the weight of a deployment is its share', async () => {
    for (let n = 0; n < 5; n += 1) expect((await chat(gateway.url, { model: 'share', body })).status).toBe(200);
    expect(new Set(called())).toEqual(new Set(['share-1']));
  });

  it('the tags of a request choose its deployment, and tags that nobody has are refused', async () => {
    await chat(gateway.url, { model: 'tagged', body: { ...body, tags: ['paid'] } });
    await chat(gateway.url, { model: 'tagged', body, headers: { 'x-litellm-tags': 'free' } });
    await chat(gateway.url, { model: 'tagged', body: { ...body, metadata: { tags: ['!free'] } } });
    expect(called()).toEqual(['tagged-paid', 'tagged-free', 'tagged-paid']);
    const refused = await chat(gateway.url, { model: 'tagged', body: { ...body, tags: ['unheard-of'] } });
    expect(refused.status).toBe(401);
    expect(refused.text).toContain('Not allowed to access model due to tags configuration');
    expect(upstream.calls).toHaveLength(3);
  });

  it('a prompt goes to a deployment it fits into, and is refused unsent when it fits into none', async () => {
    for (let n = 0; n < 4; n += 1) await chat(gateway.url, { model: 'sized', body: { ...body, ...LONG } });
    expect(new Set(called())).toEqual(new Set(['sized-large']));
    const refused = await chat(gateway.url, { model: 'tiny', body: { ...body, ...LONG } });
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({ error: { code: 'context_length_exceeded' } });
    expect(called()).not.toContain('tiny-1');
  });

  it('a region that the caller names is kept to', async () => {
    for (let n = 0; n < 4; n += 1)
      await chat(gateway.url, { model: 'near', body: { ...body, allowed_model_region: 'eu' } });
    expect(new Set(called())).toEqual(new Set(['near-eu']));
  });

  it('requests of one session stay with one deployment', async () => {
    const sessions = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const homes = new Set<string>();
    for (const id of sessions) {
      upstream.reset();
      const headers = { 'x-litellm-session-id': id };
      for (let n = 0; n < 3; n += 1) await chat(gateway.url, { model: 'session', body, headers });
      expect(new Set(called()).size).toBe(1);
      homes.add(called()[0] ?? '');
    }
    expect(homes.size).toBeGreaterThan(1);
  });

  it('an id of a deployment, an alias and a wildcard name what is called', async () => {
    await chat(gateway.url, { model: 'share-2', body });
    await chat(gateway.url, { model: 'other', body });
    await chat(gateway.url, { model: 'quiet', body });
    await chat(gateway.url, { model: 'any/thing', body });
    expect(called()).toEqual(['share-2', 'share-1', 'share-1', 'thing']);
  });

  it("the caller's time limit beats the deployment's", async () => {
    upstream.always({ delayMs: 600 });
    const patient = await chat(gateway.url, { model: 'slow', body: { ...body, timeout: 20 } });
    expect(patient.status).toBe(200);
    const plain = await chat(gateway.url, { model: 'slow', body });
    expect(plain.status).toBe(504);
  });
});

it('requests beyond the limit of the minute are refused unsent, with the time to come back', async () => {
  const answers = [];
  for (let n = 0; n < 4; n += 1) answers.push(await chat(gateway.url, { model: 'limited' }));
  // The minute may end in between: never more than two in one, so four need another.
  expect(answers.slice(0, 2).map(({ status }) => status)).toEqual([200, 200]);
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.text).toContain('No deployments available for selected model, Try again in');
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(upstream.calls.length).toBe(answers.filter(({ status }) => status === 200).length);
});

it('no more calls than max_parallel_requests are under way at once; the others wait and are answered', async () => {
  let release: (value: unknown) => void = () => undefined;
  upstream.always({ until: new Promise((resolve) => (release = resolve)) });
  const answers = [1, 2, 3].map(async () => chat(gateway.url, { model: 'narrow' }));
  await upstream.arrived(1);
  expect(upstream.calls).toHaveLength(1);
  release(undefined);
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(upstream.calls).toHaveLength(3);
});

it('a deployment that is cooling down is left alone; when all are, requests are refused with the time to come back', async () => {
  upstream.always((call) => (call.model.startsWith('cool') ? LIMITED : {}));
  const first = await chat(gateway.url, { model: 'cool' });
  expect(first.status).toBe(429);
  // The retries of the first order are used up: the next order is asked without one.
  expect(called()).toEqual(['cool-1', 'cool-2']);
  const second = await chat(gateway.url, { model: 'cool' });
  expect(second.status).toBe(429);
  expect(second.json).toMatchObject({ error: { code: 'no_deployment_available' } });
  expect(called()).toEqual(['cool-1', 'cool-2']);
});
