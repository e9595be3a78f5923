/** Money at the edge: integer nano-dollars become decimal dollars without passing through a float. */

const NANO = 1_000_000_000n;

/** `123456n` → `"0.000123456"`. */
export function usdText(costNanoUsd: bigint): string {
  const sign = costNanoUsd < 0n ? '-' : '';
  const size = costNanoUsd < 0n ? -costNanoUsd : costNanoUsd;
  const fraction = (size % NANO).toString().padStart(9, '0').replace(/0+$/, '');
  return `${sign}${size / NANO}${fraction === '' ? '' : `.${fraction}`}`;
}

/** As a JSON number. Exact to the nano-dollar below a million dollars: a double keeps fifteen digits. */
export function usdNumber(costNanoUsd: bigint): number {
  return Number(usdText(costNanoUsd));
}
