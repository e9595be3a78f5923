/** Knows whether Temporal takes work at present, so that new requests need not find out one by one. */

export type Breaker = {
  /** False while Temporal is thought to be down and it is not yet time to try again. */
  allows(): boolean;
  succeeded(): void;
  failed(): void;
};

/** One failure may be a hiccup; this many in a row are an outage. */
const FAILURES_TO_OPEN = 2;
const RETRY_MS = 1_000;

export function createBreaker(): Breaker {
  let failures = 0;
  let tryAgainAt = 0;
  return {
    allows: () => {
      if (failures < FAILURES_TO_OPEN) return true;
      const now = performance.now();
      if (now < tryAgainAt) return false;
      // One request a second tries; the others are still turned away.
      tryAgainAt = now + RETRY_MS;
      return true;
    },
    succeeded: () => {
      failures = 0;
    },
    failed: () => {
      failures += 1;
      tryAgainAt = performance.now() + RETRY_MS;
    },
  };
}
