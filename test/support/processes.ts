/** Finds and ends what a test run started and lost sight of, recognised by the run's own directory on its command line. */
import { readdirSync, readFileSync } from 'node:fs';

/** Processes of this machine that name `directory` in their arguments. Empty where there is no /proc. */
export function processesOf(directory: string): number[] {
  let entries: string[];
  try {
    entries = readdirSync('/proc');
  } catch {
    return [];
  }
  return entries
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => {
      try {
        return readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes(directory);
      } catch {
        // It ended between the listing and the reading.
        return false;
      }
    })
    .map(Number);
}

/** Sends SIGKILL to everything that {@link processesOf} finds. */
export function endProcessesOf(directory: string): void {
  for (const pid of processesOf(directory)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      continue;
    }
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
