-- Who may ask, in whose name and for how much: keys, people, teams, and the accounts in which their money is counted. Money is nano-USD.

-- What LiteLLM gives a column each and nobody searches or joins by (guardrails, policies, router_settings, …) is in `settings`.
-- No foreign keys: a key may name a user who has no row yet, and history must outlive what it tells of.

-- Limits under a name of their own, which keys, people, teams, members, organizations, customers and tags can share.
create table budgets (
  id text primary key,
  max_nano numeric check (max_nano >= 0),
  soft_nano numeric check (soft_nano >= 0),
  duration text,
  max_parallel_requests bigint,
  tpm_limit bigint,
  rpm_limit bigint,
  tpd_limit bigint,
  model_max_budget jsonb not null default '{}',
  models text[] not null default '{}',
  created_at timestamptz not null default now(),
  created_by text,
  updated_at timestamptz not null default now(),
  updated_by text
);

-- One narrow row for each thing that money is counted for, so that the rows which every request writes are small.
-- Locked in the order key, user, team, team_member, organization, customer, tag, *_model.
create table budget_accounts (
  scope text not null check (scope in ('global', 'key', 'user', 'team', 'team_member', 'organization', 'customer', 'tag',
    'access_group', 'key_model', 'user_model', 'team_model', 'team_member_model', 'organization_model', 'customer_model', 'tag_model')),
  -- Of the key, user, team, …
  id text not null,
  -- The member of a team, the model of a *_model; empty elsewhere.
  detail text not null default '',
  -- Empty for the budget proper (max_budget with its budget_duration); the duration of a further simultaneous window (budget_limits).
  period text not null default '',
  -- Null: counted and not limited. A copy of the shared budget's limit where budget_id names one, so that one conditional update decides.
  max_nano numeric check (max_nano >= 0),
  soft_nano numeric check (soft_nano >= 0),
  -- Added to max_nano until then.
  extra_nano numeric not null default 0,
  extra_until timestamptz,
  budget_id text,
  -- Null: never reset.
  duration text,
  resets_at timestamptz,
  -- Since the last reset; what requests under way may still cost; ever.
  spend_nano numeric not null default 0,
  held_nano numeric not null default 0,
  total_nano numeric not null default 0,
  primary key (scope, id, detail, period)
) with (fillfactor = 50);

create index budget_accounts_to_reset on budget_accounts (resets_at) where resets_at is not null;
create index budget_accounts_by_budget on budget_accounts (budget_id) where budget_id is not null;

create table organizations (
  id text primary key,
  alias text not null,
  models text[] not null default '{}',
  model_aliases jsonb not null default '{}',
  max_parallel_requests bigint,
  tpm_limit bigint,
  rpm_limit bigint,
  tpd_limit bigint,
  model_max_budget jsonb not null default '{}',
  budget_id text,
  blocked boolean not null default false,
  metadata jsonb not null default '{}',
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  created_by text,
  updated_at timestamptz not null default now(),
  updated_by text
);

create table organization_members (
  organization_id text not null,
  user_id text not null,
  role text not null check (role in ('org_admin', 'internal_user', 'internal_user_viewer')),
  budget_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, user_id)
);

create index organization_members_by_user on organization_members (user_id);

create table users (
  id text primary key,
  email text,
  alias text,
  role text not null check (role in ('proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer')),
  sso_user_id text,
  models text[] not null default '{}',
  model_aliases jsonb not null default '{}',
  max_parallel_requests bigint,
  tpm_limit bigint,
  rpm_limit bigint,
  tpd_limit bigint,
  model_max_budget jsonb not null default '{}',
  budget_id text,
  blocked boolean not null default false,
  metadata jsonb not null default '{}',
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  created_by text,
  updated_at timestamptz not null default now(),
  updated_by text
);

create unique index users_by_email on users (lower(email)) where email is not null;
create unique index users_by_sso_id on users (sso_user_id) where sso_user_id is not null;

create table teams (
  id text primary key,
  alias text,
  organization_id text,
  models text[] not null default '{}',
  model_aliases jsonb not null default '{}',
  access_group_ids text[] not null default '{}',
  max_parallel_requests bigint,
  tpm_limit bigint,
  rpm_limit bigint,
  tpd_limit bigint,
  model_max_budget jsonb not null default '{}',
  budget_id text,
  -- Routes of keys that members may use who are no admins of the team.
  member_permissions text[] not null default '{/key/info,/key/health}',
  -- What a new member gets: budget, limits, models.
  member_defaults jsonb not null default '{}',
  blocked boolean not null default false,
  metadata jsonb not null default '{}',
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  created_by text,
  updated_at timestamptz not null default now(),
  updated_by text
);

