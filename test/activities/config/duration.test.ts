import { describe, expect, it } from '@jest/globals';
import { parseDuration } from '../../../activities/config/duration.ts';

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['10m', 600_000],
    ['1.5h', 5_400_000],
    ['30d', 2_592_000_000],
    ['2w', 1_209_600_000],
    ['1mo', 2_592_000_000],
    ['45', 45_000],
    [45, 45_000],
    [0.2, 200],
  ])('reads %p', (value, ms) => {
    expect(parseDuration(value, 1_000)).toBe(ms);
  });

  it.each([['10x'], ['-1s'], [-1], [''], ['1h30m'], [null], [Number.NaN], ['∞']])('refuses %p', (value) => {
    expect(parseDuration(value, 1_000)).toBeUndefined();
  });
});
