/** Stored routing snapshots, addressed by content. */
import { createHash } from 'node:crypto';
import type { Database } from './pool.ts';

export type Plans = {
  /** Stores a plan (JSON text) unless it is there and answers its hash. */
  keep(plan: string): Promise<string>;
  read(hash: string): Promise<string>;
};

/** More distinct plans than any configuration has groups; beyond it the oldest is simply stored again. */
const MAX_KNOWN = 10_000;

export function createPlans(database: Database): Plans {
  const known = new Map<string, string>();
  return {
    keep: async (plan) => {
      const hash = createHash('sha256').update(plan).digest('hex').slice(0, 32);
      if (known.has(hash)) return hash;
      await database.query('insert into plans (hash, plan) values ($1, $2) on conflict do nothing', [hash, plan]);
      if (known.size >= MAX_KNOWN) known.clear();
      known.set(hash, plan);
      return hash;
    },
    read: async (hash) => {
      const cached = known.get(hash);
      if (cached !== undefined) return cached;
      const { rows } = await database.query<{ plan: string }>('select plan from plans where hash = $1', [hash]);
      if (rows[0] === undefined) throw new Error(`Plan ${hash} is missing.`);
      known.set(hash, rows[0].plan);
      return rows[0].plan;
    },
  };
}
