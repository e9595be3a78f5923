/** The database's files: made once by initdb, checked on each start. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from '../telemetry/logger.ts';
import { keepSecret, readIfThere } from './home.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { asServerUser, type ServerUser } from './server-user.ts';

export const SUPERUSER = 'holdfast';

export type Cluster = { readonly dataDir: string; readonly password: string };

const run = promisify(execFile);

export type ClusterOptions = {
  readonly home: string;
  readonly dataDir: string;
  readonly binaries: PostgresBinaries;
  readonly user: ServerUser | undefined;
  readonly log: Logger;
};

export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const { home, dataDir, binaries } = options;
  const { value: password } = await keepSecret(join(home, 'postgres-password'), () =>
    randomBytes(24).toString('base64url'),
  );
  const version = await readIfThere(join(dataDir, 'PG_VERSION'));
  if (version === undefined) {
    await createCluster(options, password);
    return { dataDir, password };
  }
  const supported = await majorVersion(binaries);
  if (version.trim() !== supported) {
    throw new Error(
      `${dataDir} was written by PostgreSQL ${version.trim()}, this Holdfast brings PostgreSQL ${supported}: move the data with pg_dump, or set DATABASE_URL to a server of that version`,
    );
  }
  return { dataDir, password };
}

/** Asked of the files that belong to the programs: running them would cost each start 20 ms. */
async function majorVersion(binaries: PostgresBinaries): Promise<string> {
  const bki = await readFile(join(binaries.native, 'share', 'postgresql', 'postgres.bki'), 'utf8');
  return /^# PostgreSQL (\d+)/.exec(bki)?.[1] ?? 'of an unknown version';
}

/** Makes the cluster beside its place and moves it there whole: a start that is killed half-way leaves nothing that looks like a database. */
async function createCluster(options: ClusterOptions, password: string): Promise<void> {
  const { dataDir, binaries, user, log } = options;
  const began = performance.now();
  const draft = `${dataDir}.${randomBytes(4).toString('hex')}`;
  await mkdir(draft, { mode: 0o700 });
  const passwordFile = `${draft}.password`;
  try {
    await mkdir(passwordFile, { mode: 0o700 });
    const secret = join(passwordFile, 'password');
    await keepSecret(secret, () => password);
    if (user !== undefined) {
      await Promise.all([draft, passwordFile, secret].map((path) => chown(path, user.uid, user.gid)));
    }
    const {
      command,
      args,
      user: ids,
    } = await asServerUser(
      user,
      binaries.initdb,
      [
        `--pgdata=${draft}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${secret}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // The server's own locale: the same sort order on every machine, and none of the machine's locales needed.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
      ],
      [binaries.initdb, draft],
    );
    await run(command, args, { ...ids, cwd: draft });
    await rename(draft, dataDir);
  } catch (error) {
    const { stderr } = error as { readonly stderr?: string };
    throw new Error(`cannot create the database in ${dataDir}: ${stderr?.trim() || (error as Error).message}`, {
      cause: error,
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
    await rm(passwordFile, { recursive: true, force: true });
  }
  log.info(
    {
      folder: dataDir,
      tookMs: Math.round(performance.now() - began),
      ...(user === undefined ? {} : { user: user.name }),
    },
    'database created',
  );
}
