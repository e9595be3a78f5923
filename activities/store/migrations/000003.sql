-- What each process has seen of its deployments, for the others: cooldowns, calls in flight, traffic, speed.

-- Unlogged: written twice a second by every process, worth nothing after a minute, and rebuilt by whoever is alive.
create unlogged table process_health (
  process text primary key,
  report text not null,
  updated_at timestamptz not null default now()
) with (fillfactor = 50);

-- What a caller wants asked instead in single fallback groups, as JSON: {group: body}. Null for nearly all.
alter table requests add column overrides text;
