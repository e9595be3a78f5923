/** How the tests that need a browser get one, with programs of our own in place of the machine's. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obtainBrowser } from './browser.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-browser-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

async function program(name: string, script: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** apt-get as a script that writes down how it was called, and leaves a browser behind. */
async function aptGet(install: string): Promise<void> {
  await program(
    'apt-get',
    `echo "$DEBIAN_FRONTEND $*" >> '${folder}/calls'\nif [ "$1" = install ]; then ${install}; fi`,
  );
}

const ci = (): Record<string, string> => ({ PATH: folder, TMPDIR: folder, CI: 'true' });

it('a browser that is here is taken, and nothing is installed', async () => {
  await aptGet('exit 1');
  const chrome = await program('google-chrome', '');
  expect(await obtainBrowser({ env: ci(), root: true })).toBe(chrome);
});

it('in CI one is installed without a question, once, though two files want it', async () => {
  await aptGet(`echo > '${folder}/chromium'; /bin/chmod +x '${folder}/chromium'`);
  const machine = { env: ci(), root: true };
  const chromium = join(folder, 'chromium');
  expect(await Promise.all([obtainBrowser(machine), obtainBrowser(machine)])).toEqual([chromium, chromium]);
  const calls = (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');
  expect(calls).toEqual([
    expect.stringMatching(/^noninteractive update -y /),
    expect.stringMatching(/^noninteractive install .*-y .*chromium$/),
  ]);
});

it('an installation that fails is told in the words of apt-get', async () => {
  await aptGet('echo "E: no space left" >&2; exit 100');
  await expect(obtainBrowser({ env: ci(), root: true })).rejects.toThrow(
    /apt-get install ended with 100:\n.*no space left/s,
  );
});

it.each([
  ['on a developer machine', { env: { CI: undefined }, root: true }],
  ['without the right to install', { env: {}, root: false }],
])('%s the error says how to get one', async (_where, { env, root }) => {
  await aptGet('exit 1');
  await expect(obtainBrowser({ env: { ...ci(), ...env }, root })).rejects.toThrow(
    /none of chromium, .*apt-get install chromium/s,
  );
});
