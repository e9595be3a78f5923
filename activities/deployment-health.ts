/** Which deployments are cooling down, as this process has seen them fail. LiteLLM's rules for when and how long. */
import { ERRORS, type Failure } from '../providers/protocol/errors.ts';
import type { Config, Deployment } from './config/config.ts';
import type { Cooldowns } from './contract.ts';

export type DeploymentHealth = {
  succeeded(deployment: Deployment): void;
  failed(deployment: Deployment, failure: Failure): void;
  /** Deployments that are to be left alone, and until when. */
  cooldowns(): Cooldowns;
  /** The last failure of a deployment that is cooling down. */
  lastFailure(deploymentId: string): Failure | undefined;
};

const MINUTE_MS = 60_000;
/** Below this many calls in a minute a failure rate says nothing. */
const MIN_CALLS = 5;
const MAX_FAILURE_RATE = 0.5;

type Window = { minute: number; calls: number; failures: number };

export function createDeploymentHealth(config: () => Config): DeploymentHealth {
  const until = new Map<string, number>();
  const failures = new Map<string, Failure>();
  const windows = new Map<string, Window>();
  const fails = new Map<string, { count: number; expires: number }>();

  const windowOf = (id: string): Window => {
    const minute = Math.floor(Date.now() / MINUTE_MS);
    const window = windows.get(id);
    if (window?.minute === minute) return window;
    const fresh = { minute, calls: 0, failures: 0 };
    windows.set(id, fresh);
    return fresh;
  };

  return {
    succeeded: (deployment) => {
      windowOf(deployment.id).calls += 1;
    },
    failed: (deployment, failure) => {
      const { router, deployments } = config();
      const row = ERRORS[failure.code];
      const window = windowOf(deployment.id);
      window.calls += 1;
      if (router.disableCooldowns || !row.cooldown) return;
      window.failures += 1;
      const coolMs = deployment.cooldownTimeMs ?? failure.retryAfterMs ?? router.cooldownTimeMs;
      if (coolMs <= 0) return;
      const alone = deployments.filter((other) => other.group === deployment.group).length < 2;
      const allowed = router.allowedFailsPolicy?.[row.class] ?? router.allowedFails;
      const cool =
        allowed === undefined
          ? !alone &&
            (row.class === 'RateLimit' ||
              row.class === 'Authentication' ||
              row.class === 'NotFound' ||
              isMostlyFailing(window))
          : count(fails, deployment.id, coolMs) > allowed;
      if (!cool) return;
      until.set(deployment.id, Date.now() + coolMs);
      failures.set(deployment.id, failure);
    },
    cooldowns: () => {
      const now = Date.now();
      for (const [id, end] of until) if (end <= now) until.delete(id);
      return Object.fromEntries(until);
    },
    lastFailure: (id) => (until.has(id) ? failures.get(id) : undefined),
  };
}

function isMostlyFailing(window: Window): boolean {
  return window.calls >= MIN_CALLS && window.failures / window.calls > MAX_FAILURE_RATE;
}

/** Failures counted until none was seen for a cooldown's length. */
function count(fails: Map<string, { count: number; expires: number }>, id: string, ttlMs: number): number {
  const now = Date.now();
  const entry = fails.get(id);
  const next = { count: entry !== undefined && entry.expires > now ? entry.count + 1 : 1, expires: now + ttlMs };
  fails.set(id, next);
  return next.count;
}
