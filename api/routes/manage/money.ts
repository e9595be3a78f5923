/** Dollars on the wire, nano-dollars in the books. */
import { usdNumber } from '../usd.ts';

/** Through decimal text: `0.1 * 1e9` is not a whole number for every price. */
export function toNano(usd: number): bigint {
  const [whole = '0', fraction = ''] = usd.toFixed(9).split('.');
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

export function toUsd(nano: bigint | undefined): number | null {
  return nano === undefined ? null : usdNumber(nano);
}
