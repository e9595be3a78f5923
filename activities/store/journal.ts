/** The stream journal: what readers were shown, in batches, so that a reader can go on anywhere. */
import { createGroup } from './group.ts';
import { tellOthers } from './notices.ts';
import { persist, type Database } from './pool.ts';

export type JournalBatch = {
  readonly id: string;
  readonly n: number;
  readonly owner: string;
  readonly firstId: number;
  readonly lastId: number;
  /** JSON texts, one a line. */
  readonly chunks: string;
  /** Characters of the answer itself in them. */
  readonly textChars: number;
  /** From the attempt's start to its first chunk, milliseconds; in its first batch only. */
  readonly firstChunkMs?: number;
};

// Conditional on the attempt: a process that was declared dead and woke up must not append to a stream that has moved on.
const APPEND = `
with written as (
  insert into stream_chunks (request_id, first_id, last_id, chunks, text_chars, first_chunk_ms)
  select t.id, t.first_id, t.last_id, t.chunks, t.text_chars, t.first_chunk_ms
  from unnest($1::text[], $2::integer[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::integer[], $8::integer[])
    as t(id, n, owner, first_id, last_id, chunks, text_chars, first_chunk_ms)
  join attempts a on a.request_id = t.id and a.n = t.n and a.owner = t.owner and a.state = 'dispatching'
  on conflict do nothing
  returning request_id as id
), told as (${tellOthers('w', 'written', '$3[1]')})
select count(*) from told`;

export function createJournal(
  database: Database,
  onWritten: (id: string) => void = () => undefined,
): (batch: JournalBatch) => Promise<void> {
  return createGroup<JournalBatch, void>({
    maxItems: 500,
    maxInFlight: 1,
    write: async (items) => {
      await persist(
        async () =>
          database.query({
            name: 'append_chunks',
            text: APPEND,
            values: [
              items.map((item) => item.id),
              items.map((item) => item.n),
              items.map((item) => item.owner),
              items.map((item) => item.firstId),
              items.map((item) => item.lastId),
              items.map((item) => item.chunks),
              items.map((item) => item.textChars),
              items.map((item) => item.firstChunkMs ?? null),
            ],
          }),
        { forMs: 10 * 60_000 },
      );
      for (const { id } of items) onWritten(id);
      return items.map(() => undefined);
    },
  });
}

export type JournaledChunk = { readonly id: number; readonly json: string };

/** The chunks after `afterId`, in order; at most `limitRows` stored batches of them. */
export async function readJournal(
  database: Database,
  id: string,
  afterId: number,
  limitRows: number,
): Promise<readonly JournaledChunk[]> {
  const { rows } = await database.query<{ first_id: string; chunks: string }>({
    name: 'read_journal',
    text: 'select first_id, chunks from stream_chunks where request_id = $1 and last_id > $2 order by first_id limit $3',
    values: [id, afterId, limitRows],
  });
  return rows.flatMap((row) =>
    row.chunks
      .split('\n')
      .map((json, index) => ({ id: Number(row.first_id) + index, json }))
      .filter((chunk) => chunk.id > afterId),
  );
}

/** What is kept of a stream. */
export type Extent = { readonly firstId: number; readonly lastId: number };

export async function readExtent(database: Database, id: string): Promise<Extent | undefined> {
  const { rows } = await database.query<{ first_id: string | null; last_id: string | null }>({
    name: 'read_extent',
    text: 'select min(first_id) as first_id, max(last_id) as last_id from stream_chunks where request_id = $1',
    values: [id],
  });
  const { first_id: firstId = null, last_id: lastId = null } = rows[0] ?? {};
  return firstId === null || lastId === null ? undefined : { firstId: Number(firstId), lastId: Number(lastId) };
}

// Ids begin with the time: the oldest streams come first in the index, and those of requests that are still open are few.
const FORGET = `
delete from stream_chunks where request_id in (
  select s.request_id from (select distinct request_id from stream_chunks order by request_id limit $2) s
  join requests r on r.id = s.request_id and r.state <> 'in_progress' and r.completed_at < now() - $1 * interval '1 millisecond'
)`;

/** Deletes streams that ended before this time, whole ones only: a stream with a hole would be read as if it were whole. */
export async function forgetStreams(database: Database, retentionMs: number, limit: number): Promise<void> {
  await database.query(FORGET, [retentionMs, limit]);
}