create index teams_by_organization on teams (organization_id) where organization_id is not null;

create table team_members (
  team_id text not null,
  user_id text not null,
  role text not null check (role in ('admin', 'user')),
  models text[] not null default '{}',
  tpm_limit bigint,
  rpm_limit bigint,
  budget_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (team_id, user_id)
);

create index team_members_by_user on team_members (user_id);

create table keys (
  -- What callers see as `token`; random, and no function of the key.
  id text primary key,
  -- "sk-..." and the last four characters.
  name text not null,
  alias text,
  key_type text not null default 'default' check (key_type in ('default', 'llm_api', 'management', 'read_only')),
  user_id text,
  team_id text,
  organization_id text,
  models text[] not null default '{}',
  aliases jsonb not null default '{}',
  access_group_ids text[] not null default '{}',
  allowed_routes text[] not null default '{}',
  max_parallel_requests bigint,
  tpm_limit bigint,
  rpm_limit bigint,
  tpd_limit bigint,
  model_max_budget jsonb not null default '{}',
  budget_id text,
  blocked boolean not null default false,
  expires_at timestamptz,
  rotation_interval text,
  rotates_at timestamptz,
  rotated_at timestamptz,
  metadata jsonb not null default '{}',
  permissions jsonb not null default '{}',
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  created_by text,
  updated_at timestamptz not null default now(),
  updated_by text
);

create unique index keys_by_alias on keys (alias) where alias is not null;
create index keys_by_user on keys (user_id) where user_id is not null;
create index keys_by_team on keys (team_id) where team_id is not null;
create index keys_by_organization on keys (organization_id) where organization_id is not null;
create index keys_by_age on keys (created_at desc, id);

-- What opens a key: one secret, and after a rotation the one before it for a while.
create table key_secrets (
  -- HMAC-SHA-256 under a pepper that is not in the database: a copy of it opens nothing.
  hash bytea primary key,
  key_id text not null,
  -- Null: the present one.
  valid_until timestamptz,
  created_at timestamptz not null default now()
);

create index key_secrets_by_key on key_secrets (key_id);

-- Spend is told by key for longer than the key exists.
create table deleted_keys (
  id text primary key,
  row jsonb not null,
  deleted_at timestamptz not null default now(),
  deleted_by text
);

-- The caller's own users (`user` of a request).
create table customers (
  id text primary key,
  alias text,
  models text[] not null default '{}',
  default_model text,
  allowed_model_region text check (allowed_model_region in ('eu', 'us')),
  max_parallel_requests bigint,
  tpm_limit bigint,
  rpm_limit bigint,
  tpd_limit bigint,
  model_max_budget jsonb not null default '{}',
  budget_id text,
  blocked boolean not null default false,
  metadata jsonb not null default '{}',
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  created_by text,
  updated_at timestamptz not null default now(),
  updated_by text
);

create table tags (
  id text primary key,
  description text,
  models text[] not null default '{}',
  tpm_limit bigint,
  rpm_limit bigint,
  tpd_limit bigint,
  max_parallel_requests bigint,
  model_max_budget jsonb not null default '{}',
  budget_id text,
  metadata jsonb not null default '{}',
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  created_by text,
  updated_at timestamptz not null default now(),
  updated_by text
);

-- A name that stands for models wherever a list of models is expected.
create table access_groups (
  id text primary key,
  name text not null,
  description text,
  models text[] not null default '{}',
  created_at timestamptz not null default now(),
  created_by text,
  updated_at timestamptz not null default now(),
  updated_by text
);

create unique index access_groups_by_name on access_groups (name);

create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  -- The user, or whom `litellm-changed-by` names; and the key that was used.
  changed_by text,
  changed_by_key text,
  action text not null check (action in ('created', 'updated', 'deleted', 'blocked', 'unblocked', 'rotated')),
  object text not null,
  object_id text not null,
  before jsonb,
  after jsonb
);

create index audit_log_by_object on audit_log (object, object_id, id desc);
