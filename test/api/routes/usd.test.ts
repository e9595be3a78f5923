/** Money as decimal dollars. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { usdNumber, usdText } from '../../../api/routes/usd.ts';

describe('an amount of nano-dollars', () => {
  it.each([
    [0n, '0'],
    [1n, '0.000000001'],
    [123_450n, '0.00012345'],
    [1_000_000_000n, '1'],
    [-1_500_000_000n, '-1.5'],
    [12_345_678_901_234_567_890n, '12345678901.23456789'],
  ])('%p is %s dollars', (nano, text) => {
    expect(usdText(nano)).toBe(text);
  });

  it('survives the way through a JSON number below a million dollars', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 999_999_999_999_999n }), (nano) => {
        const read = JSON.parse(JSON.stringify({ cost: usdNumber(nano) })) as { cost: number };
        expect(BigInt(read.cost.toFixed(9).replace('.', ''))).toBe(nano);
      }),
    );
  });
});
