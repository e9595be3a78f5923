/** The health routes. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Readiness } from '../../../api/routes/health-probe.ts';
import type { ServerDeps } from '../../../api/server.ts';
import { configOf, HEADERS, startEdge, type Edge } from '../edge.ts';

let edge: Edge | undefined;

afterEach(async () => {
  await edge?.close();
  edge = undefined;
});

async function ask(
  path: string,
  changes: Partial<ServerDeps> = {},
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  edge = await startEdge(changes);
  const response = await fetch(edge.url + path, { headers });
  return { status: response.status, body: await response.json() };
}

function probe(readiness: Readiness): Pick<ServerDeps, 'health'> {
  return {
    health: {
      readiness: async () => readiness,
      endpoints: async ({ model }) => ({
        healthy: model === 'bad' ? [] : [{ model: 'gpt-4o', modelId: 'd1', provider: 'openai' }],
        unhealthy: [{ model: 'bad', modelId: 'd2', provider: 'openai', error: 'provider_timeout: no answer' }],
      }),
    },
  };
}

describe('liveness', () => {
  it.each(['/health/liveliness', '/health/liveness'])('needs no key and nothing but the process: %s', async (path) => {
    const down = probe({ database: 'disconnected', temporal: 'disconnected' });
    expect(await ask(path, down)).toEqual({ status: 200, body: "I'm alive!" });
  });

  it('says that the process is shutting down', async () => {
    expect(await ask('/health/liveness', { draining: () => true })).toEqual({
      status: 503,
      body: { status: 'shutting_down' },
    });
  });
});

describe('readiness', () => {
  const journal = configOf({ temporalDown: 'journal' });
  it.each<[string, Partial<ServerDeps>, number, object]>([
    ['all is well', {}, 200, { status: 'healthy', db: 'connected', temporal: 'connected' }],
    [
      'the database is down',
      probe({ database: 'disconnected', temporal: 'connected' }),
      503,
      { status: 'unhealthy', db: 'disconnected', temporal: 'connected' },
    ],
    [
      'Temporal is down',
      probe({ database: 'connected', temporal: 'disconnected' }),
      503,
      { status: 'unhealthy', db: 'connected', temporal: 'disconnected' },
    ],
    [
      'Temporal is down and the ledger may carry requests alone',
      { ...probe({ database: 'connected', temporal: 'disconnected' }), config: () => journal },
      200,
      { status: 'degraded', db: 'connected', temporal: 'disconnected' },
    ],
    [
      'the process is draining',
      { draining: () => true },
      503,
      { status: 'shutting_down', db: 'connected', temporal: 'connected' },
    ],
  ])('without a key, when %s', async (_name, changes, status, body) => {
    expect(await ask('/health/readiness', changes)).toEqual({ status, body });
  });

  it('is a 500 in our shape when the probe breaks', async () => {
    const health: ServerDeps['health'] = {
      readiness: () => Promise.reject(new Error('postgres://user:hunter2@db')),
      endpoints: () => Promise.reject(new Error('no')),
    };
    const { status, body } = await ask('/health/readiness', { health });
    expect(status).toBe(500);
    expect(body).toMatchObject({ error: { code: 'internal_error' } });
    expect(JSON.stringify(body)).not.toContain('hunter2');
  });
});

describe('the health of deployments', () => {
  const state = probe({ database: 'connected', temporal: 'connected' });

  it('is told to those who have a key', async () => {
    expect((await ask('/health', state)).status).toBe(401);
  });

  it("is LiteLLM's list, with the reasons", async () => {
    expect(await ask('/health', state, HEADERS)).toEqual({
      status: 200,
      body: {
        healthy_endpoints: [{ model: 'gpt-4o', model_id: 'd1', provider: 'openai' }],
        unhealthy_endpoints: [
          { model: 'bad', model_id: 'd2', provider: 'openai', error: 'provider_timeout: no answer' },
        ],
        healthy_count: 1,
        unhealthy_count: 1,
      },
    });
  });

  it('keeps the reasons from callers who are not the operator', async () => {
    const resolveKey: ServerDeps['resolveKey'] = async (key) =>
      key === 'sk-team' ? { tenant: 'team-a', operator: false, alias: 'a' } : undefined;
    const { status, body } = await ask('/health', { ...state, resolveKey }, { authorization: 'Bearer sk-team' });
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain('no answer');
  });

  it('is a 503 when none of those asked for is well', async () => {
    expect((await ask('/health?model=bad', state, HEADERS)).status).toBe(503);
  });
});
