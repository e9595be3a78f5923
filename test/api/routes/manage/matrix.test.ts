/** Every management route × every role × both tenants: who may is allowed, and nobody else; what is another tenant's does not exist. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MANAGE_ROUTES } from '../../../../api/routes/manage/table.ts';
import type { Gateway } from '../../../support/gateway.ts';
import { call, must, newKey, startManaged, type Json } from './manager.ts';

const CALLERS = [
  'admin',
  'viewer',
  'orgAdmin',
  'teamAdmin',
  'member',
  'service',
  'readOnlyUser',
  'strangerAdmin',
  'stranger',
  'strangerService',
] as const;
type Who = (typeof CALLERS)[number];

/** What a cell acts upon: made anew for each, so that no cell sees another's traces. All of it is of tenant A. */
type Target = {
  readonly org: string;
  readonly team: string;
  readonly user: string;
  readonly key: string;
  readonly token: string;
  readonly budget: string;
  readonly name: string;
};

type Case = {
  readonly allowed: readonly Who[];
  /** Answers everybody about what is the caller's own. */
  readonly own?: boolean;
  readonly path?: (target: Target) => string;
  readonly body?: (target: Target) => Json;
};

const ADMINS: readonly Who[] = ['admin'];
const READERS: readonly Who[] = ['admin', 'viewer'];
const TEAM: readonly Who[] = ['admin', 'orgAdmin', 'teamAdmin'];
const ORG: readonly Who[] = ['admin', 'orgAdmin'];
const IN_TEAM: readonly Who[] = ['admin', 'viewer', 'orgAdmin', 'teamAdmin', 'member', 'service'];
const everybody: Case = { allowed: CALLERS, own: true };
const named =
  (field: string) =>
  (target: Target): Json => ({ [field]: target.name });
const customer = (allowed: readonly Who[], body?: Case['body']): Case => ({
  allowed,
  ...(body === undefined ? {} : { body }),
});

