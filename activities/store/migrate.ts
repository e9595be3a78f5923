/** Brings a database to the newest schema: numbered plain SQL files, roll-forward only, one transaction a file. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const FOLDER = fileURLToPath(new URL('./migrations/', import.meta.url));

/** A constant that only this migrator uses, so that two starting processes take turns instead of colliding. */
const LOCK = 4_801_337_001;

/**
 * Applies what is missing and returns the numbers applied.
 * Errors: a database with a newer breaking schema than this build knows is refused, because old code would corrupt it.
 */
export async function migrate(databaseUrl: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(
      'create table if not exists migrations (id text primary key, breaking boolean not null, applied_at timestamptz not null default now())',
    );
    const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).toSorted();
    const known = new Set(files.map((file) => file.replace('.sql', '')));
    const rows = await client.query<{ id: string; breaking: boolean }>('select id, breaking from migrations');
    const newer = rows.rows.find((row) => row.breaking && !known.has(row.id));
    if (newer !== undefined) {
      throw new Error(
        `The database has schema ${newer.id}, which this version of Holdfast does not know. Start a newer version.`,
      );
    }
    const applied = new Set(rows.rows.map((row) => row.id));
    const done: string[] = [];
    for (const file of files) {
      const id = file.replace('.sql', '');
      if (applied.has(id)) continue;
      const sql = await readFile(FOLDER + file, 'utf8');
      await client.query('begin');
      await client.query('insert into migrations (id, breaking) values ($1, $2)', [
        id,
        sql.startsWith('--! breaking-change'),
      ]);
      await client.query(sql);
      await client.query('commit');
      done.push(id);
    }
    return done;
  } finally {
    await client.end();
  }
}
