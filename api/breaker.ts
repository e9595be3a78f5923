/** Knows whether Temporal takes work at present, so that new requests need not find out one by one. */

export type Breaker = {
  /** False while Temporal is thought to be down. The starts that failed go on trying, and one that succeeds ends it. */
  allows(): boolean;
  succeeded(): void;
  failed(): void;
};

/** One failure may be a hiccup; this many in a row are an outage. */
const FAILURES_TO_OPEN = 2;

export function createBreaker(): Breaker {
  let failures = 0;
  return {
    allows: () => failures < FAILURES_TO_OPEN,
    succeeded: () => {
      failures = 0;
    },
    failed: () => {
      failures += 1;
    },
  };
}
