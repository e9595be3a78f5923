/** Whether a process has been stopped by SIGSTOP; the only thing about a process that a signal cannot tell. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

export function isStopped(pid: number): boolean {
  return stateOf(pid).startsWith('T');
}

function stateOf(pid: number): string {
  const file = `/proc/${pid}/stat`;
  // The name, in brackets, may hold anything; the state is the first letter after the last bracket.
  if (existsSync(file)) return readFileSync(file, 'utf8').replace(/^.*\) /s, '');
  if (existsSync('/proc/self')) return '';
  return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim();
}
