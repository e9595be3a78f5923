/** The home folder: what a gateway without external services keeps between runs, and small files in it. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Creates the folder when missing; its absolute path. Others may pass through it (the database runs as another user when we are root). */
export async function openHome(home: string): Promise<string> {
  const folder = resolve(home);
  try {
    await mkdir(join(folder, 'logs'), { recursive: true, mode: 0o755 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      `cannot create the home folder ${folder} (${code}): choose a writable one with --home or HOLDFAST_HOME`,
      {
        cause: error,
      },
    );
  }
  return folder;
}

async function writeDraft(file: string, text: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return draft;
}

/** Writes a file that is either there whole or not at all, readable by us alone. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const draft = await writeDraft(file, text);
  try {
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

/** The same, but false, and nothing changed, when the file exists already. */
export async function writeNew(file: string, text: string): Promise<boolean> {
  const draft = await writeDraft(file, text);
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** The text of a file; undefined when it does not exist. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(`cannot read ${file} (${code})${code === 'EACCES' ? ': it belongs to another user' : ''}`, {
      cause: error,
    });
  }
}

/** A secret that is made once and read ever after. Two processes that start at once agree on one. */
export async function keepSecret(
  file: string,
  make: () => string,
): Promise<{ readonly value: string; readonly created: boolean }> {
  for (;;) {
    const known = (await readIfThere(file))?.trim();
    if (known === '') throw new Error(`${file} is empty: delete it to have a new one made`);
    if (known !== undefined) return { value: known, created: false };
    const value = make();
    if (await writeNew(file, `${value}\n`)) return { value, created: true };
  }
}
