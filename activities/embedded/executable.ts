/** Finds programs as a shell would. */
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Variables } from '../config/references.ts';

export async function findOnPath(name: string, env: Variables): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const file = join(folder, name);
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    ) {
      return file;
    }
  }
  return undefined;
}