const CASES: Readonly<Record<string, Case>> = {
  'post /key/generate': { allowed: TEAM, body: ({ team }) => ({ team_id: team }) },
  'post /key/service-account/generate': { allowed: TEAM, body: ({ team }) => ({ team_id: team }) },
  'post /key/update': { allowed: TEAM, body: ({ key }) => ({ key, rpm_limit: 3 }) },
  // Each key has its own outcome in the answer.
  'post /key/bulk_update': {
    ...everybody,
    allowed: ['admin', 'orgAdmin', 'teamAdmin', 'member', 'strangerAdmin', 'stranger'],
    body: ({ key }) => ({ keys: [{ key, rpm_limit: 3 }] }),
  },
  'post /key/delete': { allowed: TEAM, body: ({ key }) => ({ keys: [key] }) },
  'post /key/block': { allowed: TEAM, body: ({ key }) => ({ key }) },
  'post /key/unblock': { allowed: TEAM, body: ({ key }) => ({ key }) },
  'post /key/:key/regenerate': { allowed: TEAM, path: ({ token }) => `/key/${token}/regenerate`, body: () => ({}) },
  'post /key/:key/reset_spend': {
    allowed: TEAM,
    path: ({ token }) => `/key/${token}/reset_spend`,
    body: () => ({ reset_to: 0 }),
  },
  'post /key/health': everybody,
  'get /key/info': { allowed: IN_TEAM.filter((who) => who !== 'service'), path: ({ key }) => `/key/info?key=${key}` },
  'post /v2/key/info': { allowed: IN_TEAM.filter((who) => who !== 'service'), body: ({ key }) => ({ keys: [key] }) },
  'get /key/list': { ...everybody, path: ({ team }) => `/key/list?team_id=${team}` },
  'get /key/aliases': everybody,
  'post /user/new': {
    allowed: ORG,
    body: ({ org, name }) => ({ user_id: name, organizations: [org], auto_create_key: false }),
  },
  'post /user/update': { allowed: ADMINS, body: ({ user }) => ({ user_id: user, user_alias: 'x' }) },
  'post /user/bulk_update': { allowed: ADMINS, body: ({ user }) => ({ users: [{ user_id: user, user_alias: 'x' }] }) },
  'post /user/delete': { allowed: ADMINS, body: ({ user }) => ({ user_ids: [user] }) },
  'get /user/info': { allowed: ['admin', 'viewer', 'orgAdmin'], path: ({ user }) => `/user/info?user_id=${user}` },
  'get /v2/user/info': {
    allowed: ['admin', 'viewer', 'orgAdmin'],
    path: ({ user }) => `/v2/user/info?user_id=${user}`,
  },
  // Each administrator of an organization has a list of its own.
  'get /user/list': { allowed: ['admin', 'viewer', 'orgAdmin', 'strangerAdmin'], own: true },
  'get /user/available_roles': everybody,
  'post /team/new': { allowed: ORG, body: ({ org }) => ({ organization_id: org }) },
  'post /team/update': { allowed: TEAM, body: ({ team }) => ({ team_id: team, team_alias: 'x' }) },
  'post /team/delete': { allowed: ORG, body: ({ team }) => ({ team_ids: [team] }) },
  'post /team/block': { allowed: ORG, body: ({ team }) => ({ team_id: team }) },
  'post /team/unblock': { allowed: ORG, body: ({ team }) => ({ team_id: team }) },
  'get /team/info': { allowed: IN_TEAM, path: ({ team }) => `/team/info?team_id=${team}` },
  'get /team/list': everybody,
  'get /v2/team/list': everybody,
  'post /team/member_add': {
    allowed: TEAM,
    body: ({ team, user }) => ({ team_id: team, member: { role: 'user', user_id: user } }),
  },
  'post /team/bulk_member_add': {
    allowed: TEAM,
    body: ({ team, user }) => ({ team_id: team, members: [{ role: 'user', user_id: user }] }),
  },
  'post /team/member_update': {
    allowed: TEAM,
    body: ({ team, user }) => ({ team_id: team, user_id: user, rpm_limit: 1 }),
  },
  'post /team/member_delete': { allowed: TEAM, body: ({ team, user }) => ({ team_id: team, user_id: user }) },
  'post /team/:id/member/:user/reset_spend': {
    allowed: ORG,
    path: ({ team, user }) => `/team/${team}/member/${user}/reset_spend`,
    body: () => ({}),
  },
  'post /team/model/add': { allowed: ORG, body: ({ team }) => ({ team_id: team, models: ['gpt-4o'] }) },
  'post /team/model/delete': { allowed: ORG, body: ({ team }) => ({ team_id: team, models: ['gpt-4o'] }) },
  'get /team/permissions_list': { allowed: IN_TEAM, path: ({ team }) => `/team/permissions_list?team_id=${team}` },
  'post /team/permissions_update': {
    allowed: TEAM,
    body: ({ team }) => ({ team_id: team, team_member_permissions: ['/key/info'] }),
  },
  'patch /team/:id': { allowed: TEAM, path: ({ team }) => `/team/${team}`, body: () => ({ team_alias: 'x' }) },
  'post /organization/new': { allowed: ADMINS, body: named('organization_alias') },
  'patch /organization/update': {
    allowed: ORG,
    body: ({ org }) => ({ organization_id: org, organization_alias: 'x' }),
  },
  'delete /organization/delete': { allowed: ADMINS, body: ({ org }) => ({ organization_ids: [org] }) },
  'get /organization/info': {
    allowed: ['admin', 'viewer', 'orgAdmin'],
    path: ({ org }) => `/organization/info?organization_id=${org}`,
  },
  'get /organization/list': everybody,
  'post /organization/member_add': {
    allowed: ORG,
    body: ({ org, name }) => ({ organization_id: org, member: { role: 'internal_user', user_id: name } }),
  },
  'patch /organization/member_update': {
    allowed: ORG,
    body: ({ org, user }) => ({ organization_id: org, user_id: user, role: 'internal_user_viewer' }),
  },
  'delete /organization/member_delete': {
    allowed: ORG,
    body: ({ org, user }) => ({ organization_id: org, user_id: user }),
  },
  'post /customer/new': customer(ADMINS, named('user_id')),
  'post /customer/update': customer(ADMINS, ({ budget }) => ({ user_id: budget })),
  'post /customer/delete': customer(ADMINS, ({ budget }) => ({ user_ids: [budget] })),
  'post /customer/block': customer(ADMINS, ({ budget }) => ({ user_ids: [budget] })),
  'post /customer/unblock': customer(ADMINS, ({ budget }) => ({ user_ids: [budget] })),
  'get /customer/info': { allowed: READERS, path: ({ budget }) => `/customer/info?end_user_id=${budget}` },
  'get /customer/list': { allowed: READERS },
  'post /budget/new': { allowed: ADMINS, body: named('budget_id') },
  'post /budget/update': { allowed: ADMINS, body: ({ budget }) => ({ budget_id: budget, max_budget: 2 }) },
  'post /budget/info': { allowed: READERS, body: ({ budget }) => ({ budgets: [budget] }) },
  'post /budget/delete': { allowed: ADMINS, body: ({ budget }) => ({ id: budget }) },
  'get /budget/list': { allowed: READERS },
  'get /budget/settings': { allowed: READERS, path: ({ budget }) => `/budget/settings?budget_id=${budget}` },
  'post /tag/new': { allowed: ADMINS, body: named('name') },
  'post /tag/update': { allowed: ADMINS, body: ({ budget }) => ({ name: budget, max_budget: 2 }) },
  'post /tag/delete': { allowed: ADMINS, body: ({ budget }) => ({ name: budget }) },
  'post /tag/info': { allowed: READERS, body: ({ budget }) => ({ names: [budget] }) },
  'get /tag/list': { allowed: READERS },
  'post /access_group/new': { allowed: ADMINS, body: named('access_group') },
  'get /access_group/list': { allowed: READERS },
  'get /access_group/:group/info': { allowed: READERS, path: ({ budget }) => `/access_group/${budget}/info` },
  'post /access_group/:group/update': {
    allowed: ADMINS,
    path: ({ budget }) => `/access_group/${budget}/update`,
    body: () => ({ model_names: [] }),
  },
  'delete /access_group/:group/delete': { allowed: ADMINS, path: ({ budget }) => `/access_group/${budget}/delete` },
  'get /audit': { allowed: READERS },
  'get /audit/:id': { allowed: READERS, path: () => '/audit/1' },
};

