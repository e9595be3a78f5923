/** What one process knows of its deployments, as it tells the others: small numbers, no words of a caller. */
import type { ErrorCode } from '../../providers/protocol/errors.ts';

/** Samples of one kind: the last few, milliseconds, and when the last one came. */
export type Samples = { readonly ms: readonly number[]; readonly at: number };

export type DeploymentReport = {
  readonly inFlight: number;
  /** Minutes since 1970 that the four counts are of. */
  readonly minute: number;
  readonly requests: number;
  readonly tokens: number;
  readonly calls: number;
  readonly failures: number;
  /** Failures counted towards `allowed_fails`, and until when they count. */
  readonly fails: number;
  readonly failsUntil: number;
  /** When the cooldown that this process has seen ends, milliseconds since 1970; 0 without one. */
  readonly coolUntil: number;
  /** Why. */
  readonly code?: ErrorCode;
  readonly perToken: Samples;
  readonly ttft: Samples;
};

/** By deployment id. */
export type Report = Readonly<Record<string, DeploymentReport>>;

export const NO_SAMPLES: Samples = { ms: [], at: 0 };

export const NOTHING: DeploymentReport = {
  inFlight: 0,
  minute: 0,
  requests: 0,
  tokens: 0,
  calls: 0,
  failures: 0,
  fails: 0,
  failsUntil: 0,
  coolUntil: 0,
  perToken: NO_SAMPLES,
  ttft: NO_SAMPLES,
};

/** One deployment over several processes. */
export function merge(reports: readonly DeploymentReport[], minute: number, now: number): DeploymentReport {
  const current = reports.filter((report) => report.minute === minute);
  const counting = reports.filter((report) => report.failsUntil > now);
  const cooling = reports.toSorted((a, b) => b.coolUntil - a.coolUntil)[0];
  return {
    inFlight: sum(reports, ({ inFlight }) => inFlight),
    minute,
    requests: sum(current, ({ requests }) => requests),
    tokens: sum(current, ({ tokens }) => tokens),
    calls: sum(current, ({ calls }) => calls),
    failures: sum(current, ({ failures }) => failures),
    fails: sum(counting, ({ fails }) => fails),
    failsUntil: Math.max(0, ...counting.map(({ failsUntil }) => failsUntil)),
    coolUntil: cooling?.coolUntil ?? 0,
    ...(cooling?.code === undefined ? {} : { code: cooling.code }),
    perToken: mergeSamples(reports.map(({ perToken }) => perToken)),
    ttft: mergeSamples(reports.map(({ ttft }) => ttft)),
  };
}

function mergeSamples(all: readonly Samples[]): Samples {
  const some = all.filter(({ ms }) => ms.length > 0);
  return { ms: some.flatMap(({ ms }) => ms), at: Math.max(0, ...some.map(({ at }) => at)) };
}

function sum(reports: readonly DeploymentReport[], of: (report: DeploymentReport) => number): number {
  return reports.reduce((total, report) => total + of(report), 0);
}
