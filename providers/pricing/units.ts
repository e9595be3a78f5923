/** Prices of what is not counted in tokens: images, characters, seconds of sound, searches. Free of zod: workflows read it. */
import type { Units } from '../protocol/usage.ts';

/** Femto-dollars for one; absent where no price is known. */
export type UnitRates = { readonly [unit in keyof Units]?: bigint };

/** Price lists put the price of a unit under its input or its output, and sometimes the same price under both. */
const FIELDS = {
  images: ['output_cost_per_image', 'input_cost_per_image'],
  pixels: ['output_cost_per_pixel', 'input_cost_per_pixel'],
  characters: ['input_cost_per_character', 'output_cost_per_character'],
  seconds: ['input_cost_per_second', 'output_cost_per_second'],
  queries: ['input_cost_per_query'],
} as const satisfies Record<keyof Units, readonly string[]>;

const NAMES = Object.keys(FIELDS) as readonly (keyof Units)[];

export function parseUnitRates(read: (name: string) => bigint | undefined): UnitRates {
  const rates: { [unit in keyof Units]?: bigint } = {};
  for (const unit of NAMES) {
    for (const field of FIELDS[unit]) {
      const price = read(field);
      if (price !== undefined && price >= (rates[unit] ?? 0n)) rates[unit] = price;
    }
  }
  // A price per image is the price; lists add the same in pixels.
  if (rates.images !== undefined) delete rates.pixels;
  return rates;
}

/** Seconds are counted in thousandths. */
const THOUSANDTHS = 1_000;

/** Femto-dollars. Nothing when none of the counted units has a price. */
export function unitsCost(units: Units | undefined, rates: UnitRates): bigint | undefined {
  let sum: bigint | undefined;
  for (const unit of NAMES) {
    const count = units?.[unit];
    const rate = rates[unit];
    if (count === undefined || rate === undefined || !(count >= 0)) continue;
    sum = (sum ?? 0n) + (BigInt(Math.round(count * THOUSANDTHS)) * rate) / BigInt(THOUSANDTHS);
  }
  return sum;
}
