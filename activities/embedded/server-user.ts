/** Which user the database server runs as: PostgreSQL refuses to run as root. */
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export type ServerUser = { readonly name: string; readonly uid: number; readonly gid: number };

/** In this order: the one made for it, else the one that owns nothing. No account is created on the machine. */
const CANDIDATES = ['postgres', 'nobody'];

/** Undefined when we are not root: then the server runs as ourselves. */
export async function serverUser(dataDir: string): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = parseAccounts(await readFile('/etc/passwd', 'utf8').catch(() => ''));
  const owner = await stat(dataDir).then(
    (folder) => folder.uid,
    () => undefined,
  );
  // The user who owns the data already stays: a new `postgres` account on the machine must not lock the server out of them.
  const user =
    accounts.find((account) => account.uid === owner && account.uid !== 0) ??
    CANDIDATES.map((name) => accounts.find((account) => account.name === name)).find(
      (account) => account !== undefined,
    );
  if (user === undefined) {
    throw new Error(
      'PostgreSQL does not run as root, and there is no user "postgres" or "nobody" here: start Holdfast as another user, or set DATABASE_URL',
    );
  }
  return user;
}

function parseAccounts(passwd: string): readonly ServerUser[] {
  return passwd.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name === undefined || gid === undefined ? [] : [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

/** Whether that user can reach a path: every folder above it must let others through. */
async function reaches(user: ServerUser, path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

export type Command = {
  readonly command: string;
  readonly args: readonly string[];
  readonly user?: { readonly uid: number; readonly gid: number };
};

/**
 * A command as that user. Where root's folders are closed to others (a checkout under /root), the server additionally keeps the one right
 * to walk through them, and no other.
 */
export async function asServerUser(
  user: ServerUser | undefined,
  command: string,
  args: readonly string[],
  paths: readonly string[],
): Promise<Command> {
  if (user === undefined) return { command, args };
  const reached = await Promise.all(paths.map((path) => reaches(user, path)));
  const { uid, gid } = user;
  if (!reached.includes(false)) return { command, args, user: { uid, gid } };
  const rights = ['--inh-caps=-all,+dac_read_search', '--ambient-caps=-all,+dac_read_search'];
  return {
    command: 'setpriv',
    args: [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...rights, '--', command, ...args],
  };
}
