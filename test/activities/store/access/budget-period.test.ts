/** When budgets start anew. */
import { describe, expect, it } from '@jest/globals';
import { nextReset, toPeriod } from '../../../../activities/store/access/budget-period.ts';

describe('a budget starts anew', () => {
  it.each([
    ['1d', '2026-11-24T17:13:20Z', '2026-11-25T00:00:00.000Z'],
    ['1d', '2026-11-24T00:00:00Z', '2026-11-25T00:00:00.000Z'],
    ['7d', '2026-11-24T17:13:20Z', '2026-11-30T00:00:00.000Z'],
    ['7d', '2026-11-29T23:59:59Z', '2026-11-30T00:00:00.000Z'],
    ['7d', '2026-11-30T00:00:00Z', '2026-12-07T00:00:00.000Z'],
    ['1w', '2026-11-30T00:00:00Z', '2026-12-07T00:00:00.000Z'],
    ['30d', '2026-11-24T17:13:20Z', '2026-12-01T00:00:00.000Z'],
    ['1mo', '2026-12-31T23:59:59Z', '2027-01-01T00:00:00.000Z'],
    ['3mo', '2026-11-24T17:13:20Z', '2027-02-01T00:00:00.000Z'],
    ['2d', '2026-11-24T17:13:20Z', '2026-11-26T00:00:00.000Z'],
    ['1h', '2026-11-24T17:13:20Z', '2026-11-24T18:00:00.000Z'],
    ['1h', '2026-11-24T17:00:00Z', '2026-11-24T18:00:00.000Z'],
    ['30m', '2026-11-24T17:13:20Z', '2026-11-24T17:30:00.000Z'],
    ['30s', '2026-11-24T17:13:20Z', '2026-11-24T17:13:30.000Z'],
  ])('after %s, seen from %s, at %s', (period, now, expected) => {
    expect(nextReset(period, new Date(now)).toISOString()).toBe(expected);
  });

  it.each([
    ['daily', '1d'],
    ['weekly', '7d'],
    ['monthly', '30d'],
    ['hourly', '1h'],
    ['12h', '12h'],
  ])('%s is %s', (name, period) => {
    expect(toPeriod(name)).toBe(period);
  });

  it.each(['', 'soon', '30', '-1d', '0d', '10ms', '1 year'])('%j is no period', (text) => {
    expect(toPeriod(text)).toBeUndefined();
  });
});
