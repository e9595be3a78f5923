/** How long a provider asks us to wait. Read from headers only: a date is compared with the answer's own `date`, not with a clock. */
import type { WireHeaders } from '../provider.ts';

/** A provider that asks for more than a day is not asking to be retried, and a timer of months would overflow. */
const LONGEST_MS = 86_400_000;

function bounded(milliseconds: number): number | undefined {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return undefined;
  return Math.min(Math.ceil(milliseconds), LONGEST_MS);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** OpenAI and Groq write Go durations: `6m0s`, `1.2s`, `120ms`. */
export function durationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    sum += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return bounded(sum);
}

function untilMs(date: string, headers: WireHeaders): number | undefined {
  const until = Date.parse(date);
  const now = Date.parse(headers['date'] ?? '');
  return Number.isNaN(until) || Number.isNaN(now) ? undefined : bounded(Math.max(0, until - now));
}

/** A limit's reset counts only when nothing of that limit remains; otherwise it is not what stopped us. */
function resetMs(headers: WireHeaders): number | undefined {
  let longest: number | undefined;
  for (const kind of ['requests', 'tokens', 'input-tokens', 'output-tokens']) {
    for (const [reset, remaining] of [
      [`x-ratelimit-reset-${kind}`, `x-ratelimit-remaining-${kind}`],
      [`anthropic-ratelimit-${kind}-reset`, `anthropic-ratelimit-${kind}-remaining`],
    ] as const) {
      const value = headers[reset];
      if (value === undefined || headers[remaining] !== '0') continue;
      const wait = durationMs(value) ?? untilMs(value, headers);
      if (wait !== undefined && (longest === undefined || wait > longest)) longest = wait;
    }
  }
  return longest;
}

export function retryAfterMs(headers: WireHeaders): number | undefined {
  const exact = headers['retry-after-ms'];
  if (exact !== undefined && /^\d+(\.\d+)?$/.test(exact.trim())) return bounded(Number(exact));
  const value = headers['retry-after']?.trim();
  if (value !== undefined && value !== '') {
    // RFC 9110 §10.2.3: seconds or an HTTP date.
    const wait = /^\d+(\.\d+)?$/.test(value) ? bounded(Number(value) * 1000) : untilMs(value, headers);
    if (wait !== undefined) return wait;
  }
  return resetMs(headers);
}
