/** When a budget starts anew: LiteLLM's rules, on the calendar of UTC. Pure. */
import { parseDuration } from '../../config/duration.ts';

const NAMES: Readonly<Record<string, string>> = {
  hourly: '1h',
  daily: '1d',
  weekly: '7d',
  monthly: '30d',
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** `30d`, `1mo`, `12h`, …; undefined when it is none. Names such as `daily` become the duration that they mean. */
export function toPeriod(text: string): string | undefined {
  const period = NAMES[text] ?? text;
  const lengthMs = parseDuration(period, Number.NaN);
  return lengthMs !== undefined && lengthMs >= 1_000 && /[a-z]$/.test(period) ? period : undefined;
}

/** `1d`: the next midnight; `7d`: Monday; `30d` and `1mo`: the first of the month; hours and less: on the clock; other days: midnight then. */
export function nextReset(period: string, now: Date): Date {
  const at = now.getTime();
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  const months = /^(\d+)mo$/.exec(period)?.[1];
  if (period === '30d' || months !== undefined)
    return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + Number(months ?? 1), 1));
  const lengthMs = Math.max(parseDuration(period, Number.NaN) ?? DAY_MS, 1_000);
  if (lengthMs === 7 * DAY_MS) return new Date(midnight + ((8 - now.getUTCDay()) % 7 || 7) * DAY_MS);
  if (lengthMs % DAY_MS === 0) return new Date(midnight + lengthMs);
  return new Date(Math.floor(at / lengthMs) * lengthMs + lengthMs);
}
