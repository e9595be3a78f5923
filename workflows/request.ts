/** One request of any kind: waits for the attempt under way, decides what comes next, until the request has ended. */
import {
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { awaitFirstCall, callProvider, endRequest } from './activities.ts';
import type { Decision, EndSummary, PastAttempt, RequestInput, Standing } from '../activities/contract.ts';
import { CANCEL_SIGNAL } from './messages.ts';
import { describeDecision, describeEnd } from './describe.ts';
import { decide } from './policy/decide.ts';
import { noteEnd } from './search-attributes.ts';

const cancelSignal = defineSignal(CANCEL_SIGNAL);

type OpenStanding = Extract<Standing, { kind: 'open' }>;

export async function carryRequest(input: RequestInput): Promise<EndSummary> {
  const { id, first } = input;
  let past: readonly PastAttempt[] = [];
  let cancelled = false;
  let running: CancellationScope | undefined;
  setHandler(cancelSignal, () => {
    cancelled = true;
    running?.cancel();
  });

  const supervise = async (call: () => Promise<Standing>): Promise<Standing> => {
    try {
      return await CancellationScope.cancellable(async () => {
        running = CancellationScope.current();
        return call();
      });
    } catch (error) {
      if (!isCancellation(error)) throw error;
      return await cancel(id);
    } finally {
      running = undefined;
    }
  };

  const next = async (standing: OpenStanding): Promise<Standing> => {
    if (cancelled || standing.cancelRequested) return cancel(id);
    const decision = decide({ ...standing, now: Date.now(), random: Math.random });
    setCurrentDetails(describeDecision(standing, decision));
    if (decision.kind === 'give_up') {
      const state = decision.failure.code === 'outcome_unknown' ? 'outcome_unknown' : 'failed';
      return endRequest({ id, state, failure: decision.failure });
    }
    return supervise(async () => {
      // The wait is a durable timer: it goes on while every process of the gateway is down.
      if (decision.waitMs > 0) await condition(() => cancelled, decision.waitMs);
      if (cancelled) return cancel(id);
      return attempt(id, standing, decision);
    });
  };

  const summary = first === undefined ? {} : { summary: `${first} · attempt 1` };
  let standing = await supervise(async () => awaitFirstCall.executeWithOptions(summary, [{ id }]));
  while (standing.kind === 'open') {
    past = standing.past;
    standing = await next(standing);
  }
  setCurrentDetails(describeEnd(standing.state, standing.summary, past));
  noteEnd(standing.state, standing.summary);
  return standing.summary;
}

async function attempt(
  id: string,
  standing: OpenStanding,
  decision: Extract<Decision, { kind: 'attempt' }>,
): Promise<Standing> {
  const { deployment, group, reason } = decision;
  const last = standing.past.at(-1);
  const n = (last?.n ?? 0) + 1;
  const after = last === undefined ? '' : ` · after ${last.failure.providerStatus ?? last.failure.code}`;
  return callProvider.executeWithOptions(
    { summary: `${deployment.provider}/${deployment.model} · attempt ${n}${after}` },
    [{ id, n, deployment: deployment.id, group, reason }],
  );
}

async function cancel(id: string): Promise<Standing> {
  return CancellationScope.nonCancellable(async () =>
    endRequest({
      id,
      state: 'cancelled',
      failure: { code: 'cancelled', message: 'The request was cancelled.', billed: 'maybe' },
    }),
  );
}
