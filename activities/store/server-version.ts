/** Asks a database server what it is: for the doctor, before anything else is done with it. */
import pg from 'pg';

/** The oldest PostgreSQL whose SQL the store uses. */
export const OLDEST_POSTGRES = 14;

export type ServerVersion = { readonly version: string; readonly major: number; readonly writable: boolean };

export async function serverVersion(databaseUrl: string, timeoutMs: number): Promise<ServerVersion> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; number: number; writable: boolean }>(
      `select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
              not pg_is_in_recovery() as writable`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('the server said nothing about its version');
    return { version: row.version, major: Math.floor(row.number / 10_000), writable: row.writable };
  } finally {
    await client.end().catch(() => undefined);
  }
}
