/** Files as rows: written and read in pieces, so that none is ever whole in memory. */
import { persist, type Database } from './pool.ts';

export type FileRow = {
  readonly id: string;
  readonly tenant: string;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
};

type Row = {
  id: string;
  tenant: string;
  filename: string;
  purpose: string;
  bytes: string;
  created_at: Date;
  expires_at: Date | null;
};

const COLUMNS = 'id, tenant, filename, purpose, bytes, created_at, expires_at';
const USABLE = 'ready_at is not null and (expires_at is null or expires_at > now())';

function fromRow(row: Row): FileRow {
  return {
    id: row.id,
    tenant: row.tenant,
    filename: row.filename,
    purpose: row.purpose,
    bytes: Number(row.bytes),
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
  };
}

export type NewFile = {
  readonly id: string;
  readonly tenant: string;
  readonly filename: string;
  readonly purpose: string;
};

/** Begins to write a file; what an earlier, broken attempt has written under this id is removed. */
export async function beginFile(database: Database, file: NewFile): Promise<void> {
  await persist(
    async () => {
      await database.query('delete from file_chunks where file_id = $1', [file.id]);
      await database.query(
        `insert into files (id, tenant, filename, purpose) values ($1, $2, $3, $4)
         on conflict (id) do update set ready_at = null, bytes = 0`,
        [file.id, file.tenant, file.filename, file.purpose],
      );
    },
    { forMs: FOR_MS },
  );
}

const FOR_MS = 20_000;

export async function appendToFile(database: Database, id: string, n: number, bytes: Buffer): Promise<void> {
  await persist(
    async () =>
      database.query({
        name: 'append_file',
        text: 'insert into file_chunks (file_id, n, bytes) values ($1, $2, $3) on conflict (file_id, n) do update set bytes = excluded.bytes',
        values: [id, n, bytes],
      }),
    { forMs: FOR_MS },
  );
}

export type FileEnd = { readonly bytes: number; readonly purpose: string; readonly expiresAfterS?: number };

/** From now on the file can be seen and read. */
export async function finishFile(
  database: Database,
  id: string,
  { bytes, purpose, expiresAfterS }: FileEnd,
): Promise<FileRow> {
  const { rows } = await persist(
    async () =>
      database.query<Row>(
        `update files set bytes = $2, purpose = $3, ready_at = now(), expires_at = created_at + $4 * interval '1 second'
         where id = $1 returning ${COLUMNS}`,
        [id, bytes, purpose, expiresAfterS ?? null],
      ),
    { forMs: FOR_MS },
  );
  if (rows[0] === undefined) throw new Error(`The file ${id} was removed while it was written.`);
  return fromRow(rows[0]);
}

export async function findFile(database: Database, id: string): Promise<FileRow | undefined> {
  const { rows } = await database.query<Row>(`select ${COLUMNS} from files where id = $1 and ${USABLE}`, [id]);
  return rows[0] && fromRow(rows[0]);
}

export type FileFilter = {
  /** Absent: all tenants (the operator). */
  readonly tenant?: string;
  readonly purpose?: string;
  readonly after?: string;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
};

/** In the order of their ids, which is the order of their age. */
export async function listFiles(database: Database, filter: FileFilter): Promise<readonly FileRow[]> {
  const [beyond, order] = filter.order === 'asc' ? ['>', 'asc'] : ['<', 'desc'];
  const { rows } = await database.query<Row>(
    `select ${COLUMNS} from files where ($1::text is null or tenant = $1) and ($2::text is null or purpose = $2)
       and ($3::text is null or id ${beyond} $3) and ${USABLE} order by id ${order} limit $4`,
    [filter.tenant ?? null, filter.purpose ?? null, filter.after ?? null, filter.limit],
  );
  return rows.map(fromRow);
}

export async function removeFile(database: Database, id: string): Promise<boolean> {
  const { rowCount } = await database.query('delete from files where id = $1', [id]);
  await database.query('delete from file_chunks where file_id = $1', [id]);
  return rowCount === 1;
}

/** A megabyte at a time. */
const CHUNKS_AT_ONCE = 4;

/** The file from its beginning, in pieces. */
export async function* readFileChunks(database: Database, id: string): AsyncGenerator<Buffer, void, undefined> {
  for (let next = 0; ;) {
    const from = next;
    const { rows } = await persist(
      async () =>
        database.query<{ n: number; bytes: Buffer }>({
          name: 'read_file',
          text: 'select n, bytes from file_chunks where file_id = $1 and n >= $2 order by n limit $3',
          values: [id, from, CHUNKS_AT_ONCE],
        }),
      { forMs: FOR_MS },
    );
    for (const row of rows) yield row.bytes;
    if (rows.length < CHUNKS_AT_ONCE) return;
    next = (rows.at(-1)?.n ?? 0) + 1;
  }
}

/** Removes files that have expired, and those whose upload broke off more than a day ago. */
export async function forgetFiles(database: Database, limit: number): Promise<void> {
  const { rows } = await database.query<{ id: string }>(
    `delete from files where id in (
       select id from files where expires_at < now() or (ready_at is null and created_at < now() - interval '1 day') limit $1)
     returning id`,
    [limit],
  );
  if (rows.length > 0)
    await database.query('delete from file_chunks where file_id = any($1::text[])', [rows.map(({ id }) => id)]);
}
