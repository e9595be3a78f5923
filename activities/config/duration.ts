/** Durations as people write them: `30s`, `1h`, `30d`, or a bare number whose unit the key decides. */

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  // LiteLLM counts a month as 30 days where it needs a fixed length.
  mo: 2_592_000_000,
};

const DURATION = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w|mo)?\s*$/;

/** Milliseconds, or undefined when it is no duration ≥ 0. `bareUnitMs` is the unit of a number without one. */
export function parseDuration(value: unknown, bareUnitMs: number): number | undefined {
  if (typeof value === 'number')
    return Number.isFinite(value) && value >= 0 ? Math.round(value * bareUnitMs) : undefined;
  if (typeof value !== 'string') return undefined;
  const match = DURATION.exec(value);
  if (match === null) return undefined;
  const unitMs = match[2] === undefined ? bareUnitMs : UNIT_MS[match[2]];
  return unitMs === undefined ? undefined : Math.round(Number(match[1]) * unitMs);
}
