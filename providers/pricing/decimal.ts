/** Exact decimals: prices become whole femto-dollars, so that no sum of money is ever a float. Free of zod: workflows read it. */

/** 10^15: the finest price known is in the order of 10^-10 dollars per token, five digits above this. */
const FRACTION_DIGITS = 15;

const FEMTO_PER_NANO = 1_000_000n;

/** `"0.0000025"`, `2.5e-6`, `"2.5E-06"` → femto-dollars, rounded half up in the last digit. Nothing for what is no price. */
export function parseFemtoUsd(value: unknown): bigint | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const match = /^\+?(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(String(value).trim());
  if (match === null) return undefined;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const digits = BigInt(whole + fraction);
  const shift = FRACTION_DIGITS + Number(exponent) - fraction.length;
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  return (digits + divisor / 2n) / divisor;
}

/** The one rounding of a cost, half up. */
export function toNanoUsd(femtoUsd: bigint): bigint {
  return (femtoUsd + FEMTO_PER_NANO / 2n) / FEMTO_PER_NANO;
}
