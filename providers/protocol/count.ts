/** A token count from a provider, before anything is billed with it. */

/** No model takes or gives a billion tokens in one answer; a larger count is a broken server, not a bill. */
const MOST_TOKENS = 1_000_000_000;

/** Nothing when it is missing, negative, a fraction or absurd. */
export function tokenCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_TOKENS ? value : undefined;
}
