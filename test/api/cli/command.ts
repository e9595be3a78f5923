/** Runs the built `holdfast` command as a user would: a process with arguments, an environment of its own, and captured output. */
import { spawn, type ChildProcess } from 'node:child_process';
import { ask } from '../../support/suite.ts';

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Command = {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly stdout: () => string;
  readonly stderr: () => string;
};

/** What the machine's own environment must not bring into a test. */
const KEPT = ['PATH', 'HOME', 'XDG_CACHE_HOME', 'TEMPORAL_CLI_PATH'] as const;

export async function spawnHoldfast(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Command> {
  const { main } = await ask('/build');
  const kept = Object.fromEntries(
    KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...kept, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended, stdout: () => stdout, stderr: () => stderr };
}

export async function holdfast(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return (await spawnHoldfast(args, env)).ended;
}
