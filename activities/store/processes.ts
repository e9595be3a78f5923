/** Who is alive: one row a process, its lease renewed every few seconds. An attempt is as alive as its owner. */
import { hostname } from 'node:os';
import type { Database } from './pool.ts';

export type Processes = {
  readonly id: string;
  register(): Promise<void>;
  /** Prolongs the lease. False when another process has declared this one dead meanwhile; it is then entered anew. */
  renew(): Promise<void>;
  leave(): Promise<void>;
};

const REGISTER = `
insert into processes (id, host, pid, role, lease_until) values ($1, $2, $3, $4, now() + $5 * interval '1 millisecond')
on conflict (id) do update set lease_until = excluded.lease_until, stopped_at = null`;

export function createProcesses(database: Database, options: { id: string; role: string; leaseMs: number }): Processes {
  const { id, role, leaseMs } = options;
  const register = async (): Promise<void> => {
    await database.query({ name: 'register', text: REGISTER, values: [id, hostname(), process.pid, role, leaseMs] });
  };
  return {
    id,
    register,
    renew: register,
    leave: async () => {
      await database.query('update processes set stopped_at = now(), lease_until = now() where id = $1', [id]);
    },
  };
}

/** Removes rows nobody asks for any more: an owner is looked up only while a request of its time is open. */
export async function forgetProcesses(database: Database, olderThanMs: number): Promise<void> {
  await database.query("delete from processes where lease_until < now() - $1 * interval '1 millisecond'", [
    olderThanMs,
  ]);
}

/** SQL condition: the process named by `column` is gone (stopped, expired or forgotten). */
export function isDead(column: string): string {
  return `not exists (select 1 from processes p where p.id = ${column} and p.stopped_at is null and p.lease_until > now())`;
}
