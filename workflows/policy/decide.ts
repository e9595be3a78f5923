/** What happens next to a request: a pure function of its plan, its attempts so far and the health of its deployments. */
import { ERRORS } from '../../providers/protocol/errors.ts';
import type {
  Decision,
  FinalFailure,
  PastAttempt,
  Plan,
  PlannedDeployment,
  PlannedGroup,
  Situation,
} from '../../activities/contract.ts';

/** Backoff where nobody said how long to wait: 0.5 s · 2ⁿ up to 8 s, plus up to 0.75 s so that many requests do not return together. */
const BACKOFF_BASE_MS = 500;
const BACKOFF_MAX_MS = 8_000;
const JITTER_MS = 750;

/** A request whose attempts die with their processes this often is the likely cause: it must not take down one worker after the other. */
const MAX_LOST = 5;
const LOST_WAIT_MS = 1_000;

function lostIn(past: readonly PastAttempt[]): number {
  return past.filter((attempt) => attempt.failure.code === 'attempt_lost').length;
}

export function decide(situation: Situation): Decision {
  const { plan, past } = situation;
  const last = past.at(-1);
  if (last === undefined) return begin(situation, plan.group, 'first choice');
  const group = plan.groups[last.group];
  if (group === undefined) return giveUp(last.failure, 'the group is not in the plan');
  if (plan.delivery === 'at_most_once' && last.failure.billed !== 'no') {
    const message = 'Nobody knows whether the provider answered, and at_most_once forbids another call.';
    return giveUp({ ...last.failure, code: 'outcome_unknown', message }, 'at_most_once');
  }
  return (
    retry(situation, last, group) ??
    fallBack(situation, last) ??
    giveUp(last.failure, 'no retry and no fallback is left')
  );
}

/** Whether the request certainly ends with this failure whatever the health of its deployments: then no workflow needs to decide. */
export function isFinal(plan: Plan, past: readonly PastAttempt[]): boolean {
  const decision = decide({ plan, past, cooldowns: {}, now: 0, acceptedAt: 0, random: () => 0 });
  return decision.kind === 'give_up';
}

function retry(situation: Situation, last: PastAttempt, group: PlannedGroup): Decision | undefined {
  const { plan, past } = situation;
  const row = ERRORS[last.failure.code];
  if (lostIn(past) > MAX_LOST) return undefined;
  const inGroup = past.filter((attempt) => attempt.group === last.group);
  const wanted = allowedRetries(plan, group, last);
  if (inGroup.length > wanted.count) return undefined;
  if (!wanted.explicit && row.retry !== 'same' && row.retry !== 'next') return undefined;
  if (!wanted.explicit && row.class === 'Authentication' && group.deployments.length < 2) return undefined;

  const failed = new Set(inGroup.map((attempt) => attempt.deployment));
  const healthy = group.deployments.filter((deployment) => !isCooling(situation, deployment));
  const untried = healthy.filter((deployment) => !failed.has(deployment.id));
  if (untried.length > 0) {
    const deployment = pick(untried, situation.random);
    return attempt(deployment, last.group, 0, `${last.failure.code}: another deployment of ${last.group}`);
  }
  // Everything of the group has failed once. A model that can answer now is better than a wait for one that asked for it.
  if (row.class === 'RateLimit' && nextGroup(situation, last) !== undefined) return undefined;
  if (row.retry === 'next' && !wanted.explicit) return undefined;
  const candidates = healthy.length > 0 ? healthy : group.deployments;
  const deployment = pick(candidates, situation.random);
  const waitMs = waitBefore(situation, last, inGroup.length);
  // A request that lost time through the death of our processes is still answered.
  if (
    last.failure.code !== 'attempt_lost' &&
    waitMs > 0 &&
    situation.now + waitMs - situation.acceptedAt > plan.patienceMs
  )
    return undefined;
  return attempt(deployment, last.group, waitMs, `${last.failure.code}: again after ${(waitMs / 1000).toFixed(1)} s`);
}