let gateway: Gateway;
let url: string;
const keys = new Map<Who, string>();
let orgA: string;
let bosses: { readonly orgAdmin: string; readonly teamAdmin: string; readonly member: string };
let n = 0;

const text = (json: Json, field: string): string => String(json[field]);

async function newUser(fields: Json): Promise<{ readonly id: string; readonly key: string }> {
  const made = await must(url, 'POST', '/user/new', { body: fields });
  return { id: text(made, 'user_id'), key: text(made, 'key') };
}

const newOrganization = async (): Promise<string> =>
  text(await must(url, 'POST', '/organization/new', { body: { organization_alias: 'x' } }), 'organization_id');

async function joinOrganization(org: string, user: string, role: string): Promise<void> {
  await must(url, 'POST', '/organization/member_add', {
    body: { organization_id: org, member: { role, user_id: user } },
  });
}

const newTeam = async (org: string, members: readonly Json[]): Promise<string> =>
  text(
    await must(url, 'POST', '/team/new', { body: { organization_id: org, members_with_roles: members } }),
    'team_id',
  );

beforeAll(async () => {
  gateway = await startManaged();
  ({ url } = gateway);
  orgA = await newOrganization();
  const orgB = await newOrganization();
  const people = {
    admin: await newUser({ user_role: 'proxy_admin' }),
    viewer: await newUser({ user_role: 'proxy_admin_viewer' }),
    readOnlyUser: await newUser({ user_role: 'internal_user_viewer' }),
    orgAdmin: await newUser({}),
    teamAdmin: await newUser({}),
    member: await newUser({}),
    strangerAdmin: await newUser({}),
    stranger: await newUser({}),
  };
  for (const [who, { key }] of Object.entries(people)) keys.set(who as Who, key);
  await joinOrganization(orgA, people.orgAdmin.id, 'org_admin');
  await joinOrganization(orgB, people.strangerAdmin.id, 'org_admin');
  const teamB = await newTeam(orgB, [{ role: 'admin', user_id: people.stranger.id }]);
  keys.set('strangerService', await newKey(url, { team_id: teamB }));
  bosses = { orgAdmin: people.orgAdmin.id, teamAdmin: people.teamAdmin.id, member: people.member.id };
});

