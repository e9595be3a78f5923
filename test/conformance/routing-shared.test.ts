/** Two processes of one installation know of each other's failures: through the database, through Redis, and when Redis dies. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { chat } from '../support/ask.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';

let upstream: Upstream;
let redis: TestRedis;

beforeAll(async () => {
  upstream = await startUpstream();
  redis = await startRedis();
});

afterAll(async () => {
  await redis?.stop();
  await upstream?.stop();
});

function config(router: Record<string, unknown>): Record<string, unknown> {
  const entry = (model: string): Record<string, unknown> => ({
    model_name: model.slice(0, -2),
    litellm_params: { model: `openai/${model}`, api_base: upstream.openaiUrl, api_key: 'sk-provider' },
    model_info: { id: model },
  });
  return {
    model_list: [entry('lone-1'), entry('later-1')],
    router_settings: { num_retries: 0, allowed_fails: 0, cooldown_time: 600, ...router },
  };
}

/** A refusal before anything was sent. */
async function isRefused(gateway: Gateway, model: string): Promise<boolean | undefined> {
  const { json, status } = await chat(gateway.url, { model });
  const refused = status === 429 && JSON.stringify(json).includes('no_deployment_available');
  return refused ? true : undefined;
}

/** A failure seen by one process becomes a refusal of the other; nothing of what the other saw itself can be the reason. */
async function expectShared(one: Gateway, other: Gateway, model: string): Promise<void> {
  upstream.reset();
  upstream.next({ status: 503, body: { error: { message: 'down', type: 'server_error' } } });
  expect((await chat(one.url, { model })).status).toBe(503);
  await waitFor('the other process to know', async () => isRefused(other, model));
}

describe.each([{ through: 'the database' }, { through: 'Redis' }])(
  'processes that share through $through',
  ({ through }) => {
    let one: Gateway;
    let other: Gateway;

    beforeAll(async () => {
      const settings = config(through === 'Redis' ? { redis_host: redis.host, redis_port: redis.port } : {});
      one = await startGateway({ config: settings });
      other = await startGateway({ config: settings, beside: one });
    });

    afterAll(async () => {
      await other?.close();
      await one?.close();
    });

    it('leave a deployment alone that one of them has seen fail', async () => {
      await expectShared(one, other, 'lone');
      if (through === 'Redis') {
        const client = new Redis(redis.url);
        const keys = await client.keys('holdfast:*:health');
        client.disconnect();
        expect(keys).toHaveLength(1);
      }
    });

    it('tell a process that starts later', async () => {
      const third = await startGateway({
        config: config(through === 'Redis' ? { redis_url: redis.url } : {}),
        beside: one,
      });
      try {
        expect(await isRefused(third, 'lone')).toBe(true);
      } finally {
        await third.close();
      }
    });

    it('go on when Redis dies, through the database', async () => {
      if (through === 'Redis') await redis.stop();
      await expectShared(one, other, 'later');
    });
  },
);
