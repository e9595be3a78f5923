-- The ledger: who accepted what, who sent what where, what came of it, and what it cost. Money is nano-USD.

create table processes (
  id text primary key,
  host text not null,
  pid integer not null,
  role text not null,
  started_at timestamptz not null default now(),
  lease_until timestamptz not null,
  stopped_at timestamptz
);

-- Snapshots of routing decisions, addressed by content: thousands of requests share one row.
create table plans (
  hash text primary key,
  plan text not null,
  created_at timestamptz not null default now()
);

create table requests (
  id text primary key,
  tenant text not null,
  alias text not null,
  kind text not null,
  model text not null,
  streaming boolean not null,
  -- JSON array of the caller's tags.
  tags text,
  state text not null default 'in_progress'
    check (state in ('in_progress', 'completed', 'failed', 'cancelled', 'outcome_unknown')),
  -- The process whose caller waits for the answer.
  origin text not null,
  -- The workflow that carries the request; null until its start was acknowledged.
  carrier text,
  plan text not null,
  -- Text and not jsonb: an answer may hold \u0000, which jsonb refuses, and a commit must never fail on content.
  body text not null,
  response text,
  error text,
  usage text,
  cost_nano numeric,
  cancel_requested_at timestamptz,
  created_at timestamptz not null default now(),
  completed_at timestamptz
) with (fillfactor = 80);

create index requests_by_tenant on requests (tenant, id desc);
create index requests_in_progress on requests (origin) where state = 'in_progress';
create index requests_without_workflow on requests (id) where carrier is null and state <> 'in_progress';

create table attempts (
  request_id text not null,
  n integer not null,
  -- Only the process that inserted the row may send; only it may settle the row.
  owner text not null,
  -- Tells a repeated insert whose first reply was lost from somebody else's claim.
  token text not null,
  state text not null default 'dispatching'
    check (state in ('dispatching', 'completed', 'failed', 'lost', 'cancelled')),
  deployment text not null,
  provider text not null,
  model text not null,
  model_group text not null,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  usage text,
  cost_nano numeric,
  cost_min_nano numeric,
  cost_max_nano numeric,
  estimated boolean not null default false,
  error text,
  primary key (request_id, n)
) with (fillfactor = 80);

create table idempotency_keys (
  tenant text not null,
  key_hash bytea not null,
  request_id text not null,
  body_hash bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant, key_hash)
);

create index idempotency_keys_by_age on idempotency_keys (created_at);

-- What a stream's readers have seen or may see: some chunks a row, ids as sent to the reader.
create table stream_chunks (
  request_id text not null,
  first_id bigint not null,
  last_id bigint not null,
  -- JSON texts, one a line.
  chunks text not null,
  created_at timestamptz not null default now(),
  primary key (request_id, first_id)
);
