/** How long one attempt may take: the caller's word, then the deployment's, then the router's. Pure. */
import type { Deployment } from './config/config.ts';
import type { Plan } from './contract.ts';

export type Timeouts = {
  /** The whole attempt. */
  readonly timeoutMs: number;
  /** To the first chunk of a stream, and between chunks. */
  readonly idleMs: number;
  /** Whether the caller chose the one that counts. */
  readonly own: boolean;
};

export function timeoutsOf(plan: Plan, deployment: Deployment, streaming: boolean): Timeouts {
  const timeoutMs = plan.timeoutWishedMs ?? deployment.timeoutMs ?? plan.timeoutMs;
  const idleMs =
    plan.streamTimeoutWishedMs ??
    // A caller who limits the whole answer waits no longer for its beginning.
    plan.timeoutWishedMs ??
    deployment.streamTimeoutMs ??
    plan.streamTimeoutMs ??
    timeoutMs;
  const own = plan.timeoutWishedMs !== undefined || (streaming && plan.streamTimeoutWishedMs !== undefined);
  return { timeoutMs, idleMs, own };
}
