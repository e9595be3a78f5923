/** The same exchange over Redis: one key a process, which expires, and one set of who there is. */
import { Redis } from 'ioredis';
import type { OtherReport } from '../store/process-health.ts';

export type RedisExchange = {
  exchange(report: string | undefined): Promise<readonly OtherReport[]>;
  close(): void;
};

const SILENT_MS = 10_000;
const FORGET_MS = 3_600_000;
const COMMAND_TIMEOUT_MS = 500;

/** `scope` tells two installations apart that share a server. */
export function createRedisExchange(url: string, scope: string, process: string): RedisExchange {
  const redis = new Redis(url, {
    lazyConnect: true,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: COMMAND_TIMEOUT_MS,
    // Whoever shares falls back to the database at once; queueing commands for later would only tell old news.
    enableOfflineQueue: true,
    maxRetriesPerRequest: 0,
  });
  // Each failed command is counted where it was given; the client would end the process over an event that nobody hears.
  redis.on('error', () => undefined);
  const everyone = `holdfast:${scope}:health`;
  const keyOf = (name: string): string => `${everyone}:${name}`;
  return {
    exchange: async (report) => {
      const now = Date.now();
      const telling = redis.pipeline().zremrangebyscore(everyone, 0, now - FORGET_MS);
      if (report !== undefined) telling.set(keyOf(process), report, 'PX', FORGET_MS).zadd(everyone, now, process);
      const told = await telling.zrange(everyone, '0', '-1', 'WITHSCORES').exec();
      const failed = told?.find(([error]) => error !== null)?.[0];
      if (told === null || (failed !== undefined && failed !== null))
        throw failed ?? new Error('Redis did not answer.');
      const seen = others(told.at(-1)?.[1], process);
      if (seen.length === 0) return [];
      const reports = await redis.mget(seen.map(({ name }) => keyOf(name)));
      return reports.flatMap((text, n) =>
        text === null ? [] : [{ report: text, alive: (seen[n]?.at ?? 0) > now - SILENT_MS }],
      );
    },
    close: () => {
      redis.disconnect();
    },
  };
}

/** Names and scores in turn. */
function others(reply: unknown, self: string): readonly { readonly name: string; readonly at: number }[] {
  const flat = Array.isArray(reply) ? reply.flat().map(String) : [];
  const pairs = flat.flatMap((name, n) => (n % 2 === 0 ? [{ name, at: Number(flat[n + 1]) }] : []));
  return pairs.filter(({ name }) => name !== self);
}
