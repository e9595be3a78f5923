/** Keeps the processes of an installation informed of each other's deployments, off every request's way: at most a second behind. */
import type { OtherReport } from '../store/process-health.ts';
import type { DeploymentHealth } from './deployment-health.ts';
import type { Report } from './report.ts';

export type Exchange = (report: string | undefined) => Promise<readonly OtherReport[]>;

export type SharingDeps = {
  readonly health: DeploymentHealth;
  /** Redis, where one is configured. */
  readonly fast?: Exchange;
  /** The database: without Redis, and while it does not answer. */
  readonly plain: Exchange;
  readonly log: { warn(details: object, message: string): void };
};

export type Sharing = {
  /** Tells and hears now. Never rejects. */
  now(): Promise<void>;
  stop(): void;
};

const INTERVAL_MS = 500;
/** An unchanged report is told again after this long, so that nobody takes this process for gone. */
const AGAIN_MS = 4_000;
/** LiteLLM's breaker: after five failures in a row Redis is left alone for a minute. */
const MAX_FAILURES = 5;
const REST_MS = 60_000;

export function startSharing(deps: SharingDeps): Sharing {
  const { health, log } = deps;
  const exchange = deps.fast === undefined ? deps.plain : withBreaker(deps.fast, deps.plain, log);
  let last = '';
  let toldAt = -Infinity;
  let busy: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let silent = false;

  const once = async (): Promise<void> => {
    const text = JSON.stringify(health.report());
    const tell = text !== last || performance.now() - toldAt > AGAIN_MS;
    try {
      const others = await exchange(tell ? text : undefined);
      if (tell) {
        last = text;
        toldAt = performance.now();
      }
      health.absorb(others.map(toReport));
      silent = false;
    } catch (error) {
      // Said once an outage: what was heard last counts until then.
      if (!silent) log.warn({ err: error }, 'the other processes cannot be asked about deployments');
      silent = true;
    }
  };
  const now = async (): Promise<void> => {
    if (busy !== undefined) {
      again = true;
      return busy;
    }
    busy = once().finally(() => {
      busy = undefined;
      if (again && !stopped) {
        again = false;
        void now();
      }
    });
    return busy;
  };

  const timer = setInterval(() => void now(), INTERVAL_MS);
  timer.unref();
  health.onCooldown(() => void now());
  return {
    now,
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}

/** Our own processes wrote it. The calls in flight of one that is silent do not count: it may be gone. */
function toReport({ report, alive }: OtherReport): Report {
  const parsed = JSON.parse(report) as Report;
  if (alive) return parsed;
  return Object.fromEntries(Object.entries(parsed).map(([id, row]) => [id, { ...row, inFlight: 0 }]));
}

function withBreaker(fast: Exchange, plain: Exchange, log: SharingDeps['log']): Exchange {
  let failures = 0;
  let restUntil = 0;
  return async (report) => {
    if (performance.now() < restUntil) return plain(report);
    try {
      const others = await fast(report);
      failures = 0;
      return others;
    } catch (error) {
      failures += 1;
      if (failures >= MAX_FAILURES) {
        failures = 0;
        restUntil = performance.now() + REST_MS;
        log.warn({ err: error }, 'Redis does not answer; deployments are shared through the database for a minute');
      }
      return plain(report);
    }
  };
}
