import { afterEach, describe, expect, it } from '@jest/globals';
import { chmod, chown, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { findPostgres } from '../../activities/embedded/postgres-binaries.ts';
import { startPostgres, type Postgres } from '../../activities/embedded/postgres.ts';
import { isAlive } from '../../activities/embedded/process.ts';
import { waitFor } from '../support/wait.ts';
import { makeHome, removeHome, silent } from './homes.ts';

const homes: string[] = [];
const running: Postgres[] = [];

async function home(): Promise<string> {
  const folder = await makeHome();
  homes.push(folder);
  return folder;
}

async function start(folder: string): Promise<Postgres> {
  const postgres = await startPostgres({ home: folder, log: silent });
  running.push(postgres);
  return postgres;
}

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

afterEach(async () => {
  for (const postgres of running.splice(0)) await postgres.stop();
  for (const folder of homes.splice(0)) await removeHome(folder);
});

describe('the embedded PostgreSQL', () => {
  it('keeps its data and its address from one run to the next', async () => {
    const folder = await home();
    const first = await start(folder);
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    expect(await isAlive(first.pid)).toBe(false);
    const second = await start(folder);
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('commits to disk and listens on the loopback interface only', async () => {
    const { url } = await start(await home());
    const settings = await query(
      url,
      `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'listen_addresses', 'unix_socket_directories') order by name`,
    );
    expect(settings).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'synchronous_commit', setting: 'on' },
      { name: 'unix_socket_directories', setting: '' },
    ]);
  });

  it('lets nobody in without the password, which only we can read', async () => {
    const folder = await home();
    const { url } = await start(folder);
    const wrong = new URL(url);
    wrong.password = 'guessed';
    await expect(query(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/);
    const { mode } = await stat(join(folder, 'postgres-password'));
    expect(mode & 0o777).toBe(0o600);
  });

  it('takes over a server that still runs instead of starting a second one on the same files', async () => {
    const folder = await home();
    const first = await start(folder);
    const second = await start(folder);
    expect(second.pid).toBe(first.pid);
    expect(second.url).toBe(first.url);
    await second.stop();
    expect(await isAlive(first.pid)).toBe(false);
    expect(await first.exited).toMatch(/exit code 0|gone/);
  });

  it('comes back with everything committed after the server was killed', async () => {
    const folder = await home();
    const first = await start(folder);
    await query(first.url, 'create table kept as select 42 as answer');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    const second = await start(folder);
    expect(second.pid).not.toBe(first.pid);
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('starts a server of its own in a copied folder, although the copy names the other one as running', async () => {
    const [folder, copy] = [await home(), await home()];
    const first = await start(folder);
    await query(first.url, 'checkpoint');
    await cp(folder, copy, { recursive: true, preserveTimestamps: true });
    const { uid, gid } = await stat(join(folder, 'postgres'));
    await own(join(copy, 'postgres'), uid, gid);
    const second = await start(copy);
    expect(second.pid).not.toBe(first.pid);
    expect(second.port).not.toBe(first.port);
    expect(await isAlive(first.pid)).toBe(true);
  });

  it('starts below a folder that is closed to other users', async () => {
    const outer = await home();
    const folder = join(outer, 'closed', 'home');
    await mkdir(folder, { recursive: true });
    await chmod(join(outer, 'closed'), 0o700);
    const { url } = await start(folder);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('refuses the files of another major version and says what to do', async () => {
    const folder = await home();
    await (await start(folder)).stop();
    await writeFile(join(folder, 'postgres', 'PG_VERSION'), '13\n');
    await expect(start(folder)).rejects.toThrow(/written by PostgreSQL 13.*pg_dump.*DATABASE_URL/);
  });

  it('shows the end of the log when the server does not start', async () => {
    const folder = await home();
    await (await start(folder)).stop();
    await rm(join(folder, 'postgres', 'global'), { recursive: true });
    await expect(start(folder)).rejects.toThrow(
      /did not start[\s\S]*postgres\.log[\s\S]*could not find the database system/,
    );
  });

  it('leaves nothing that looks like a database when it cannot be created', async () => {
    const folder = await home();
    await mkdir(join(folder, 'postgres', 'occupied'), { recursive: true });
    await expect(start(folder)).rejects.toThrow(/cannot create the database/);
    await rm(join(folder, 'postgres'), { recursive: true });
    const { url } = await start(folder);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('ends when told to without being waited for', async () => {
    const postgres = await start(await home());
    postgres.end();
    await postgres.exited;
    await waitFor('the server to be gone', async () => !(await isAlive(postgres.pid)));
  });
});

describe('the PostgreSQL programs', () => {
  it('get the library links that npm packages cannot hold', async () => {
    const { native } = await findPostgres();
    const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as readonly { target: string }[];
    // One that nothing loads: the programs of other tests go on meanwhile.
    const unused = links.find(({ target }) => target.endsWith('libecpg.so'));
    const path = join(native, '..', unused?.target ?? 'missing');
    await rm(path);
    await findPostgres();
    expect((await stat(path)).isFile()).toBe(true);
  });
});

async function own(folder: string, uid: number, gid: number): Promise<void> {
  await chown(folder, uid, gid);
  for (const entry of await readdir(folder, { recursive: true })) await chown(join(folder, entry), uid, gid);
}
