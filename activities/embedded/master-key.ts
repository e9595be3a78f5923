/** The master key of a gateway whose operator named none: made once, kept in the home folder. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { keepSecret, openHome } from './home.ts';

export type MasterKey = { readonly key: string; readonly path: string; readonly created: boolean };

/** What keys are hashed with, where the operator names nothing: made once like the master key. */
export async function loadKeyPepper(home: string): Promise<string> {
  const path = join(await openHome(home), 'key-pepper');
  return (await keepSecret(path, () => randomBytes(32).toString('base64url'))).value;
}

export async function loadMasterKey(home: string): Promise<MasterKey> {
  const path = join(await openHome(home), 'master-key');
  const { value, created } = await keepSecret(path, () => `sk-${randomBytes(32).toString('base64url')}`);
  return { key: value, path, created };
}
