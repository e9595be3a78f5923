/** The request routes: what they ask of the ledger and how its answer looks. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Caller } from '../../../api/dispatch.ts';
import type { RequestFilter, RequestRecord } from '../../../api/routes/request-reader.ts';
import { COMPLETION, MASTER_KEY, startEdge, type Edge } from '../edge.ts';

const ID = 'req_01M86Y8AN09FGPC36VD60JV430';
const UNKNOWN = 'req_01M86Y8AN09FGPC36VD60JV431';
const TEAM: Caller = { tenant: 'team-a', operator: false, alias: 'a' };

const RECORD: RequestRecord = {
  id: ID,
  status: 'completed',
  model: 'gpt-4o',
  createdAtMs: 1_764_000_000_123,
  completedAtMs: 1_764_000_001_000,
  responseJson: COMPLETION,
  costNanoUsd: 1_000_000_001n,
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  attempts: [
    {
      n: 1,
      deployment: 'd1',
      provider: 'openai',
      status: 'lost',
      startedAtMs: 1_764_000_000_200,
      costMinNanoUsd: 0n,
      costMaxNanoUsd: 900n,
      estimated: true,
      failure: { code: 'attempt_lost', message: 'Lost.', billed: 'maybe' },
    },
    {
      n: 2,
      deployment: 'd2',
      provider: 'anthropic',
      status: 'completed',
      startedAtMs: 1_764_000_000_500,
      endedAtMs: 1_764_000_000_900,
      costNanoUsd: 1_000_000_001n,
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    },
  ],
  temporalUrl: 'http://localhost:8233/namespaces/default/workflows/x',
};

let edge: Edge;
let asked: { what: string; id?: string; filter?: RequestFilter; caller: Caller }[] = [];

beforeAll(async () => {
  const read = (what: string) => async (id: string, caller: Caller) => {
    asked.push({ what, id, caller });
    return id === ID && caller.operator ? RECORD : undefined;
  };
  edge = await startEdge({
    resolveKey: async (key) => (key === 'sk-team' ? TEAM : undefined),
    requests: {
      get: read('get'),
      cancel: read('cancel'),
      list: async (filter, caller) => {
        asked.push({ what: 'list', filter, caller });
        const { responseJson: _, ...record } = RECORD;
        return { data: [record], hasMore: true };
      },
    },
  });
});

beforeEach(() => {
  asked = [];
});

afterAll(async () => {
  await edge.close();
});

async function ask(
  path: string,
  init: RequestInit = {},
  key = MASTER_KEY,
): Promise<{ status: number; text: string; body: unknown }> {
  const response = await fetch(edge.url + path, { ...init, headers: { authorization: `Bearer ${key}` } });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) };
}

const SHOWN = {
  id: ID,
  object: 'request',
  status: 'completed',
  model: 'gpt-4o',
  created_at: 1_764_000_000.123,
  completed_at: 1_764_000_001,
  cost: 1.000000001,
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  attempts: [
    {
      n: 1,
      deployment: 'd1',
      provider: 'openai',
      status: 'lost',
      started_at: 1_764_000_000.2,
      ended_at: null,
      cost: null,
      cost_min: 0,
      cost_max: 0.0000009,
      estimated: true,
      usage: null,
      error: { message: 'Lost.', type: 'api_error', param: null, code: 'attempt_lost' },
    },
    {
      n: 2,
      deployment: 'd2',
      provider: 'anthropic',
      status: 'completed',
      started_at: 1_764_000_000.5,
      ended_at: 1_764_000_000.9,
      cost: 1.000000001,
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    },
  ],
  temporal_url: 'http://localhost:8233/namespaces/default/workflows/x',
};

describe('a request', () => {
  it('is shown with its attempts, its cost and the bytes of its answer', async () => {
    const { status, text, body } = await ask(`/v1/requests/${ID}`);
    expect(status).toBe(200);
    expect(body).toEqual({ ...SHOWN, response: JSON.parse(COMPLETION) });
    expect(text).toContain(COMPLETION);
    expect(asked).toEqual([{ what: 'get', id: ID, caller: { tenant: 'operator', operator: true, alias: 'master' } }]);
  });

  it('is cancelled on behalf of the caller, and shown', async () => {
    const { status, body } = await ask(`/v1/requests/${ID}/cancel`, { method: 'POST' });
    expect([status, body]).toEqual([200, { ...SHOWN, response: JSON.parse(COMPLETION) }]);
    expect(asked).toMatchObject([{ what: 'cancel', id: ID }]);
  });

  it("is a 404 when it is unknown, and in the same words when it is another tenant's", async () => {
    for (const [id, key] of [
      [UNKNOWN, MASTER_KEY],
      [ID, 'sk-team'],
    ] as const) {
      for (const [path, method] of [
        [`/v1/requests/${id}`, 'GET'],
        [`/v1/requests/${id}/cancel`, 'POST'],
      ] as const) {
        const { status, body } = await ask(path, { method }, key);
        expect(status).toBe(404);
        expect(body).toMatchObject({ error: { code: 'not_found', message: `No request found with id '${id}'.` } });
      }
    }
  });

  it('is a 404 without a question to the ledger when the id cannot be one', async () => {
    expect((await ask("/v1/requests/x'%20or%201=1")).status).toBe(404);
    expect(asked).toEqual([]);
  });

  it('is nothing for callers without a key', async () => {
    for (const path of ['/v1/requests', `/v1/requests/${ID}`])
      expect((await ask(path, {}, 'sk-wrong')).status).toBe(401);
    expect(asked).toEqual([]);
  });
});

describe('the list of requests', () => {
  it('is a page, with the way to the next one and without answers', async () => {
    const { status, body } = await ask('/v1/requests');
    expect([status, body]).toEqual([200, { object: 'list', data: [SHOWN], first_id: ID, last_id: ID, has_more: true }]);
    expect(asked).toMatchObject([{ filter: { limit: 20 } }]);
  });

  it('passes its filters on', async () => {
    await ask(
      `/v1/requests?limit=5&status=failed&model=gpt-4o&key=a&team=t&tag=x&after=${ID}&created_after=1764000000.5&created_before=1764000001`,
      {},
      'sk-team',
    );
    expect(asked).toEqual([
      {
        what: 'list',
        caller: TEAM,
        filter: {
          limit: 5,
          status: 'failed',
          model: 'gpt-4o',
          key: 'a',
          team: 't',
          tag: 'x',
          after: ID,
          createdFromMs: 1_764_000_000_500,
          createdBeforeMs: 1_764_000_001_000,
        },
      },
    ]);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['status=done', 'status'],
    ['after=1', 'after'],
    ['created_after=yesterday', 'created_after'],
    ['sort=cost', 'sort'],
    ['__proto__=x', '__proto__'],
  ])('is a 400 for ?%s', async (query, param) => {
    const { status, body } = await ask(`/v1/requests?${query}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: 'invalid_request', param } });
    expect(asked).toEqual([]);
  });
});
