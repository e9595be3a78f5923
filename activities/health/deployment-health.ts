/** How the deployments are: cooldowns, calls in flight, traffic of the minute, speed; of this process and, as told, of the others. */
import type { Failure } from '../../providers/protocol/errors.ts';
import type { Config, Deployment } from '../config/config.ts';
import type { Cooldowns, Loads } from '../contract.ts';
import { cooldownMs, coolsDown } from './cooldown.ts';
import { merge, NOTHING, type DeploymentReport, type Report, type Samples } from './report.ts';

/** What came of a call, as far as the next choice is concerned. */
export type CallOutcome = {
  readonly elapsedMs: number;
  /** To the first chunk, of streams. */
  readonly ttftMs?: number;
  readonly completionTokens?: number;
  readonly totalTokens?: number;
  readonly failure?: Failure;
  /** Whether the time limit was the caller's own: missing it then says nothing against the deployment. */
  readonly ownTimeout: boolean;
};

export type DeploymentHealth = {
  begun(deployment: Deployment): void;
  ended(deployment: Deployment, outcome: CallOutcome): void;
  /** Deployments that are to be left alone, and until when. */
  cooldowns(): Cooldowns;
  loads(ids: readonly string[]): Loads;
  /** Why a deployment is cooling down. */
  lastFailure(deploymentId: string): Pick<Failure, 'code' | 'message'> | undefined;
  /** For the other processes: what this one has seen. */
  report(): Report;
  /** What each of the others has seen. */
  absorb(reports: readonly Report[]): void;
  /** Called when a cooldown has begun here, which the others should learn soon. */
  onCooldown(listener: () => void): void;
};

const MINUTE_MS = 60_000;
/** LiteLLM's: a timeout counts as a thousand seconds. */
const TIMEOUT_SAMPLE_MS = 1_000_000;
const SAMPLES = 10;
const SAMPLES_TTL_MS = 3_600_000;

export function createDeploymentHealth(config: () => Config): DeploymentHealth {
  const own = new Map<string, DeploymentReport>();
  const messages = new Map<string, string>();
  const listeners: (() => void)[] = [];
  let others: readonly Report[] = [];

  const mine = (id: string): DeploymentReport => {
    const minute = minuteNow();
    const report = own.get(id) ?? NOTHING;
    return report.minute === minute ? report : { ...report, minute, requests: 0, tokens: 0, calls: 0, failures: 0 };
  };
  const whole = (id: string): DeploymentReport => {
    const reports = others.flatMap((report) => (Object.hasOwn(report, id) ? (report[id] ?? []) : []));
    return merge([mine(id), ...reports], minuteNow(), Date.now());
  };

  const fail = (deployment: Deployment, failure: Failure): void => {
    const { router, deployments } = config();
    const { id } = deployment;
    const coolMs = cooldownMs(router, deployment, failure);
    if (coolMs === 0) return;
    const now = Date.now();
    const before = mine(id);
    own.set(id, {
      ...before,
      failures: before.failures + 1,
      fails: (before.failsUntil > now ? before.fails : 0) + 1,
      failsUntil: now + coolMs,
    });
    const alone = deployments.filter((other) => other.group === deployment.group).length < 2;
    if (!coolsDown(router, failure, whole(id), alone)) return;
    own.set(id, { ...mine(id), coolUntil: now + coolMs, code: failure.code });
    messages.set(id, failure.message);
    for (const listener of listeners) listener();
  };

  return {
    begun: ({ id }) => {
      const report = mine(id);
      own.set(id, { ...report, inFlight: report.inFlight + 1, requests: report.requests + 1 });
    },
    ended: (deployment, outcome) => {
      const { id } = deployment;
      const report = mine(id);
      const { latency } = config().router;
      own.set(id, {
        ...report,
        inFlight: Math.max(0, report.inFlight - 1),
        calls: report.calls + 1,
        tokens: report.tokens + (outcome.totalTokens ?? 0),
        ...sampled(report, outcome, latency?.samples ?? SAMPLES),
      });
      const { failure } = outcome;
      if (failure === undefined || (failure.code === 'provider_timeout' && outcome.ownTimeout)) return;
      fail(deployment, failure);
    },
    cooldowns: () => {
      if (config().router.disableCooldowns) return {};
      const now = Date.now();
      const found: Record<string, number> = {};
      const note = (id: string, { coolUntil }: DeploymentReport): void => {
        if (coolUntil > Math.max(now, found[id] ?? 0)) found[id] = coolUntil;
      };
      for (const report of others) for (const [id, told] of Object.entries(report)) note(id, told);
      for (const [id, seen] of own) note(id, seen);
      return found;
    },
    loads: (ids) => {
      const ttlMs = config().router.latency?.ttlMs ?? SAMPLES_TTL_MS;
      return Object.fromEntries(ids.map((id) => [id, toLoad(whole(id), Date.now() - ttlMs)]));
    },
    lastFailure: (id) => {
      const { coolUntil, code } = whole(id);
      if (coolUntil <= Date.now() || code === undefined) return undefined;
      return { code, message: messages.get(id) ?? 'seen by another process' };
    },
    report: () => Object.fromEntries(own),
    absorb: (reports) => {
      others = reports;
    },
    onCooldown: (listener) => {
      listeners.push(listener);
    },
  };
}

function minuteNow(): number {
  return Math.floor(Date.now() / MINUTE_MS);
}

function sampled(
  report: DeploymentReport,
  { elapsedMs, ttftMs, completionTokens, failure }: CallOutcome,
  keep: number,
): Pick<DeploymentReport, 'perToken' | 'ttft'> {
  const { perToken, ttft } = report;
  const add = (samples: Samples, ms: number): Samples => ({ ms: [...samples.ms, ms].slice(-keep), at: Date.now() });
  if (failure !== undefined) {
    if (failure.code !== 'provider_timeout') return { perToken, ttft };
    return { perToken: add(perToken, TIMEOUT_SAMPLE_MS), ttft: add(ttft, TIMEOUT_SAMPLE_MS) };
  }
  return {
    perToken: add(perToken, elapsedMs / Math.max(1, completionTokens ?? 1)),
    ttft: ttftMs === undefined ? ttft : add(ttft, ttftMs),
  };
}

function toLoad(report: DeploymentReport, freshSince: number): Loads[string] {
  const { inFlight, requests, tokens } = report;
  const latencyMs = mean(report.perToken, freshSince);
  const ttftMs = mean(report.ttft, freshSince);
  return {
    inFlight,
    requests,
    tokens,
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(ttftMs === undefined ? {} : { ttftMs }),
  };
}

function mean({ ms, at }: Samples, freshSince: number): number | undefined {
  if (ms.length === 0 || at < freshSince) return undefined;
  return ms.reduce((total, one) => total + one, 0) / ms.length;
}
