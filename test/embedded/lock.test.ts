import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock } from '../../activities/embedded/lock.ts';
import { killed, makeHome, removeHome } from './homes.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await makeHome();
  file = join(folder, 'lock');
});
afterEach(async () => removeHome(folder));

describe('a lock between processes', () => {
  it('is held by one at a time and free again after its release', async () => {
    const first = await tryLock(file);
    expect(first).toHaveProperty('release');
    expect(await tryLock(file)).toEqual({ heldBy: process.pid });
    if ('release' in first) await first.release();
    expect(await tryLock(file)).toHaveProperty('release');
  });

  it('is given to exactly one of many that ask at once, also when a dead process left it behind', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    await writeFile(file, `${child.pid} 1`);
    await killed(child);
    const answers = await Promise.all(Array.from({ length: 20 }, async () => tryLock(file)));
    expect(answers.filter((answer) => 'release' in answer)).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('is not held by a later process that happens to have the same id', async () => {
    await writeFile(file, `${process.pid} 12345`);
    expect(await tryLock(file)).toHaveProperty('release');
  });

  it('is not held by whatever stands in a damaged file', async () => {
    await writeFile(file, 'garbage');
    expect(await tryLock(file)).toHaveProperty('release');
  });
});
