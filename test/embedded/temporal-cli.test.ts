import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { CLI_VERSION, findTemporalCli, locateTemporalCli } from '../../activities/embedded/temporal-cli.ts';
import { makeHome, removeHome, silent } from './homes.ts';

let folder: string;
beforeEach(async () => {
  folder = await makeHome();
});
afterEach(async () => removeHome(folder));

const CLI = 'echo "temporal version 9.9.9 (Server 1.29.1, UI 2.42.1)"';

/** An executable shell script. */
async function script(path: string, ...lines: string[]): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(file, 0o755);
  return file;
}

/** Nothing on PATH but what a test puts there, an empty cache, and no way to the network. */
function bare(): Record<string, string> {
  return { PATH: join(folder, 'bin'), XDG_CACHE_HOME: join(folder, 'cache'), HTTPS_PROXY: 'http://127.0.0.1:9' };
}

const cached = (): string => join(folder, 'cache', 'holdfast', `temporal-${CLI_VERSION}`);

describe('the search for the Temporal CLI', () => {
  it('takes the one that TEMPORAL_CLI_PATH names before any other', async () => {
    const named = await script('named/temporal', CLI);
    await script('bin/temporal', CLI);
    expect(
      await findTemporalCli({ env: { ...bare(), TEMPORAL_CLI_PATH: named }, log: silent, home: join(folder, 'home') }),
    ).toBe(named);
  });

  it('says so when the named one does not run instead of taking another', async () => {
    await script('bin/temporal', CLI);
    const env = { ...bare(), TEMPORAL_CLI_PATH: join(folder, 'nowhere') };
    await expect(findTemporalCli({ env, log: silent, home: join(folder, 'home') })).rejects.toThrow(
      /TEMPORAL_CLI_PATH is .*nowhere, which does not run/,
    );
  });

  it('takes the one on PATH before the cache', async () => {
    const onPath = await script('bin/temporal', CLI);
    await script(`cache/holdfast/temporal-${CLI_VERSION}`, CLI);
    expect(await findTemporalCli({ env: bare(), log: silent, home: join(folder, 'home') })).toBe(onPath);
  });

  it('passes over a program of the same name that is something else', async () => {
    await script('bin/temporal', 'echo "temporal 0.1, a date library"');
    await script(`cache/holdfast/temporal-${CLI_VERSION}`, CLI);
    expect(await findTemporalCli({ env: bare(), log: silent, home: join(folder, 'home') })).toBe(cached());
  });

  it('finds nothing, and obtains nothing, when it is only to look', async () => {
    expect(await locateTemporalCli(bare(), join(folder, 'home'))).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a Temporal CLI that has to be obtained', () => {
  it('lists every way to get one when the network refuses and Go is too old', async () => {
    await script('bin/go', 'echo "go version go1.20.1 linux/amd64"');
    const failure = await findTemporalCli({ env: bare(), log: silent, home: join(folder, 'home') }).catch(
      (error: unknown) => error as Error,
    );
    expect(failure).toBeInstanceOf(Error);
    const { message } = failure as Error;
    for (const way of ['TEMPORAL_ADDRESS', 'TEMPORAL_CLI_PATH', 'temporal.download', 'Go 1.25', 'go1.20']) {
      expect(message).toContain(way);
    }
  });

  it('is built once with Go when two processes need it at the same time', async () => {
    const builds = join(folder, 'builds');
    await script(
      'bin/go',
      'if [ "$1" = version ]; then echo "go version go1.26.0 linux/amd64"; exit 0; fi',
      `echo "$2 $3 $4 $5" >> ${builds}`,
      '/bin/sleep 0.3',
      `/bin/cp ${await script('ready-made', CLI)} "$GOBIN/temporal"`,
    );
    const found = await Promise.all(
      [1, 2].map(async () => findTemporalCli({ env: bare(), log: silent, home: join(folder, 'home') })),
    );
    expect(found).toEqual([cached(), cached()]);
    const lines = (await readFile(builds, 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`github.com/temporalio/cli/cmd/temporal@v${CLI_VERSION}`);
    expect(await readdir(dirname(cached()))).toEqual([`temporal-${CLI_VERSION}`]);
  });

  it('is kept in the home folder when the user has no cache that can be written', async () => {
    await script(
      'bin/go',
      'if [ "$1" = version ]; then echo "go version go1.26.0 linux/amd64"; exit 0; fi',
      `/bin/cp ${await script('ready-made', CLI)} "$GOBIN/temporal"`,
    );
    const env = { ...bare(), XDG_CACHE_HOME: '/dev/null' };
    const kept = join(folder, 'home', 'cache', `temporal-${CLI_VERSION}`);
    expect(await findTemporalCli({ env, log: silent, home: join(folder, 'home') })).toBe(kept);
    expect(await locateTemporalCli(env, join(folder, 'home'))).toBe(kept);
  });

  it('shows what Go said when the build fails', async () => {
    await script(
      'bin/go',
      'if [ "$1" = version ]; then echo "go version go1.26.0 linux/amd64"; exit 0; fi',
      'echo "go: module lookup disabled by GOFLAGS" >&2',
      'exit 1',
    );
    await expect(findTemporalCli({ env: bare(), log: silent, home: join(folder, 'home') })).rejects.toThrow(
      /go install failed: go: module lookup disabled/,
    );
  });

  it('is given up, and nothing half-made kept, when the start is interrupted', async () => {
    const stop = new AbortController();
    const started = join(folder, 'started');
    await script(
      'bin/go',
      'if [ "$1" = version ]; then echo "go version go1.26.0 linux/amd64"; exit 0; fi',
      `echo yes > ${started}`,
      'exec /bin/sleep 60',
    );
    const finding = findTemporalCli({ env: bare(), log: silent, home: join(folder, 'home'), signal: stop.signal });
    const watch = setInterval(
      () =>
        void readFile(started).then(
          () => stop.abort(),
          () => undefined,
        ),
      50,
    );
    await expect(finding).rejects.toThrow(/abort/i);
    clearInterval(watch);
    expect(await readdir(join(folder, 'cache', 'holdfast'))).toEqual([]);
  });
});

describe('a network that swallows everything', () => {
  let hole: Server;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    hole = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => hole.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    hole.close();
  });

  it('holds a start for seconds, not minutes', async () => {
    await script('bin/go', 'echo "go version go1.20.1 linux/amd64"');
    const address = hole.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const env = { ...bare(), HTTPS_PROXY: `http://127.0.0.1:${port}` };
    await expect(findTemporalCli({ env, log: silent, home: join(folder, 'home') })).rejects.toThrow(
      /no answer within 5 s/,
    );
    expect(sockets.size).toBeGreaterThan(0);
  });
});
