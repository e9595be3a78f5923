/** The keys that this process has seen lately, so that a known key costs no question to the database. */
import type { Principal } from './principals.ts';

export type KeyCacheOptions = {
  readonly read: (hash: Buffer) => Promise<Principal | undefined>;
  /** Whether every change is heard of at once; while it is not, nothing is taken from memory. */
  readonly listening: () => boolean;
  readonly ttlMs: number;
  readonly maxKeys: number;
  readonly nowMs: () => number;
};

export type KeyCache = {
  find(hash: Buffer): Promise<Principal | undefined>;
  /** Forgets whatever a change touches. */
  forget(what: string, id: string): void;
  clear(): void;
};

type Entry = { readonly principal: Principal | undefined; readonly untilMs: number };

/** Guessed keys must not push real ones out, nor ask the database each time. */
const MAX_UNKNOWN = 1_000;

export function createKeyCache({ read, listening, ttlMs, maxKeys, nowMs }: KeyCacheOptions): KeyCache {
  const known = new Map<string, Entry>();
  const unknown = new Map<string, Entry>();
  /** Grows with every change: what was read before a change that came meanwhile is not kept. */
  let generation = 0;

  const keep = (entries: Map<string, Entry>, max: number, name: string, principal: Principal | undefined): void => {
    entries.delete(name);
    if (entries.size >= max) {
      const oldest = entries.keys().next();
      if (oldest.done !== true) entries.delete(oldest.value);
    }
    entries.set(name, { principal, untilMs: nowMs() + ttlMs });
  };

  return {
    find: async (hash) => {
      const name = hash.toString('base64');
      if (listening()) {
        const entries = known.has(name) ? known : unknown;
        const entry = entries.get(name);
        if (entry !== undefined && entry.untilMs > nowMs()) {
          // The last one used is the last one to be dropped.
          entries.delete(name);
          entries.set(name, entry);
          return entry.principal;
        }
      }
      const before = generation;
      const principal = await read(hash);
      if (before === generation && listening()) {
        if (principal === undefined) keep(unknown, MAX_UNKNOWN, name, undefined);
        else keep(known, maxKeys, name, principal);
      }
      return principal;
    },
    forget: (what, id) => {
      generation += 1;
      unknown.clear();
      if (what === 'access_group') known.clear();
      for (const [name, { principal }] of known)
        if (principal !== undefined && concerns(principal, what, id)) known.delete(name);
    },
    clear: () => {
      generation += 1;
      known.clear();
      unknown.clear();
    },
  };
}

function concerns(principal: Principal, what: string, id: string): boolean {
  switch (what) {
    case 'key':
      return principal.keyId === id;
    case 'user':
      return principal.userId === id;
    case 'team':
      return principal.teamId === id;
    case 'organization':
      return principal.organizationId === id;
    default:
      return false;
  }
}