function allowedRetries(plan: Plan, group: PlannedGroup, last: PastAttempt): { count: number; explicit: boolean } {
  const deployment = group.deployments.find((candidate) => candidate.id === last.deployment);
  if (plan.numRetriesWished !== undefined) return { count: plan.numRetriesWished, explicit: false };
  const ofClass = group.retryPolicy?.[ERRORS[last.failure.code].class];
  if (ofClass !== undefined) return { count: ofClass, explicit: ofClass > 0 };
  // The death of one of our own processes is not the provider's failure: it does not use up the retries the operator granted.
  if (last.failure.code === 'attempt_lost') return { count: Number.POSITIVE_INFINITY, explicit: false };
  return { count: group.retryPolicy?.Default ?? deployment?.numRetries ?? plan.numRetries, explicit: false };
}

function waitBefore(situation: Situation, last: PastAttempt, failures: number): number {
  const jitter = Math.floor(situation.random() * JITTER_MS);
  // The first death may be anybody's; after that it may be the request that kills.
  const lost = lostIn(situation.past);
  if (last.failure.code === 'attempt_lost') return lost < 2 ? 0 : LOST_WAIT_MS * 2 ** (lost - 2);
  if (last.failure.retryAfterMs !== undefined) return last.failure.retryAfterMs + jitter;
  const backoff = Math.max(BACKOFF_BASE_MS * 2 ** (failures - 1), situation.plan.retryAfterMs);
  return Math.min(backoff, Math.max(BACKOFF_MAX_MS, situation.plan.retryAfterMs)) + jitter;
}

function fallBack(situation: Situation, last: PastAttempt): Decision | undefined {
  const group = nextGroup(situation, last);
  return group === undefined ? undefined : begin(situation, group, `${last.failure.code}: falls back to ${group}`);
}

/** The first group of the failure's own chain, else of the general one, that was not tried yet. */
function nextGroup(situation: Situation, last: PastAttempt): string | undefined {
  const { plan, past } = situation;
  const tried = new Set(past.map((attempt) => attempt.group));
  if (tried.size > plan.maxFallbacks) return undefined;
  const asked = plan.groups[plan.group];
  const here = plan.groups[last.group];
  const row = ERRORS[last.failure.code];
  const special =
    row.retry === 'larger_context'
      ? 'contextWindowFallbacks'
      : row.retry === 'content_policy'
        ? 'contentPolicyFallbacks'
        : undefined;
  // A request that is wrong in itself fails everywhere; asking others only multiplies the bill.
  if (row.retry === 'never') return undefined;
  const chain = [
    ...(special === undefined ? [] : [...(here?.[special] ?? []), ...(asked?.[special] ?? [])]),
    ...(asked?.fallbacks ?? []),
    ...(here?.fallbacks ?? []),
  ];
  return chain.find((name) => !tried.has(name) && (plan.groups[name]?.deployments.length ?? 0) > 0);
}

function begin(situation: Situation, groupName: string, reason: string): Decision {
  const group = situation.plan.groups[groupName];
  if (group === undefined || group.deployments.length === 0) {
    return giveUp(
      { code: 'model_not_found', message: `No deployment serves the model ${groupName}.`, billed: 'no' },
      'empty group',
    );
  }
  const healthy = group.deployments.filter((deployment) => !isCooling(situation, deployment));
  // All cooling: the call may still succeed, and refusing it certainly does not.
  return attempt(pick(healthy.length > 0 ? healthy : group.deployments, situation.random), groupName, 0, reason);
}

function isCooling(situation: Situation, deployment: PlannedDeployment): boolean {
  return (situation.cooldowns[deployment.id] ?? 0) > situation.now;
}

/** Lowest `order` first; within it a random choice by weight, where any candidate has one. */
function pick(candidates: readonly PlannedDeployment[], random: () => number): PlannedDeployment {
  const order = Math.min(...candidates.map((candidate) => candidate.order ?? Number.MAX_SAFE_INTEGER));
  const tier = candidates.filter((candidate) => (candidate.order ?? Number.MAX_SAFE_INTEGER) === order);
  const weights = tier.some((candidate) => (candidate.weight ?? 0) > 0)
    ? tier.map((candidate) => candidate.weight ?? 0)
    : tier.map(() => 1);
  let point = random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, candidate] of tier.entries()) {
    point -= weights[index] ?? 0;
    if (point < 0) return candidate;
  }
  return tier.at(-1) as PlannedDeployment;
}

function attempt(deployment: PlannedDeployment, group: string, waitMs: number, reason: string): Decision {
  return { kind: 'attempt', deployment, group, waitMs, reason };
}

function giveUp(failure: FinalFailure, reason: string): Decision {
  return { kind: 'give_up', failure, reason };
}
