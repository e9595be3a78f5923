/** From a key to the caller it stands for, or to the reason why it stands for nobody now. */
import type { KeyCache } from '../../activities/store/access/key-cache.ts';
import type { HashKey } from '../../activities/store/access/key-secrets.ts';
import type { Principal } from '../../activities/store/access/principals.ts';
import { isTransient } from '../../activities/store/pool.ts';
import type { Caller } from '../dispatch.ts';
import { refuse } from '../middleware/refusal.ts';

export type ResolveDeps = {
  readonly keys: Pick<KeyCache, 'find'>;
  readonly hashKey: HashKey;
  readonly nowMs: () => number;
};

export function createResolveKey({ keys, hashKey, nowMs }: ResolveDeps): (key: string) => Promise<Caller | undefined> {
  return async (key) => {
    // No key of ours looks otherwise; a hash or an id is no key either.
    if (!key.startsWith('sk-')) return undefined;
    const principal = await find(keys, hashKey(key));
    if (principal === undefined) return undefined;
    refuseUnusable(principal, nowMs());
    return toCaller(principal);
  };
}

async function find(keys: ResolveDeps['keys'], hash: Buffer): Promise<Principal | undefined> {
  try {
    return await keys.find(hash);
  } catch (error) {
    if (!isTransient(error)) throw error;
    // Nobody is let in on what was true before the database went away: the key may be revoked.
    return refuse('durability_unavailable', 'The database cannot be reached; the key could not be checked.');
  }
}

const BLOCKED: Readonly<Record<NonNullable<Principal['blocked']>, string>> = {
  key: "Key is blocked. Update via `/key/unblock` if you're admin.",
  team: "The key's team is blocked or deleted. Update via `/team/unblock` if you're admin.",
  user: "The key's user is blocked.",
  organization: "The key's organization is blocked.",
};

export function refuseUnusable({ blocked, expiresAtMs }: Principal, nowMs: number): void {
  if (blocked !== undefined) refuse('auth_error', `Authentication Error, ${BLOCKED[blocked]}`);
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs)
    refuse('expired_key', `Authentication Error, Expired Key. Key Expiry time ${new Date(expiresAtMs).toISOString()}`);
}

/** Made once for a principal, which lives as long as nothing about it changes. */
const callers = new WeakMap<Principal, Caller>();

export function toCaller(principal: Principal): Caller {
  const known = callers.get(principal);
  if (known !== undefined) return known;
  const caller: Caller = {
    tenant: principal.teamId ?? principal.keyId,
    operator: principal.role === 'proxy_admin',
    alias: principal.keyAlias ?? principal.keyName,
    principal,
  };
  callers.set(principal, caller);
  return caller;
}
