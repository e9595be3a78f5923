/** Folders and log for tests of the embedded servers: each test its own home, removed afterwards with whatever still runs in it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger } from '../../activities/telemetry/logger.ts';

export const silent = createLogger({ level: 'silent', pretty: false });

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Reachable by the user that runs the database when we are root. */
export async function makeHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-embedded-'));
  await chmod(home, 0o755);
  return home;
}

/** What the helper program says about what it started. */
export type Held = { readonly url: string; readonly address: string; readonly databasePid: number };

/** Starts the embedded servers in a process of its own, so that a test can kill the process that started them. */
export async function holdServices(home: string): Promise<{ readonly held: Held; readonly child: ChildProcess }> {
  const program = fileURLToPath(new URL('./hold-services.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, home], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (text: Buffer) => resolve(text.toString()));
    child.once('exit', () => reject(new Error(`the helper ended:\n${said}`)));
  });
  return { held: JSON.parse(line) as Held, child };
}

export async function killed(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

export async function databasePid(home: string): Promise<number> {
  return Number((await readFile(join(home, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

export async function removeHome(home: string): Promise<void> {
  await rm(home, { recursive: true, force: true });
}
