/** Users, teams and organizations through the public door, as their administrators and members use it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Gateway } from '../../../support/gateway.ts';
import { call, chatWith, errorOf, must, newKey, startManaged, type Json } from './manager.ts';

let gateway: Gateway;
let url: string;

beforeAll(async () => {
  gateway = await startManaged();
  ({ url } = gateway);
});

afterAll(async () => {
  await gateway?.close();
});

async function newUser(fields: Json = {}): Promise<{ readonly id: string; readonly key: string }> {
  const made = await must(url, 'POST', '/user/new', { body: fields });
  return { id: String(made['user_id']), key: String(made['key']) };
}

async function newTeam(fields: Json = {}): Promise<string> {
  return String((await must(url, 'POST', '/team/new', { body: fields }))['team_id']);
}

const add = (team: string, user: string, role: 'admin' | 'user' = 'user', terms: Json = {}) =>
  must(url, 'POST', '/team/member_add', { body: { team_id: team, member: { role, user_id: user }, ...terms } });

describe('a user', () => {
  it('comes with a key of its own, which calls models and sees the user', async () => {
    const made = await must(url, 'POST', '/user/new', {
      body: { user_email: 'Ada@Example.test', user_role: 'internal_user', max_budget: 5, budget_duration: '1d' },
    });
    expect(made).toMatchObject({
      user_email: 'Ada@Example.test',
      user_role: 'internal_user',
      max_budget: 5,
      teams: [],
    });
    const key = String(made['key']);
    expect((await chatWith(url, key)).status).toBe(200);
    const info = await must(url, 'GET', '/user/info', { key });
    expect(info).toMatchObject({ user_id: made['user_id'], user_info: { max_budget: 5, spend: 0 }, teams: [] });
    expect(info['keys']).toHaveLength(1);
  });

  it('has no key where none was wanted', async () => {
    expect(await must(url, 'POST', '/user/new', { body: { auto_create_key: false } })).toMatchObject({ key: '' });
  });

  it('has an address that nobody else has, whatever its letters', async () => {
    await newUser({ user_email: 'one@example.test' });
    const said = await call(url, 'POST', '/user/new', { body: { user_email: 'ONE@example.test' } });
    expect([said.status, errorOf(said).code]).toEqual([409, 'already_exists']);
  });

  it('manages its own keys, within its budget, and nobody else’s', async () => {
    const [one, two] = [await newUser({ max_budget: 5 }), await newUser()];
    const key = await newKey(url, { key_alias: 'ones' }, one.key);
    expect((await must(url, 'GET', `/key/info?key=${key}`, { key: one.key }))['info']).toMatchObject({
      user_id: one.id,
    });
    for (const [path, body] of [
      ['/key/update', { key, key_alias: 'x' }],
      ['/key/delete', { keys: [key] }],
      ['/key/regenerate', { key }],
      ['/key/block', { key }],
    ] as const)
      expect([path, (await call(url, 'POST', path, { key: two.key, body })).status]).toEqual([path, 404]);
    expect((await call(url, 'GET', `/key/info?key=${key}`, { key: two.key })).status).toBe(404);
    expect((await call(url, 'POST', '/key/generate', { key: two.key, body: { user_id: one.id } })).status).toBe(403);
    expect((await call(url, 'POST', '/key/generate', { key: one.key, body: { max_budget: 6 } })).status).toBe(400);
    await must(url, 'POST', '/key/delete', { key: one.key, body: { keys: [key] } });
  });

  it('cannot lift what an administrator has set, nor make itself one', async () => {
    const user = await newUser({ models: ['gpt-4o'] });
    const given = await newKey(url, { user_id: user.id, max_budget: 1, models: ['gpt-4o'] });
    for (const body of [
      { max_budget: 100 },
      { models: [] },
      { metadata: {} },
      { allowed_routes: ['*'] },
      { spend: 0.5 },
      { duration: '-1' },
    ])
      expect((await call(url, 'POST', '/key/update', { key: user.key, body: { key: given, ...body } })).status).toBe(
        403,
      );
    for (const body of [{ user_role: 'proxy_admin' }, { max_budget: 100 }, { models: [] }])
      expect(
        (await call(url, 'POST', '/user/update', { key: user.key, body: { user_id: user.id, ...body } })).status,
      ).toBe(403);
    await must(url, 'POST', '/user/update', { key: user.key, body: { user_id: user.id, user_alias: 'me' } });
    // A key of its own without a list calls what the user may call, and no more.
    const own = await newKey(url, {}, user.key);
    expect((await chatWith(url, own)).status).toBe(200);
    const said = await chatWith(url, own, 'claude');
    expect([said.status, errorOf(said).type]).toEqual([403, 'user_model_access_denied']);
  });

  it('that is an administrator may do everything; one that only reads, read', async () => {
    const admin = await newUser({ user_role: 'proxy_admin' });
    const viewer = await newUser({ user_role: 'proxy_admin_viewer' });
    const stranger = await newKey(url);
    expect((await call(url, 'POST', '/key/block', { key: admin.key, body: { key: stranger } })).status).toBe(200);
    expect((await call(url, 'GET', `/key/info?key=${stranger}`, { key: viewer.key })).status).toBe(200);
    expect((await call(url, 'GET', '/audit', { key: viewer.key })).status).toBe(200);
    const said = await call(url, 'POST', '/key/generate', { key: viewer.key, body: {} });
    expect([said.status, errorOf(said).type]).toEqual([401, 'auth_error']);
    expect((await chatWith(url, viewer.key)).status).toBe(403);
  });

  it('loses what it may the moment it is changed, and its keys when it is deleted', async () => {
    const user = await newUser({ user_role: 'proxy_admin' });
    expect((await call(url, 'GET', '/user/list', { key: user.key })).status).toBe(200);
    await must(url, 'POST', '/user/update', { body: { user_id: user.id, user_role: 'internal_user' } });
    expect((await call(url, 'GET', '/user/list', { key: user.key })).status).toBe(401);
    expect(await must(url, 'POST', '/user/delete', { body: { user_ids: [user.id] } })).toBe(1);
    expect((await chatWith(url, user.key)).status).toBe(401);
    expect((await call(url, 'GET', `/user/info?user_id=${user.id}`)).status).toBe(404);
  });

  it('is listed by page, role and address', async () => {
    await newUser({ user_email: 'listed-1@example.test', user_role: 'internal_user_viewer' });
    await newUser({ user_email: 'listed-2@example.test', user_role: 'internal_user_viewer' });
    expect(
      await must(
        url,
        'GET',
        '/user/list?role=internal_user_viewer&user_email=LISTED&page_size=1&sort_by=user_email&sort_order=asc',
      ),
    ).toMatchObject({
      total: 2,
      page: 1,
      total_pages: 2,
      users: [{ user_email: 'listed-1@example.test', key_count: 1 }],
    });
  });
});

describe('a team', () => {
  it('has members, keys and a budget, and tells them', async () => {
    const user = await newUser();
    const made = await must(url, 'POST', '/team/new', {
      body: {
        team_alias: 'red',
        models: ['gpt-4o'],
        max_budget: 100,
        members_with_roles: [
          { role: 'user', user_id: user.id },
          { role: 'admin', user_email: 'lead@example.test' },
        ],
        team_member_budget: 7,
      },
    });
    const team = String(made['team_id']);
    expect(made).toMatchObject({
      team_alias: 'red',
      max_budget: 100,
      members_with_roles: [{ user_id: user.id, role: 'user' }, { role: 'admin' }],
    });
    const key = await newKey(url, { team_id: team, key_alias: 'of-red' });
    const info = await must(url, 'GET', `/team/info?team_id=${team}`);
    expect(info).toMatchObject({ team_id: team, team_info: { team_alias: 'red' }, keys: [{ key_alias: 'of-red' }] });
    expect(
      (info['team_memberships'] as Json[]).map((member) => (member['litellm_budget_table'] as Json)['max_budget']),
    ).toEqual([7, 7]);
    expect((await chatWith(url, key)).status).toBe(200);
    const said = await chatWith(url, key, 'claude');
    expect([said.status, errorOf(said).type]).toEqual([403, 'team_model_access_denied']);
  });

  it('limits a key that names more, and lends its models to one that says so', async () => {
    const team = await newTeam({ models: ['gpt-4o'] });
    const [wide, lent] = [
      await newKey(url, { team_id: team, models: ['gpt-4o', 'claude'] }),
      await newKey(url, { team_id: team, models: ['all-team-models'] }),
    ];
    for (const key of [wide, lent]) {
      expect((await chatWith(url, key)).status).toBe(200);
      expect((await chatWith(url, key, 'claude')).status).toBe(403);
    }
    await must(url, 'POST', '/team/model/add', { body: { team_id: team, models: ['claude'] } });
    expect((await chatWith(url, wide, 'claude')).status).toBe(200);
    // Taking away all models leaves none, although an empty list would mean all.
    await must(url, 'POST', '/team/model/delete', { body: { team_id: team, models: ['claude', 'gpt-4o'] } });
    expect((await chatWith(url, lent)).status).toBe(403);
  });

  it('takes its keys down with it when it is blocked or deleted', async () => {
    const team = await newTeam();
    const key = await newKey(url, { team_id: team });
    await must(url, 'POST', '/team/block', { body: { team_id: team } });
    const said = await chatWith(url, key);
    expect([said.status, errorOf(said).type]).toEqual([401, 'auth_error']);
    await must(url, 'POST', '/team/unblock', { body: { team_id: team } });
    expect((await chatWith(url, key)).status).toBe(200);
    await must(url, 'POST', '/team/delete', { body: { team_ids: [team] } });
    expect((await chatWith(url, key)).status).toBe(401);
    expect((await call(url, 'GET', `/team/info?team_id=${team}`)).status).toBe(404);
  });

  it('is a tenant: its keys read each other’s requests, and no other team’s', async () => {
    const [team, rival] = [await newTeam(), await newTeam()];
    const [one, two, three] = [
      await newKey(url, { team_id: team }),
      await newKey(url, { team_id: team }),
      await newKey(url, { team_id: rival }),
    ];
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${one}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'x' }] }),
    });
    const id = response.headers.get('x-request-id') ?? '';
    expect((await call(url, 'GET', `/v1/requests/${id}`, { key: two })).status).toBe(200);
    expect((await call(url, 'GET', `/v1/requests/${id}`, { key: three })).status).toBe(404);
  });

  it('cannot have an id that would read others’ requests', async () => {
    for (const id of ['operator', 'a'.repeat(64)])
      expect((await call(url, 'POST', '/team/new', { body: { team_id: id } })).status).toBe(400);
  });

  it('lets its admins manage members and keys, and members what it permits', async () => {
    const [lead, plain, stranger] = [await newUser(), await newUser(), await newUser()];
    const team = await newTeam({ max_budget: 10 });
    await add(team, lead.id, 'admin');
    await add(team, plain.id);
    const teamKey = await newKey(url, { team_id: team }, lead.key);
    expect((await call(url, 'POST', '/key/generate', { key: plain.key, body: { team_id: team } })).status).toBe(401);
    await must(url, 'POST', '/team/permissions_update', {
      key: lead.key,
      body: { team_id: team, team_member_permissions: ['/key/info', '/key/generate'] },
    });
    await newKey(url, { team_id: team }, plain.key);
    expect((await call(url, 'POST', '/key/delete', { key: plain.key, body: { keys: [teamKey] } })).status).toBe(403);
    for (const [method, path, body] of [
      ['GET', `/team/info?team_id=${team}`, undefined],
      ['POST', '/key/generate', { team_id: team }],
      ['POST', '/team/update', { team_id: team, team_alias: 'mine' }],
      ['POST', '/team/member_add', { team_id: team, member: { role: 'admin', user_id: stranger.id } }],
    ] as const)
      expect([path, (await call(url, method, path, { key: stranger.key, body })).status]).toEqual([path, 404]);
    // The team's own budget is not its admin's to raise.
    expect(
      (await call(url, 'POST', '/team/update', { key: lead.key, body: { team_id: team, max_budget: 99 } })).status,
    ).toBe(403);
    expect((await call(url, 'POST', '/team/delete', { key: lead.key, body: { team_ids: [team] } })).status).toBe(401);
    expect(
      (
        await call(url, 'POST', '/team/member_add', {
          key: plain.key,
          body: { team_id: team, member: { role: 'admin', user_id: plain.id } },
        })
      ).status,
    ).toBe(403);
  });

  it('gives nobody another’s identity: an admin of it cannot make or rotate a key in a member’s name', async () => {
    const [lead, boss] = [await newUser(), await newUser({ user_role: 'proxy_admin' })];
    const team = await newTeam();
    await add(team, lead.id, 'admin');
    await add(team, boss.id);
    const bosses = await newKey(url, { team_id: team, user_id: boss.id });
    expect(
      (await call(url, 'POST', '/key/generate', { key: lead.key, body: { team_id: team, user_id: boss.id } })).status,
    ).toBe(403);
    expect((await call(url, 'POST', '/key/regenerate', { key: lead.key, body: { key: bosses } })).status).toBe(403);
    const own = await newKey(url, { team_id: team }, lead.key);
    expect(
      (await call(url, 'POST', '/key/update', { key: lead.key, body: { key: own, user_id: boss.id } })).status,
    ).toBe(403);
  });

  it('limits single members, and forgets who leaves, keys and all', async () => {
    const user = await newUser();
    const team = await newTeam();
    await add(team, user.id, 'user', { max_budget_in_team: 3, allowed_models: ['gpt-4o'] });
    const key = await newKey(url, { team_id: team, user_id: user.id });
    expect((await chatWith(url, key)).status).toBe(200);
    expect((await chatWith(url, key, 'claude')).status).toBe(403);
    const changed = await must(url, 'POST', '/team/member_update', {
      body: { team_id: team, user_id: user.id, role: 'admin', max_budget_in_team: 4, rpm_limit: 9 },
    });
    expect(changed).toMatchObject({ role: 'admin', max_budget_in_team: 4, litellm_budget_table: { rpm_limit: 9 } });
    await must(url, 'POST', '/team/member_delete', { body: { team_id: team, user_id: user.id } });
    expect((await chatWith(url, key)).status).toBe(401);
    expect((await must(url, 'GET', `/team/info?team_id=${team}`))['team_memberships']).toEqual([]);
  });

  it('has services, whose keys are nobody’s', async () => {
    const team = await newTeam();
    const made = await must(url, 'POST', '/key/service-account/generate', {
      body: { team_id: team, service_account_id: 'ci' },
    });
    expect(made).toMatchObject({ user_id: null, team_id: team, metadata: { service_account_id: 'ci' } });
    expect((await chatWith(url, String(made['key']))).status).toBe(200);
  });

  it('is changed by PATCH too, and listed to its members alone', async () => {
    const user = await newUser();
    const team = await newTeam({ team_alias: 'patchy' });
    expect((await must(url, 'PATCH', `/team/${team}`, { body: { team_alias: 'patched' } }))['team_alias']).toBe(
      'patched',
    );
    expect(await must(url, 'GET', '/team/list', { key: user.key })).toEqual([]);
    await add(team, user.id);
    expect(await must(url, 'GET', '/v2/team/list', { key: user.key })).toMatchObject({
      total: 1,
      teams: [{ team_alias: 'patched' }],
    });
  });
});

describe('an organization', () => {
  it('has administrators, who make its teams and its people, and nothing outside of it', async () => {
    const boss = await newUser();
    const made = await must(url, 'POST', '/organization/new', {
      body: { organization_alias: 'acme', models: ['gpt-4o'], max_budget: 50 },
    });
    const id = String(made['organization_id']);
    const rival = String(
      (await must(url, 'POST', '/organization/new', { body: { organization_alias: 'rival' } }))['organization_id'],
    );
    await must(url, 'POST', '/organization/member_add', {
      body: { organization_id: id, member: { role: 'org_admin', user_id: boss.id } },
    });

    const team = await must(url, 'POST', '/team/new', { key: boss.key, body: { organization_id: id, max_budget: 5 } });
    const key = await newKey(url, { team_id: team['team_id'] }, boss.key);
    expect((await chatWith(url, key)).status).toBe(200);
    const said = await chatWith(url, key, 'claude');
    expect([said.status, errorOf(said).type]).toEqual([403, 'org_model_access_denied']);
    await must(url, 'POST', '/user/new', { key: boss.key, body: { organizations: [id] } });

    for (const [method, path, body, status] of [
      ['POST', '/team/new', { organization_id: rival }, 404],
      ['POST', '/team/new', {}, 401],
      ['POST', '/user/new', { organizations: [rival] }, 404],
      ['POST', '/user/new', { organizations: [id], user_role: 'proxy_admin' }, 403],
      ['GET', `/organization/info?organization_id=${rival}`, undefined, 404],
      ['PATCH', '/organization/update', { organization_id: id, max_budget: 5_000 }, 403],
      [
        'POST',
        '/organization/member_add',
        { organization_id: rival, member: { role: 'org_admin', user_id: boss.id } },
        404,
      ],
      ['DELETE', '/organization/delete', { organization_ids: [id] }, 401],
    ] as const)
      expect([method, path, (await call(url, method, path, { key: boss.key, body })).status]).toEqual([
        method,
        path,
        status,
      ]);

    await must(url, 'DELETE', '/organization/delete', { body: { organization_ids: [id] } });
    expect((await chatWith(url, key)).status).toBe(401);
    expect((await call(url, 'GET', `/team/info?team_id=${String(team['team_id'])}`)).status).toBe(404);
  });
});
