/** A lock between processes, kept in a file that names its holder. A holder that died, by whatever cause, holds nothing. */
import { readFile, rename, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { readIfThere, writeNew } from './home.ts';
import { isAlive } from './process.ts';

export type Lock = { readonly release: () => Promise<void> };

/** The time a process started, in clock ticks since boot: tells a holder from a later process with its pid. Empty where there is no /proc. */
async function startTime(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Field 22; the name in field 2 may hold spaces and brackets, so count from its closing one.
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function holds(owner: string): Promise<number | undefined> {
  const [pidText = '', started = ''] = owner.trim().split(' ');
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0 || !(await isAlive(pid))) return undefined;
  return (await startTime(pid)) === started ? pid : undefined;
}

/** Takes the lock, or says which process holds it. */
export async function tryLock(file: string): Promise<Lock | { readonly heldBy: number }> {
  const mine = `${process.pid} ${await startTime(process.pid)}`;
  for (;;) {
    if (await writeNew(file, mine)) return { release: () => release(file, mine) };
    const owner = await readIfThere(file);
    if (owner === undefined) continue;
    const heldBy = await holds(owner);
    if (heldBy !== undefined) return { heldBy };
    await discard(file, owner);
  }
}

/**
 * Removes a dead holder's lock by renaming first: between our look and our removal another process may have removed it too and taken the
 * lock anew; then the renamed file is a living one, and goes back.
 */
async function discard(file: string, owner: string): Promise<void> {
  const aside = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const taken = await readFile(aside, 'utf8');
  if (taken !== owner) await writeNew(file, taken);
  await rm(aside, { force: true });
}

async function release(file: string, mine: string): Promise<void> {
  if ((await readIfThere(file)) === mine) await rm(file, { force: true });
}
