/** Several writes that happen together or not at all, and the word of them to every process. */
import type pg from 'pg';
import type { Database } from '../pool.ts';

/** A connection in a transaction, or the pool where one statement is enough. */
export type Session = Pick<pg.ClientBase, 'query'>;

export async function transact<T>(database: Database, work: (session: Session) => Promise<T>): Promise<T> {
  const client = await database.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failed: unknown) => {
      // A connection that cannot roll back holds locks: it is thrown away.
      broken = failed instanceof Error ? failed : new Error(String(failed));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

export const CHANGES_CHANNEL = 'holdfast_access';

/** Heard by every process at the commit, and not when the transaction fails. */
export async function announce(session: Session, what: string, id: string): Promise<void> {
  await session.query('select pg_notify($1, $2)', [CHANGES_CHANNEL, `${what}:${id}`]);
}

/** The name of the unique index that a write collided with. */
export function violatedIndex(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return code === '23505' && typeof constraint === 'string' ? constraint : undefined;
}
