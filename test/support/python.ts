/** A Python with the packages of a requirements file, installed once and kept in a cache that the file's content names. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { tryLock } from '../../activities/embedded/lock.ts';
import { waitFor } from './wait.ts';

/** A slow mirror needs minutes for 200 MB; for the `beforeAll` of a file, milliseconds. */
export const PYTHON_WITHIN_MS = 590_000;

/** The oldest that the pinned packages have builds for. */
const OLDEST_MINOR = 11;

/** Why there is no usable Python here; undefined when there is one. */
export function whyNoPython(): string | undefined {
  const code = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])';
  const { status, stdout, error } = spawnSync('python3', ['-c', code], { encoding: 'utf8' });
  if (error !== undefined) return 'python3 is not on PATH';
  if (status !== 0) return 'python3 has no venv or pip (Debian: apt-get install python3-venv)';
  const [major, minor] = stdout.trim().split('.').map(Number);
  return major === 3 && (minor ?? 0) >= OLDEST_MINOR
    ? undefined
    : `python3 is ${stdout.trim()}, and 3.${OLDEST_MINOR} is needed`;
}

/** The path of the interpreter. Errors: the packages could not be installed; pip has said why on the way. */
export async function obtainPython(requirements: string): Promise<string> {
  const version = spawnSync('python3', ['--version'], { encoding: 'utf8' }).stdout;
  const name = createHash('sha256')
    .update(version + readFileSync(requirements, 'utf8'))
    .digest('hex');
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'holdfast');
  const folder = join(cache, `python-${name.slice(0, 16)}`);
  const python = join(folder, 'bin', 'python');
  const complete = join(folder, 'complete');
  mkdirSync(cache, { recursive: true });
  const lock = await waitFor(
    'another process to install the Python packages',
    async () => {
      const taken = await tryLock(`${folder}.lock`);
      return 'release' in taken && taken;
    },
    { forMs: PYTHON_WITHIN_MS, everyMs: 250 },
  );
  try {
    if (existsSync(complete)) return python;
    // What an interrupted install left would be neither whole nor empty.
    rmSync(folder, { recursive: true, force: true });
    await runVisibly('python3', ['-m', 'venv', folder]);
    // Compiled when imported: most modules never are.
    const options = ['--no-compile', '--no-deps', '--only-binary', ':all:', '--disable-pip-version-check'];
    await runVisibly(python, ['-m', 'pip', 'install', ...options, '--progress-bar', 'off', '-r', requirements]);
    writeFileSync(complete, '');
  } finally {
    await lock.release();
  }
  return python;
}

/** Its output goes where people read the progress. */
async function runVisibly(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 2, 2] });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${String(code)}`);
}
