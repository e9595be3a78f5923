/** Carries a request without a workflow, while Temporal is down and the operator prefers that to refusing: same steps, same decisions. */
import { finish, makeCall, stand, type StepDeps } from './steps.ts';
import type { Decision, Situation, Standing } from './contract.ts';

export type InlineDeps = StepDeps & { readonly decide: (situation: Situation) => Decision };

/** Errors: what the ledger said; the request is then found by the reconciler. */
export async function carryInline(deps: InlineDeps, id: string, signal: AbortSignal): Promise<void> {
  const by = { signal };
  let standing: Standing = await stand(deps, id, by);
  while (standing.kind === 'open') {
    const decision: Decision = deps.decide({ ...standing, now: Date.now(), random: Math.random });
    const last = standing.past.at(-1);
    if (standing.cancelRequested) {
      standing = await finish(
        deps,
        {
          id,
          state: 'cancelled',
          failure: { code: 'cancelled', message: 'The request was cancelled.', billed: 'maybe' },
        },
        by,
      );
    } else if (decision.kind === 'give_up') {
      const state = decision.failure.code === 'outcome_unknown' ? 'outcome_unknown' : 'failed';
      standing = await finish(deps, { id, state, failure: decision.failure }, by);
    } else {
      await pause(decision.waitMs, signal);
      const { deployment, group, reason } = decision;
      standing = await makeCall(deps, { id, n: (last?.n ?? 0) + 1, deployment: deployment.id, group, reason }, by);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}
