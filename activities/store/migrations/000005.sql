-- Work that nobody waits for: files, batches of requests read from them, and news of what has ended.

create table files (
  id text primary key,
  tenant text not null,
  filename text not null,
  purpose text not null,
  bytes bigint not null default 0,
  -- Null while it is being written: such a file is nobody's yet.
  ready_at timestamptz,
  created_at timestamptz not null default now(),
  expires_at timestamptz
);

create index files_by_tenant on files (tenant, id);
create index files_unfinished on files (created_at) where ready_at is null;
create index files_to_forget on files (expires_at) where expires_at is not null;

-- In pieces of about 256 KB, so that no file is ever whole in a process's memory.
create table file_chunks (
  file_id text not null,
  n integer not null,
  bytes bytea not null,
  primary key (file_id, n)
);
-- Compressing each piece costs more than it saves: files are written once and read once.
alter table file_chunks alter column bytes set storage external;

create table batches (
  id text primary key,
  tenant text not null,
  alias text not null,
  -- Whose batch API it was made by, and whose shape its results have.
  dialect text not null check (dialect in ('openai', 'anthropic')),
  endpoint text not null,
  input_file_id text,
  completion_window text not null,
  -- JSON object of strings.
  metadata text,
  -- How each row of a CSV file becomes a request; JSON.
  template text,
  output_expires_after_s integer,
  webhook_url text,
  state text not null default 'validating'
    check (state in ('validating', 'failed', 'in_progress', 'finalizing', 'completed', 'expired', 'cancelling', 'cancelled')),
  -- JSON array of what is wrong with the input.
  errors text,
  -- The model of all lines, where they agree.
  model text,
  -- Counted from the lines while it runs; kept here once it has ended.
  total integer not null default 0,
  completed integer not null default 0,
  failed integer not null default 0,
  cancelled integer not null default 0,
  expired integer not null default 0,
  usage text,
  cost_nano numeric,
  output_file_id text,
  error_file_id text,
  -- Whether Temporal has acknowledged the start of its workflow.
  started boolean not null default false,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  in_progress_at timestamptz,
  paused_at timestamptz,
  finalizing_at timestamptz,
  completed_at timestamptz,
  failed_at timestamptz,
  expired_at timestamptz,
  cancelling_at timestamptz,
  cancelled_at timestamptz
) with (fillfactor = 80);

create index batches_by_tenant on batches (tenant, id);
create index batches_not_started on batches (id) where not started;
create index batches_open on batches (id) where state in ('validating', 'in_progress', 'finalizing', 'cancelling');

-- A snapshot of the input: its file may be deleted while the batch runs. Each line is answered as a request with this id.
create table batch_lines (
  batch_id text not null,
  n integer not null,
  custom_id text not null,
  request_id text not null,
  body text not null,
  primary key (batch_id, n)
);

create index batch_lines_by_request on batch_lines (request_id);

alter table requests add column webhook_url text;

-- The outbox: written by the very commit that ends a request or a batch, so that no end goes untold.
create table webhook_deliveries (
  -- The `webhook-id` of every try.
  id text primary key,
  tenant text not null,
  subject text not null,
  url text not null,
  type text not null,
  -- The body of every try, byte by byte.
  payload text not null,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
  started boolean not null default false,
  created_at timestamptz not null default now(),
  ended_at timestamptz
);

create index webhook_deliveries_by_tenant on webhook_deliveries (tenant, id);
create index webhook_deliveries_by_subject on webhook_deliveries (subject);
create index webhook_deliveries_not_started on webhook_deliveries (id) where not started;

create table webhook_tries (
  delivery_id text not null,
  n integer not null,
  at timestamptz not null default now(),
  -- Null: the receiver did not answer.
  status integer,
  error text,
  duration_ms integer not null,
  primary key (delivery_id, n)
);

create function tell_of_request() returns trigger language plpgsql as $$
begin
  insert into webhook_deliveries (id, tenant, subject, url, type, payload)
  select m.id, new.tenant, new.id, new.webhook_url, m.type, json_build_object(
    'type', m.type,
    'timestamp', to_char(new.completed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'data', json_build_object('id', new.id, 'object', 'request', 'status', new.state, 'model', new.model)
  )::text
  from (select 'msg_' || substr(new.id, 5) as id, 'request.' || new.state as type) m
  on conflict do nothing;
  return null;
end $$;

create trigger request_ended after update of state on requests for each row
  when (new.webhook_url is not null and old.state = 'in_progress' and new.state <> 'in_progress')
  execute function tell_of_request();

create function tell_of_batch() returns trigger language plpgsql as $$
begin
  insert into webhook_deliveries (id, tenant, subject, url, type, payload)
  select m.id, new.tenant, new.id, new.webhook_url, m.type, json_build_object(
    'type', m.type,
    'timestamp', to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'data', json_build_object('id', new.id, 'object', 'batch', 'status', new.state,
      'request_counts', json_build_object('total', new.total, 'completed', new.completed, 'failed', new.total - new.completed))
  )::text
  from (select 'msg_' || regexp_replace(new.id, '^[a-z]+_', '') as id, 'batch.' || new.state as type) m
  on conflict do nothing;
  return null;
end $$;

create trigger batch_ended after update of state on batches for each row
  when (new.webhook_url is not null and old.state <> new.state and new.state in ('failed', 'completed', 'expired', 'cancelled'))
  execute function tell_of_batch();
