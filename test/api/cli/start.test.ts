import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive } from '../../../activities/embedded/process.ts';
import { waitFor } from '../../support/wait.ts';
import { spawnHoldfast, type Command } from './command.ts';

const run = promisify(execFile);

let home: string;
let command: Command | undefined;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-start-'));
  await chmod(home, 0o755);
});
afterEach(async () => {
  command?.child.kill('SIGTERM');
  await command?.ended;
});
afterAll(async () => rm(home, { recursive: true, force: true }));

async function start(...args: string[]): Promise<{ readonly url: string; readonly banner: string }> {
  const started = await spawnHoldfast(['--port', '0', '--home', home, ...args]);
  command = started;
  let ended = false;
  void started.ended.then(() => (ended = true));
  await waitFor('the banner', () => ended || started.stdout().includes('Try it'), { forMs: 50_000 });
  if (ended) throw new Error(`holdfast ended:\n${started.stderr()}`);
  const url = /API +(\S+)\/v1/.exec(started.stdout())?.[1] ?? '';
  return { url, banner: started.stdout() };
}

/** The embedded servers of this home. */
async function servers(): Promise<readonly number[]> {
  const database = Number((await readFile(join(home, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  const { pid } = JSON.parse(await readFile(join(home, 'temporal', 'server.json'), 'utf8')) as { pid: number };
  return [database, pid];
}

async function alive(pids: readonly number[]): Promise<readonly number[]> {
  const answers = await Promise.all(pids.map(isAlive));
  return pids.filter((_, n) => answers[n] === true);
}

async function headers(): Promise<Record<string, string>> {
  const key = (await readFile(join(home, 'master-key'), 'utf8')).trim();
  return { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
}

/** A request whose provider takes seconds; resolves once the gateway has accepted it. */
async function slowRequest(url: string): Promise<{ readonly answer: Promise<number | 'connection lost'> }> {
  const answer = fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: await headers(),
    body: JSON.stringify({ model: 'mock/delay-3000', messages: [{ role: 'user', content: 'Hello!' }] }),
  }).then(
    (response) => response.status,
    () => 'connection lost' as const,
  );
  await waitFor('the request to be under way', async () => {
    const list = await fetch(`${url}/v1/requests`, { headers: await headers() });
    const { data } = (await list.json()) as { data: readonly { status: string }[] };
    return data.some(({ status }) => status === 'in_progress');
  });
  return { answer };
}

describe('a started gateway', () => {
  it('prints a request that works as pasted, and not the key it made', async () => {
    const { banner } = await start();
    const pasted = /^ {2}curl [\s\S]*?'\n/m.exec(banner)?.[0] ?? '';
    const { stdout } = await run('bash', ['-c', pasted]);
    expect(JSON.parse(stdout)).toMatchObject({ object: 'chat.completion', choices: [{ finish_reason: 'stop' }] });
    const keyFile = join(home, 'master-key');
    const key = (await readFile(keyFile, 'utf8')).trim();
    expect(key).toMatch(/^sk-[\w-]{43}$/);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    expect(banner).toContain(keyFile);
    expect(banner + command?.stderr()).not.toContain(key);
  });

  it('serves the documentation and the workflows at the addresses it prints', async () => {
    const { banner } = await start();
    const link = (name: string): string => new RegExp(`${name} +(\\S+)`).exec(banner)?.[1] ?? '';
    for (const url of [link('Docs'), link('Workflows')]) expect((await fetch(url)).status).toBe(200);
  });

  it('finishes what is under way on SIGTERM, ends with 0, and leaves no server behind', async () => {
    const { url } = await start();
    const pids = await servers();
    const { answer } = await slowRequest(url);
    command?.child.kill('SIGTERM');
    expect(await answer).toBe(200);
    expect((await command?.ended)?.code).toBe(0);
    expect(await alive(pids)).toEqual([]);
  });

  it('takes a signal that comes twice at once, as npm sends it, for one', async () => {
    const { url } = await start();
    const { answer } = await slowRequest(url);
    command?.child.kill('SIGINT');
    command?.child.kill('SIGINT');
    expect(await answer).toBe(200);
    expect((await command?.ended)?.code).toBe(0);
  });

  it('ends at once on a second signal, and its servers end too', async () => {
    const { url } = await start();
    const pids = await servers();
    const { answer } = await slowRequest(url);
    command?.child.kill('SIGTERM');
    await waitFor('the stop to begin', () => command?.stderr().includes('stopping'));
    await new Promise((resolve) => setTimeout(resolve, 700));
    command?.child.kill('SIGTERM');
    expect((await command?.ended)?.code).toBe(143);
    expect(await answer).toBe('connection lost');
    await waitFor('the servers to end', async () => (await alive(pids)).length === 0);
  });

  it('uses the key it is given and prints neither that key nor a file', async () => {
    const key = 'sk-given-0123456789abcdefghijkl';
    const started = await spawnHoldfast(['--port', '0', '--home', home], { LITELLM_MASTER_KEY: key });
    command = started;
    await waitFor('the banner', () => started.stdout().includes('Try it'));
    const pasted = /^ {2}curl [\s\S]*?'\n/m.exec(started.stdout())?.[0] ?? '';
    const { stdout } = await run('bash', ['-c', pasted], {
      env: { PATH: process.env['PATH'], LITELLM_MASTER_KEY: key },
    });
    expect(JSON.parse(stdout)).toHaveProperty('object', 'chat.completion');
    expect(started.stdout() + started.stderr()).not.toContain(key);
    expect(started.stdout()).not.toContain('Master key');
  });
});
