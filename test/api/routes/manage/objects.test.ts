/** Customers, budgets, tags, access groups and the record of changes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Gateway } from '../../../support/gateway.ts';
import { call, chatWith, must, newKey, startManaged, type Json } from './manager.ts';

let gateway: Gateway;
let url: string;

beforeAll(async () => {
  gateway = await startManaged();
  ({ url } = gateway);
});

afterAll(async () => {
  await gateway?.close();
});

describe('a budget', () => {
  it('is shared: whoever uses it has its limit, and follows when it changes', async () => {
    await must(url, 'POST', '/budget/new', {
      body: { budget_id: 'small', max_budget: 2, budget_duration: '1d', rpm_limit: 5 },
    });
    expect((await call(url, 'POST', '/budget/new', { body: { budget_id: 'small' } })).status).toBe(400);
    const key = await newKey(url, { budget_id: 'small' });
    const team = await must(url, 'POST', '/team/new', { body: { budget_id: 'small' } });
    expect(team).toMatchObject({ budget_id: 'small', max_budget: 2, budget_duration: '1d' });
    await must(url, 'POST', '/budget/update', { body: { budget_id: 'small', max_budget: 3.5 } });
    expect((await must(url, 'GET', `/key/info?key=${key}`))['info']).toMatchObject({
      max_budget: 3.5,
      budget_duration: '1d',
    });
    expect(await must(url, 'POST', '/budget/info', { body: { budgets: ['small'] } })).toMatchObject([
      { max_budget: 3.5, rpm_limit: 5 },
    ]);
    expect(await must(url, 'GET', '/budget/list')).toHaveLength(1);
    expect(await must(url, 'GET', '/budget/settings?budget_id=small')).toContainEqual(
      expect.objectContaining({ field_name: 'max_budget', field_value: 3.5 }),
    );
    await must(url, 'POST', '/budget/delete', { body: { id: 'small' } });
    expect((await must(url, 'GET', `/key/info?key=${key}`))['info']).toMatchObject({ max_budget: null });
    expect((await call(url, 'POST', '/key/generate', { body: { budget_id: 'small' } })).status).toBe(400);
  });
});

describe('a customer', () => {
  it.each(['customer', 'end_user'])('is managed at /%s', async (door) => {
    const id = `of-${door}`;
    expect(
      await must(url, 'POST', `/${door}/new`, {
        body: { user_id: id, alias: 'Bob', max_budget: 1, allowed_model_region: 'eu' },
      }),
    ).toMatchObject({
      user_id: id,
      alias: 'Bob',
      blocked: false,
      litellm_budget_table: { max_budget: 1 },
    });
    expect((await call(url, 'POST', `/${door}/new`, { body: { user_id: id } })).status).toBe(409);
    await must(url, 'POST', `/${door}/update`, { body: { user_id: id, default_model: 'gpt-4o' } });
    await must(url, 'POST', `/${door}/block`, { body: { user_ids: [id] } });
    expect(await must(url, 'GET', `/${door}/info?end_user_id=${id}`)).toMatchObject({
      blocked: true,
      default_model: 'gpt-4o',
      max_budget: 1,
    });
    await must(url, 'POST', `/${door}/unblock`, { body: { user_ids: [id] } });
    expect(((await must(url, 'GET', `/${door}/list`)) as unknown as Json[]).map((row) => row['user_id'])).toContain(id);
    await must(url, 'POST', `/${door}/delete`, { body: { user_ids: [id] } });
    expect((await call(url, 'GET', `/${door}/info?end_user_id=${id}`)).status).toBe(404);
  });

  it('has either a budget of its own or a shared one', async () => {
    await must(url, 'POST', '/budget/new', { body: { budget_id: 'free', max_budget: 1 } });
    expect(
      (await call(url, 'POST', '/customer/new', { body: { user_id: 'x', max_budget: 1, budget_id: 'free' } })).status,
    ).toBe(400);
    expect(await must(url, 'POST', '/customer/new', { body: { user_id: 'x', budget_id: 'free' } })).toMatchObject({
      litellm_budget_table: { budget_id: 'free', max_budget: 1 },
    });
  });
});

describe('a tag', () => {
  it('has a budget and models', async () => {
    await must(url, 'POST', '/tag/new', {
      body: { name: 'prod', description: 'Production', models: ['gpt-4o'], max_budget: 9 },
    });
    expect((await call(url, 'POST', '/tag/new', { body: { name: 'prod' } })).status).toBe(409);
    await must(url, 'POST', '/tag/update', { body: { name: 'prod', max_budget: 10 } });
    expect(await must(url, 'POST', '/tag/info', { body: { names: ['prod'] } })).toMatchObject({
      prod: { max_budget: 10, description: 'Production' },
    });
    expect(await must(url, 'GET', '/tag/list')).toHaveLength(1);
    await must(url, 'POST', '/tag/delete', { body: { name: 'prod' } });
    expect((await call(url, 'POST', '/tag/info', { body: { names: ['prod'] } })).status).toBe(404);
  });
});

describe('an access group', () => {
  it('stands for its models in lists and by its id, and changes them for all', async () => {
    const made = await must(url, 'POST', '/access_group/new', {
      body: { access_group: 'beta', model_names: ['gpt-4o'] },
    });
    const keys = [
      await newKey(url, { models: ['beta'] }),
      await newKey(url, { access_group_ids: [made['access_group_id']] }),
    ];
    for (const key of keys) {
      expect((await chatWith(url, key)).status).toBe(200);
      expect((await chatWith(url, key, 'claude')).status).toBe(403);
      // The name of a group is no model.
      expect(((await must(url, 'GET', '/v1/models', { key }))['data'] as Json[]).map((row) => row['id'])).toEqual([
        'gpt-4o',
      ]);
    }
    await must(url, 'POST', '/access_group/beta/update', { body: { model_names: ['claude'] } });
    for (const key of keys) {
      expect((await chatWith(url, key, 'claude')).status).toBe(200);
      expect((await chatWith(url, key)).status).toBe(403);
    }
    expect(await must(url, 'GET', '/access_group/beta/info')).toMatchObject({ model_names: ['claude'] });
    await must(url, 'DELETE', '/access_group/beta/delete');
    // With the group its models are gone, not its limit.
    for (const key of keys) expect((await chatWith(url, key, 'claude')).status).toBe(403);
  });
});

describe('the record of changes', () => {
  it('says who changed what, before and after, and no secret', async () => {
    const admin = await must(url, 'POST', '/user/new', { body: { user_id: 'auditor', user_role: 'proxy_admin' } });
    const key = await newKey(url, {
      key_alias: 'watched',
      metadata: { logging: [{ langfuse_secret_key: 'lf-hidden' }] },
    });
    await must(url, 'POST', '/key/update', { key: String(admin['key']), body: { key, max_budget: 4 } });
    await must(url, 'POST', '/key/delete', { body: { keys: [key] }, headers: { 'litellm-changed-by': 'eve' } });
    const text = JSON.stringify(await must(url, 'GET', '/audit?table_name=key&page_size=100'));
    expect(text).not.toContain(key);
    expect(text).not.toContain('lf-hidden');
    const all = (await must(url, 'GET', '/audit?table_name=key&page_size=3'))['audit_logs'] as Json[];
    expect(all).toMatchObject([
      { action: 'deleted', changed_by: 'eve', before_value: { alias: 'watched' } },
      {
        action: 'updated',
        changed_by: 'auditor',
        changed_by_api_key: admin['token'],
        updated_values: { max_nano: '4000000000' },
      },
      { action: 'created', changed_by: 'default_user_id', before_value: null },
    ]);
    expect(await must(url, 'GET', `/audit/${String(all[0]?.['id'])}`)).toEqual(all[0]);
    expect((await call(url, 'GET', '/audit/0')).status).toBe(404);
  });
});