afterAll(async () => {
  await gateway?.close();
});

/** An organization of its own, since a cell may delete it. */
async function newTarget(): Promise<Target & { readonly service: string }> {
  n += 1;
  const org = await newOrganization();
  await joinOrganization(org, bosses.orgAdmin, 'org_admin');
  const user = await newUser({ auto_create_key: false, organizations: [org] });
  const team = await newTeam(org, [
    { role: 'admin', user_id: bosses.teamAdmin },
    { role: 'user', user_id: bosses.member },
    { role: 'user', user_id: user.id },
  ]);
  const made = await must(url, 'POST', '/key/generate', { body: { team_id: team } });
  const budget = `thing-${n}`;
  await must(url, 'POST', '/budget/new', { body: { budget_id: budget } });
  await must(url, 'POST', '/tag/new', { body: { name: budget } });
  await must(url, 'POST', '/customer/new', { body: { user_id: budget } });
  await must(url, 'POST', '/access_group/new', { body: { access_group: budget } });
  const service = await newKey(url, { team_id: team });
  return {
    org,
    team,
    user: user.id,
    key: text(made, 'key'),
    token: text(made, 'token'),
    budget,
    name: `new-${n}`,
    service,
  };
}

let cells = 0;

describe('management', () => {
  it('has a case for each of its routes', () => {
    const routes = MANAGE_ROUTES.map(({ method, paths }) => `${method} ${paths[0] ?? ''}`);
    expect(Object.keys(CASES).toSorted()).toEqual(routes.toSorted());
  });

  it.each(Object.keys(CASES))('%s is for those it is meant for', async (route) => {
    const { allowed, own, path, body } = CASES[route] ?? { allowed: [] };
    const [method = '', pattern = ''] = route.split(' ');
    const outcome: Record<string, number | string> = {};
    let target = await newTarget();
    for (const who of [...CALLERS, 'master', 'nobody'] as const) {
      const key =
        who === 'master'
          ? gateway.masterKey
          : who === 'nobody'
            ? 'sk-nobody-0123456789'
            : who === 'service'
              ? target.service
              : (keys.get(who) ?? '');
      const said = await call(url, method.toUpperCase() as 'GET', path?.(target) ?? pattern, {
        key,
        ...(body === undefined ? {} : { body: body(target) }),
      });
      cells += 1;
      const mayExpect = who === 'master' || (who !== 'nobody' && allowed.includes(who));
      outcome[who] = mayExpect ? said.status : [401, 403, 404].includes(said.status) ? 'refused' : said.status;
      if (who === 'nobody') outcome[who] = said.status;
      // A stranger learns nothing: neither that it exists nor what it is.
      const strange = who === 'stranger' || who === 'strangerAdmin' || who === 'strangerService';
      if (strange && (own === true || !mayExpect))
        for (const secret of [target.team, target.org, target.token])
          if (said.status === 200) expect([route, who, said.text.includes(secret)]).toEqual([route, who, false]);
      if (said.status === 200 && method !== 'get') target = await newTarget();
    }
    const expected = Object.fromEntries(
      [...CALLERS, 'master', 'nobody'].map((who) => [
        who,
        who === 'nobody' ? 401 : who === 'master' || allowed.includes(who as Who) ? 200 : 'refused',
      ]),
    );
    expect(outcome).toEqual(expected);
  });

  it('was tried in every cell', () => {
    expect(cells).toBe(Object.keys(CASES).length * (CALLERS.length + 2));
    process.stdout.write(`${cells} cells: ${Object.keys(CASES).length} routes × ${CALLERS.length + 2} callers\n`);
  });
});
