/** Keys through the public door of two processes that share a database. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startGateway, type Gateway } from '../../../support/gateway.ts';
import { waitFor } from '../../../support/wait.ts';
import { call, chatWith, CONFIG, errorOf, must, newKey, PEPPER, startManaged, type Json } from './manager.ts';

let gateway: Gateway;
let other: Gateway;
let url: string;

beforeAll(async () => {
  gateway = await startManaged();
  other = await startGateway({ config: CONFIG, env: PEPPER, beside: gateway });
  ({ url } = gateway);
});

afterAll(async () => {
  await other?.close();
  await gateway?.close();
});

const infoOf = async (key: string): Promise<Json> => (await must(url, 'GET', `/key/info?key=${key}`))['info'] as Json;

describe('a new key', () => {
  it('is shown once, calls models, and is told by its token', async () => {
    const made = await must(url, 'POST', '/key/generate', {
      body: {
        key_alias: 'first',
        models: ['gpt-4o'],
        max_budget: 10.5,
        budget_duration: '30d',
        tpm_limit: 100,
        metadata: { tags: ['a'] },
      },
    });
    expect(made['key']).toMatch(/^sk-[\w-]{22}$/);
    expect(made['token']).toMatch(/^[0-9a-f]{64}$/);
    expect(made).toMatchObject({
      key_name: `sk-...${String(made['key']).slice(-4)}`,
      key_alias: 'first',
      max_budget: 10.5,
      spend: 0,
      expires: null,
      models: ['gpt-4o'],
      created_by: 'default_user_id',
    });
    const { status, body } = await chatWith(url, String(made['key']));
    expect(status).toBe(200);
    expect(body).toMatchObject({ object: 'chat.completion' });
    const said = await call(url, 'GET', `/key/info?key=${String(made['token'])}`);
    expect(said.body).toMatchObject({
      key: made['token'],
      info: { status: 'active', tpm_limit: 100, budget_duration: '30d', max_budget: 10.5, tags: ['a'] },
    });
    expect(said.text).not.toContain(String(made['key']));
    expect((await infoOf(String(made['key'])))['budget_reset_at']).toMatch(/^20\d\d-\d\d-01T00:00:00\.000Z$/);
  });

  it('is no key by its token, and nothing of the database is one', async () => {
    const made = await must(url, 'POST', '/key/generate', { body: {} });
    for (const key of [String(made['token']), `sk-${String(made['token'])}`])
      expect((await call(url, 'GET', '/v1/models', { key })).status).toBe(401);
  });

  it('may be one of the caller’s own, once', async () => {
    const key = 'sk-my-own-key-12345';
    expect(await newKey(url, { key })).toBe(key);
    const again = await call(url, 'POST', '/key/generate', { body: { key } });
    expect(again.status).toBe(400);
    expect(again.text).not.toContain(key);
    for (const bad of ['my-own-key-12345678', 'sk-short'])
      expect((await call(url, 'POST', '/key/generate', { body: { key: bad } })).status).toBe(400);
  });

  it('has an alias that no other key has', async () => {
    await newKey(url, { key_alias: 'taken' });
    const said = await call(url, 'POST', '/key/generate', { body: { key_alias: 'taken' } });
    expect([said.status, errorOf(said).param]).toEqual([400, 'key_alias']);
  });

  it.each([
    [{ max_budget: -1 }, 'max_budget'],
    [{ max_budget: '10' }, 'max_budget'],
    [{ models: 'gpt-4o' }, 'models'],
    [{ budget_duration: 'soon' }, 'budget_duration'],
    [{ duration: '5 weeks' }, 'duration'],
    [{ max_bugdet: 10 }, 'max_bugdet'],
    [{ key_type: 'root' }, 'key_type'],
    [{ tpm_limit: 1.5 }, 'tpm_limit'],
  ])('is refused with %j', async (body, param) => {
    const said = await call(url, 'POST', '/key/generate', { body });
    expect([said.status, errorOf(said).param]).toEqual([422, param]);
  });

  it('has no budget without an end: infinity is refused', async () => {
    const response = await fetch(`${url}/key/generate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.masterKey}`, 'content-type': 'application/json' },
      body: '{"max_budget": 1e999}',
    });
    expect(response.status).toBe(422);
  });
});

describe('a key that is good no more', () => {
  it('stops working at once in every process when it is deleted', async () => {
    const key = await newKey(url);
    for (const door of [url, other.url]) expect((await chatWith(door, key)).status).toBe(200);
    expect(await must(url, 'POST', '/key/delete', { body: { keys: [key] } })).toEqual({ deleted_keys: [key] });
    expect((await chatWith(url, key)).status).toBe(401);
    const said = await waitFor('the other process to refuse it', async () => {
      const answer = await chatWith(other.url, key);
      return answer.status === 401 ? answer : undefined;
    });
    expect(errorOf(said)).toMatchObject({ type: 'token_not_found_in_db', code: 'invalid_api_key' });
    expect(said.text).not.toContain(key);
  });

  it('is refused while it is blocked', async () => {
    const key = await newKey(url);
    await must(url, 'POST', '/key/block', { body: { key } });
    const said = await chatWith(url, key);
    expect(said.status).toBe(401);
    expect(errorOf(said)).toMatchObject({ type: 'auth_error' });
    expect(errorOf(said).message).toContain('Key is blocked');
    expect((await infoOf(key))['status']).toBe('revoked');
    await must(url, 'POST', '/key/unblock', { body: { key } });
    expect((await chatWith(url, key)).status).toBe(200);
  });

  it('is refused after its time, also by a process that has it in memory', async () => {
    const key = await newKey(url, { duration: '2s' });
    const said = await waitFor('the key to expire', async () => {
      const answer = await call(url, 'GET', '/v1/models', { key });
      return answer.status === 401 ? answer : undefined;
    });
    expect(errorOf(said)).toMatchObject({ type: 'expired_key' });
    await must(url, 'POST', '/key/update', { body: { key, duration: '-1' } });
    expect((await call(url, 'GET', '/v1/models', { key })).status).toBe(200);
  });

  it('is refused when it is wrong, missing, or no key at all', async () => {
    for (const [key, type] of [
      ['sk-0123456789abcdefghijkl', 'token_not_found_in_db'],
      ['abc', 'auth_error'],
    ] as const) {
      const said = await chatWith(url, key);
      expect([said.status, errorOf(said).type]).toEqual([401, type]);
    }
    const response = await fetch(`${url}/v1/models`);
    expect(await response.json()).toMatchObject({ error: { type: 'auth_error' } });
  });
});

describe('a change of a key', () => {
  it('keeps what is absent and clears what is null', async () => {
    const key = await newKey(url, {
      max_budget: 5,
      tpm_limit: 10,
      models: ['gpt-4o'],
      metadata: { a: 1 },
      tags: ['x'],
    });
    await must(url, 'POST', '/key/update', { body: { key, tpm_limit: null, metadata: { b: 2 } } });
    expect(await infoOf(key)).toMatchObject({
      max_budget: 5,
      tpm_limit: null,
      models: ['gpt-4o'],
      metadata: { b: 2, tags: ['x'] },
    });
    await must(url, 'POST', '/key/update', { body: { key, max_budget: null, models: null } });
    expect(await infoOf(key)).toMatchObject({ max_budget: null, models: [] });
  });

  it('is seen by the next request', async () => {
    const key = await newKey(url, { models: ['gpt-4o'] });
    expect((await chatWith(url, key, 'claude')).status).toBe(403);
    await must(url, 'POST', '/key/update', { body: { key, models: ['claude'] } });
    expect((await chatWith(url, key, 'claude')).status).toBe(200);
    expect((await chatWith(url, key)).status).toBe(403);
  });

  it('needs both halves of a temporary budget', async () => {
    const key = await newKey(url, { max_budget: 1 });
    expect((await call(url, 'POST', '/key/update', { body: { key, temp_budget_increase: 5 } })).status).toBe(400);
    await must(url, 'POST', '/key/update', {
      body: { key, temp_budget_increase: 5, temp_budget_expiry: '2099-01-01T00:00:00Z' },
    });
    expect(await infoOf(key)).toMatchObject({
      temp_budget_increase: 5,
      temp_budget_expiry: '2099-01-01T00:00:00.000Z',
    });
  });

  it('keeps several windows and budgets of single models', async () => {
    const key = await newKey(url, {
      budget_limits: [
        { budget_duration: '1d', max_budget: 1 },
        { budget_duration: '30d', max_budget: 20 },
      ],
      model_max_budget: { 'gpt-4o': { max_budget: 2, budget_duration: '1d' } },
    });
    expect(await infoOf(key)).toMatchObject({
      budget_limits: [
        { budget_duration: '1d', max_budget: 1 },
        { budget_duration: '30d', max_budget: 20 },
      ],
      model_spend: { 'gpt-4o': 0 },
    });
    await must(url, 'POST', '/key/update', {
      body: { key, budget_limits: [{ budget_duration: '1d', max_budget: 3 }] },
    });
    expect(await infoOf(key)).toMatchObject({ budget_limits: [{ budget_duration: '1d', max_budget: 3 }] });
  });

  it('of several at once tells which were refused', async () => {
    const key = await newKey(url);
    const body = await must(url, 'POST', '/key/bulk_update', {
      body: {
        keys: [
          { key, rpm_limit: 7 },
          { key: 'sk-none-0123456789abcdef', rpm_limit: 7 },
        ],
      },
    });
    expect(body).toMatchObject({
      total_requested: 2,
      successful_updates: [{ key }],
      failed_updates: [{ failed_reason: 'Key not found.' }],
    });
    expect((await infoOf(key))['rpm_limit']).toBe(7);
  });

  it('of what was spent can only lower it', async () => {
    const key = await newKey(url, { spend: 3 });
    const token = String((await must(url, 'GET', `/key/info?key=${key}`))['key']);
    expect((await call(url, 'POST', `/key/${token}/reset_spend`, { body: { reset_to: 4 } })).status).toBe(400);
    await must(url, 'POST', `/key/${token}/reset_spend`, { body: { reset_to: 1 } });
    expect((await infoOf(key))['spend']).toBe(1);
  });
});

describe('a rotated key', () => {
  it('has a new value at once, and keeps its token, its limits and what it spent', async () => {
    const key = await newKey(url, { max_budget: 5, spend: 2 });
    const before = await must(url, 'GET', `/key/info?key=${key}`);
    const made = await must(url, 'POST', `/key/${key}/regenerate`);
    expect(made['key']).not.toBe(key);
    expect(made['token']).toBe(before['key']);
    expect(made).toMatchObject({ max_budget: 5, spend: 2 });
    expect((await chatWith(url, key)).status).toBe(401);
    expect((await chatWith(url, String(made['key']))).status).toBe(200);
  });

  it('is good under its old value for as long as the grace lasts', async () => {
    const key = await newKey(url);
    const made = await must(url, 'POST', '/key/regenerate', { body: { key, grace_period: '3s' } });
    expect((await chatWith(url, String(made['key']))).status).toBe(200);
    expect((await chatWith(url, key)).status).toBe(200);
    await waitFor('the grace to end', async () => (await call(url, 'GET', '/v1/models', { key })).status === 401);
    expect((await chatWith(url, String(made['key']))).status).toBe(200);
  });
});

describe('the list of keys', () => {
  it('is paged, filtered, and holds no key', async () => {
    for (let n = 0; n < 3; n += 1) await newKey(url, { key_alias: `listed-${n}`, user_id: 'lister' });
    const page = await must(
      url,
      'GET',
      '/key/list?user_id=lister&size=2&sort_by=key_alias&sort_order=asc&return_full_object=true',
    );
    expect(page).toMatchObject({
      total_count: 3,
      current_page: 1,
      total_pages: 2,
      keys: [{ key_alias: 'listed-0' }, { key_alias: 'listed-1' }],
    });
    const last = await must(url, 'GET', '/key/list?user_id=lister&size=2&page=2');
    expect(last['keys']).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(await must(url, 'GET', '/key/aliases?search=listed')).toMatchObject({
      aliases: ['listed-0', 'listed-1', 'listed-2'],
    });
  });
});

describe('the models of a key', () => {
  it.each([
    ['a name', { models: ['gpt-4o'] }, ['gpt-4o']],
    ['a wildcard', { models: ['gpt-*'] }, ['gpt-4o', 'gpt-4o-mini']],
    ['an access group of the configuration', { models: ['small'] }, ['gpt-4o-mini']],
    ['no list', {}, ['gpt-4o', 'gpt-4o-mini', 'claude']],
    ['all-proxy-models', { models: ['all-proxy-models'] }, ['gpt-4o', 'gpt-4o-mini', 'claude']],
    ['no-default-models', { models: ['no-default-models'] }, []],
    ['an access group that does not exist', { access_group_ids: ['nothing'] }, []],
    ['all-team-models without a team', { models: ['all-team-models'] }, []],
  ])('are what %s says, in calls and in the list', async (_, fields, expected) => {
    const key = await newKey(url, fields);
    const listed = ((await must(url, 'GET', '/v1/models', { key }))['data'] as { id: string }[]).map(({ id }) => id);
    for (const model of ['gpt-4o', 'gpt-4o-mini', 'claude']) {
      const allowed = (expected as string[]).includes(model);
      expect([model, listed.includes(model)]).toEqual([model, allowed]);
      expect([model, (await call(url, 'GET', `/v1/models/${model}`, { key })).status]).toEqual([
        model,
        allowed ? 200 : 404,
      ]);
    }
    const called = (expected as string[])[0] ?? 'claude';
    const said = await chatWith(url, key, called);
    expect(said.status).toBe(expected.length === 0 ? 403 : 200);
    if (expected.length === 0) expect(errorOf(said)).toMatchObject({ type: 'key_model_access_denied', param: 'model' });
  });

  it('are not reached by a deployment’s id, by a fallback, or by another endpoint', async () => {
    const key = await newKey(url, { models: ['gpt-4o'] });
    expect((await chatWith(url, key, 'claude-1')).status).toBe(403);
    expect((await chatWith(url, key, 'gpt-4o', { fallbacks: ['claude'] })).status).toBe(403);
    const message = { model: 'claude', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] };
    const said = await call(url, 'POST', '/v1/messages', { key, body: message });
    expect([said.status, said.body['type']]).toEqual([403, 'error']);
    expect((await call(url, 'POST', '/v1/responses', { key, body: { model: 'claude', input: 'x' } })).status).toBe(403);
  });

  it('may have names of the key’s own', async () => {
    const key = await newKey(url, { models: ['gpt-4o'], aliases: { mine: 'gpt-4o', theirs: 'claude' } });
    expect((await chatWith(url, key, 'mine')).status).toBe(200);
    expect((await chatWith(url, key, 'theirs')).status).toBe(403);
  });
});

describe('the routes of a key', () => {
  it('are those of its type', async () => {
    const expected = {
      llm_api: { chat: 200, models: 200, info: 403, list: 403 },
      read_only: { chat: 403, models: 200, info: 200, list: 403 },
      management: { chat: 403, models: 403, info: 200, list: 200 },
    };
    for (const [type, statuses] of Object.entries(expected)) {
      const key = await newKey(url, { key_type: type });
      expect({
        chat: (await chatWith(url, key)).status,
        models: (await call(url, 'GET', '/v1/models', { key })).status,
        info: (await call(url, 'GET', '/key/info', { key })).status,
        list: (await call(url, 'GET', '/key/list', { key })).status,
      }).toEqual(statuses);
    }
  });

  it('may be named one by one, and the refusal says which they are', async () => {
    const key = await newKey(url, { allowed_routes: ['/v1/models', '/health*'] });
    expect((await call(url, 'GET', '/v1/models', { key })).status).toBe(200);
    const said = await chatWith(url, key);
    expect(said.status).toBe(403);
    expect(errorOf(said).message).toContain("Only allowed to call routes: ['/v1/models', '/health*']");
  });
});

describe('a key of nobody', () => {
  it('manages nothing, and sees itself alone', async () => {
    const key = await newKey(url);
    const stranger = await newKey(url);
    const said = await call(url, 'POST', '/key/generate', { key, body: {} });
    expect([said.status, errorOf(said).type]).toEqual([401, 'auth_error']);
    expect((await call(url, 'GET', '/key/info', { key })).status).toBe(200);
    expect((await call(url, 'GET', `/key/info?key=${stranger}`, { key })).status).toBe(404);
    expect((await must(url, 'GET', '/key/list', { key }))['total_count']).toBe(1);
  });

  it('reads its own requests and no other’s', async () => {
    const [one, two] = [await newKey(url), await newKey(url)];
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${one}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'x' }] }),
    });
    const id = response.headers.get('x-request-id') ?? '';
    expect((await call(url, 'GET', `/v1/requests/${id}`, { key: one })).status).toBe(200);
    expect((await call(url, 'GET', `/v1/requests/${id}`, { key: two })).status).toBe(404);
  });
});
