/** The connection pool, and which database errors are worth another try. */
import pg from 'pg';

export type Database = pg.Pool;

/** Few connections: grouped commits need two or three, everything else is rare. */
const MAX_CONNECTIONS = 10;

export function createPool(databaseUrl: string, onError: (error: Error) => void): Database {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: MAX_CONNECTIONS,
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: 5_000,
    // A connection to a database that vanished without a word (a black hole) must not hold a commit forever.
    query_timeout: 8_000,
    keepAlive: true,
    application_name: 'holdfast',
  });
  // Without a listener, an idle connection that the server closes would end the process.
  pool.on('error', onError);
  return pool;
}

/** SQLSTATE classes that say "not now": connection loss, shutdown, start-up, deadlock, serialization, too many connections, out of space. */
const TRANSIENT_STATES = /^(08|53|57P0|40001|40P01|58)/;
const TRANSIENT_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);
const TRANSIENT_MESSAGES =
  /Connection terminated|connection timeout|Query read timeout|timeout exceeded|client has encountered a connection error|not queryable/i;

/** Whether the same statement may succeed later. The statement may have been committed all the same: repeat only idempotent ones. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error) && (typeof error !== 'object' || error === null)) return false;
  const { code, message, errors } = error as { code?: unknown; message?: unknown; errors?: unknown };
  if (typeof code === 'string' && (TRANSIENT_STATES.test(code) || TRANSIENT_CODES.has(code))) return true;
  if (Array.isArray(errors)) return errors.some(isTransient);
  return typeof message === 'string' && TRANSIENT_MESSAGES.test(message);
}

/** Repeats an idempotent piece of database work while its failures are transient. */
export async function persist<T>(
  work: () => Promise<T>,
  options: { readonly forMs: number; readonly stopped?: () => boolean },
): Promise<T> {
  const until = performance.now() + options.forMs;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || performance.now() + pauseMs > until || options.stopped?.() === true) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** Whether the database answers at all; rejects when it does not. */
export async function ping(database: Database): Promise<void> {
  await database.query('select 1');
}
