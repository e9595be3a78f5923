/** What holds for the lines of a batch: the key that it was made with must be good, and allow their models, when they are sent. */
import type { Config } from '../../activities/config/config.ts';
import type { LineRequest } from '../../activities/batch/line-reader.ts';
import type { Principal } from '../../activities/store/access/principals.ts';
import type { Failure } from '../../providers/protocol/errors.ts';
import { edgeFailure, Refusal } from '../middleware/refusal.ts';
import { refuseUnusable, toCaller } from './caller.ts';
import { requireModelAccess } from './models.ts';

export type LineRuleDeps = {
  readonly config: () => Config;
  readonly read: (keyId: string) => Promise<Principal | undefined>;
  readonly nowMs: () => number;
};

/** Thousands of lines a minute share a key; one that was revoked ends their batch within this. */
const KEPT_MS = 2_000;
const MOST_KEPT = 1_000;

export function createLineRule({ config, read, nowMs }: LineRuleDeps) {
  const kept = new Map<string, { readonly principal: Principal | undefined; readonly untilMs: number }>();
  const find = async (keyId: string): Promise<Principal | undefined> => {
    const known = kept.get(keyId);
    if (known !== undefined && known.untilMs > nowMs()) return known.principal;
    const principal = await read(keyId);
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(keyId, { principal, untilMs: nowMs() + KEPT_MS });
    return principal;
  };
  return async (keyId: string, { model, wishes }: LineRequest): Promise<Failure | undefined> => {
    const principal = await find(keyId);
    if (principal === undefined)
      return edgeFailure('invalid_api_key', 'The key that this batch was made with was deleted.');
    try {
      refuseUnusable(principal, nowMs());
      const caller = toCaller(principal);
      requireModelAccess(config(), caller, model);
      wishes.fallbacks?.forEach((name, index) => requireModelAccess(config(), caller, name, `fallbacks[${index}]`));
      return undefined;
    } catch (error) {
      if (error instanceof Refusal) return error.failure;
      throw error;
    }
  };
}
