/** The stream journal: what readers were shown, in batches, so that a reader can go on anywhere. */
import { createGroup } from './group.ts';
import { persist, type Database } from './pool.ts';

export type JournalBatch = {
  readonly id: string;
  readonly n: number;
  readonly owner: string;
  readonly firstId: number;
  readonly lastId: number;
  /** JSON texts, one a line. */
  readonly chunks: string;
};

// Conditional on the attempt: a process that was declared dead and woke up must not append to a stream that has moved on.
const APPEND = `
insert into stream_chunks (request_id, first_id, last_id, chunks)
select t.id, t.first_id, t.last_id, t.chunks
from unnest($1::text[], $2::integer[], $3::text[], $4::bigint[], $5::bigint[], $6::text[]) as t(id, n, owner, first_id, last_id, chunks)
join attempts a on a.request_id = t.id and a.n = t.n and a.owner = t.owner and a.state = 'dispatching'
on conflict do nothing`;

export function createJournal(database: Database): (batch: JournalBatch) => Promise<void> {
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
            ],
          }),
        { forMs: 10 * 60_000 },
      );
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
