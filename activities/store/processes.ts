/** Who is alive: one row a process, its lease renewed every few seconds. An attempt is as alive as its owner. */
import { readFileSync, readlinkSync } from 'node:fs';
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

export function createProcesses(
  database: Database,
  options: { readonly id: string; readonly role: string; readonly leaseMs: number },
): Processes {
  const { id, role, leaseMs } = options;
  const host = hostIdentity();
  const renew = async (): Promise<void> => {
    await database.query({ name: 'register', text: REGISTER, values: [id, host, process.pid, role, leaseMs] });
  };
  return {
    id,
    register: async () => {
      await buryNeighbours(database, host);
      await renew();
    },
    renew,
    leave: async () => {
      await database.query('update processes set stopped_at = now(), lease_until = now() where id = $1', [id]);
    },
  };
}

/** Processes of this very machine that are certainly gone need not be waited for until their lease runs out. */
async function buryNeighbours(database: Database, host: string): Promise<void> {
  const { rows } = await database.query<{ id: string; pid: number }>(
    'select id, pid from processes where host = $1 and stopped_at is null',
    [host],
  );
  const gone = rows.filter((row) => row.pid === process.pid || !isRunning(row.pid)).map((row) => row.id);
  if (gone.length > 0)
    await database.query('update processes set stopped_at = now() where id = any($1::text[])', [gone]);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM';
  }
}

/** One space of process ids: containers may share a host name, and a restarted machine counts anew. */
function hostIdentity(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** Removes rows nobody asks for any more: an owner is looked up only while a request of its time is open. */
export async function forgetProcesses(database: Database, olderThanMs: number): Promise<void> {
  await database.query("delete from processes where lease_until < now() - $1 * interval '1 millisecond'", [
    olderThanMs,
  ]);
}

/**
 * SQL condition: the process named by `column` is gone (stopped, expired or forgotten). While the database was away nobody could prolong
 * a lease, so that leases count only once it has been up for a while.
 */
export function isDead(column: string): string {
  return `not exists (select 1 from processes p where p.id = ${column} and p.stopped_at is null
    and (p.lease_until > now() or pg_postmaster_start_time() > now() - interval '10 seconds'))`;
}
