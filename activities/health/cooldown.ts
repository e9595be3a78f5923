/** When a failure sends a deployment into its cooldown, and for how long: LiteLLM's rules. Pure. */
import { ERRORS, type Failure } from '../../providers/protocol/errors.ts';
import type { Deployment, RouterSettings } from '../config/config.ts';

/** Below this many calls in a minute a failure rate says nothing. */
const MIN_CALLS = 5;
const MAX_FAILURE_RATE = 0.5;
/** With this many calls in a minute even a deployment without a sibling is left alone when every one of them fails. */
const MANY_CALLS = 1_000;

/** 0 when this failure says nothing against the deployment. */
export function cooldownMs(router: RouterSettings, deployment: Deployment, failure: Failure): number {
  if (router.disableCooldowns || !ERRORS[failure.code].cooldown) return 0;
  return Math.max(0, deployment.cooldownTimeMs ?? failure.retryAfterMs ?? router.cooldownTimeMs);
}

export type FailureRecord = { readonly calls: number; readonly failures: number; readonly fails: number };

/** `seen` counts this failure, too. */
export function coolsDown(router: RouterSettings, failure: Failure, seen: FailureRecord, alone: boolean): boolean {
  const row = ERRORS[failure.code];
  const allowed = router.allowedFailsPolicy?.[row.class] ?? router.allowedFails;
  if (allowed !== undefined) return seen.fails > allowed;
  if (seen.calls >= MANY_CALLS && seen.failures === seen.calls) return true;
  if (alone) return false;
  return (
    row.class === 'RateLimit' ||
    row.class === 'Authentication' ||
    row.class === 'NotFound' ||
    (seen.calls >= MIN_CALLS && seen.failures / seen.calls > MAX_FAILURE_RATE)
  );
}
