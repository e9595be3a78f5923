/** How fast the lines of a batch are sent: up to its limit, slower after a provider's 429, and out of the way of callers who wait. */

export type Sent = 'answered' | 'limited' | 'other';

export type Pace = {
  /** Takes a place. False when the signal was aborted first: then there is no place to leave. */
  enter(signal: AbortSignal): Promise<boolean>;
  leave(sent: Sent, retryAfterMs?: number): void;
  /** Lines that may be under way at once, as things stand. */
  limit(): number;
};

export type PaceOptions = {
  readonly max: () => number;
  /** Whether callers wait for answers of this process. */
  readonly busy: () => boolean;
};

/** One answer of "slow down" brings many with it, from calls that were under way already: they count as one; milliseconds. */
const SLOW_AGAIN_MS = 1_000;
/** A provider that names a longer time is asked again anyway: by one line, at the lowest limit; milliseconds. */
const LONGEST_REST_MS = 30_000;
/** Between two lines while callers wait: what is left of a processor belongs to them; milliseconds. */
const YIELD_MS = 5;

type Waiter = { readonly go: (entered: boolean) => void };

export function createPace({ max, busy }: PaceOptions): Pace {
  const waiting: Waiter[] = [];
  let limit = Number.POSITIVE_INFINITY;
  let inside = 0;
  let restUntil = 0;
  let slowedAt = Number.NEGATIVE_INFINITY;
  let lastEntry = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  const waitMs = (now: number): number => {
    const rest = restUntil - now;
    return busy() ? Math.max(rest, lastEntry + YIELD_MS - now) : rest;
  };

  const pump = (): void => {
    while (waiting.length > 0 && inside < Math.min(limit, max())) {
      const now = performance.now();
      const ms = waitMs(now);
      if (ms > 0) {
        timer ??= setTimeout(() => {
          timer = undefined;
          pump();
        }, ms);
        return;
      }
      inside += 1;
      lastEntry = now;
      waiting.shift()?.go(true);
    }
  };

  return {
    enter: async (signal) =>
      new Promise<boolean>((resolve) => {
        if (signal.aborted) {
          resolve(false);
          return;
        }
        const waiter: Waiter = {
          go: (entered) => {
            signal.removeEventListener('abort', give);
            resolve(entered);
          },
        };
        const give = (): void => {
          const at = waiting.indexOf(waiter);
          if (at === -1) return;
          waiting.splice(at, 1);
          waiter.go(false);
        };
        signal.addEventListener('abort', give);
        waiting.push(waiter);
        pump();
      }),
    leave: (sent, retryAfterMs = 0) => {
      inside -= 1;
      const now = performance.now();
      if (sent === 'limited') {
        if (now - slowedAt > SLOW_AGAIN_MS) {
          limit = Math.max(1, Math.floor(Math.min(limit, max()) / 2));
          slowedAt = now;
        }
        restUntil = Math.max(restUntil, now + Math.min(retryAfterMs, LONGEST_REST_MS));
      } else if (sent === 'answered' && limit < max()) {
        // One more after as many answers as the limit is.
        limit += 1 / limit;
      }
      pump();
    },
    limit: () => Math.floor(Math.min(limit, max())),
  };
}
