/** What happens next to a request: a pure function of its plan, its attempts so far and the health of its deployments. */
import { ERRORS } from '../../providers/protocol/errors.ts';
import type { Decision, FinalFailure, PastAttempt, Plan, PlannedGroup, Situation } from '../../activities/contract.ts';
import { choose, fitOf, isSpent, orderOf, untilFitMs } from './candidates.ts';
import type { Choice } from './strategies/strategy.ts';

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
  if (last === undefined) return first(situation);
  const group = plan.groups[last.group];
  if (group === undefined) return giveUp(last.failure, 'the group is not in the plan');
  if (plan.delivery === 'at_most_once' && last.failure.billed !== 'no') {
    const message = 'Nobody knows whether the provider answered, and at_most_once forbids another call.';
    return giveUp({ ...last.failure, code: 'outcome_unknown', message }, 'at_most_once');
  }
  return (
    retry(situation, last, group) ??
    nextOrder(situation, last, group) ??
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
  const fit = fitOf(situation, group);
  const untried = fit.filter((deployment) => !failed.has(deployment.id));
  if (untried.length > 0) {
    return attempt(
      choose(situation, untried),
      last.group,
      0,
      `${last.failure.code}: another deployment of ${last.group}`,
    );
  }
  // Everything of the group has failed once. A model that can answer now is better than a wait for one that asked for it.
  if (row.class === 'RateLimit' && nextGroup(situation, last) !== undefined) return undefined;
  if (row.retry === 'next' && !wanted.explicit) return undefined;
  const candidates = fit.length > 0 ? fit : group.deployments;
  // The deployment left the configuration, and it was the only one.
  if (candidates.length === 0) return undefined;
  const choice = choose(situation, candidates);
  const backoffMs = waitBefore(situation, last, inGroup.length);
  const spent = candidates.every((deployment) => isSpent(situation, deployment));
  const waitMs = spent ? Math.max(backoffMs, untilFitMs(situation, candidates)) : backoffMs;
  // A request that lost time through the death of our processes is still answered.
  if (
    last.failure.code !== 'attempt_lost' &&
    waitMs > 0 &&
    situation.now + waitMs - situation.acceptedAt > plan.patienceMs
  )
    return undefined;
  return attempt(choice, last.group, waitMs, `${last.failure.code}: again after ${(waitMs / 1000).toFixed(1)} s`);
}

/** When the retries of an order are used up, the deployments of a later order come before any fallback. */
function nextOrder(situation: Situation, last: PastAttempt, group: PlannedGroup): Decision | undefined {
  const { retry: rule } = ERRORS[last.failure.code];
  const from = group.deployments.find((deployment) => deployment.id === last.deployment);
  if ((rule !== 'same' && rule !== 'next') || from === undefined || lostIn(situation.past) > MAX_LOST) return undefined;
  const failed = new Set(situation.past.map((one) => one.deployment));
  const later = fitOf(situation, group).filter(
    (deployment) => orderOf(deployment) > orderOf(from) && !failed.has(deployment.id),
  );
  if (later.length === 0) return undefined;
  const choice = choose(situation, later);
  return attempt(
    choice,
    last.group,
    0,
    `${last.failure.code}: order ${choice.deployment.order ?? 'last'} of ${last.group}`,
  );
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

/** Of the failure's own chain, else of the general one: the first that was not tried yet and can answer now, else the first. */
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
  return readiest(situation, chain, tried);
}

function readiest(situation: Situation, chain: readonly string[], tried: ReadonlySet<string>): string | undefined {
  const { groups } = situation.plan;
  const open = chain.filter((name) => !tried.has(name) && (groups[name]?.deployments.length ?? 0) > 0);
  return open.find((name) => fitOf(situation, groups[name] as PlannedGroup).length > 0) ?? open[0];
}

/** The first choice may be refused: nothing was promised yet, and the caller can come back when a deployment is well again. */
function first(situation: Situation): Decision {
  const { plan } = situation;
  const group = plan.groups[plan.group];
  if (group === undefined) return begin(situation, plan.group, '');
  const none = new Set([plan.group]);
  if (group.deployments.length === 0 && group.excluded !== undefined) {
    const chain = [...(group.excluded === 'context' ? group.contextWindowFallbacks : []), ...group.fallbacks];
    const other = group.excluded === 'tags' ? undefined : readiest(situation, chain, none);
    return other === undefined
      ? giveUp(EXCLUDED[group.excluded], group.excluded)
      : begin(situation, other, `${group.excluded}: instead of ${plan.group}`);
  }
  if (group.deployments.length === 0 || fitOf(situation, group).length > 0)
    return begin(situation, plan.group, 'first choice');
  const other = plan.maxFallbacks > 0 ? readiest(situation, group.fallbacks, none) : undefined;
  if (other !== undefined && fitOf(situation, plan.groups[other] as PlannedGroup).length > 0) {
    return begin(situation, other, `no deployment of ${plan.group} is free: falls back to ${other}`);
  }
  const retryAfterMs = Math.max(1, untilFitMs(situation, group.deployments));
  if (situation.atDoor !== true && situation.now + retryAfterMs - situation.acceptedAt <= plan.patienceMs) {
    const { deployment } = choose(situation, group.deployments);
    return attempt({ deployment, why: '' }, plan.group, retryAfterMs, `first choice, once a deployment is free`);
  }
  const cooling = group.deployments.filter((deployment) => !isSpent(situation, deployment)).map(({ id }) => id);
  const message = `No deployments available for selected model, Try again in ${Math.ceil(retryAfterMs / 1000)} seconds. Passed model=${plan.group}. cooldown_list=[${cooling.join(', ')}]`;
  return giveUp(
    { code: 'no_deployment_available', message, retryAfterMs, billed: 'no' },
    'every deployment is cooling down or has used up its limit',
  );
}

const EXCLUDED: Readonly<Record<NonNullable<PlannedGroup['excluded']>, FinalFailure>> = {
  tags: { code: 'tags_not_allowed', message: 'Not allowed to access model due to tags configuration', billed: 'no' },
  context: {
    code: 'context_length_exceeded',
    message: 'The prompt is longer than the context window of every deployment of this model.',
    billed: 'no',
  },
  region: { code: 'permission_denied', message: 'No deployment of this model is in the allowed region.', billed: 'no' },
};

function begin(situation: Situation, groupName: string, reason: string): Decision {
  const group = situation.plan.groups[groupName];
  if (group === undefined || group.deployments.length === 0) {
    return giveUp(
      { code: 'model_not_found', message: `No deployment serves the model ${groupName}.`, billed: 'no' },
      'empty group',
    );
  }
  const fit = fitOf(situation, group);
  // An accepted request whose last resort is cooling down: the call may still succeed, and giving up certainly does not.
  return attempt(choose(situation, fit.length > 0 ? fit : group.deployments), groupName, 0, reason);
}

function attempt({ deployment, why }: Choice, group: string, waitMs: number, reason: string): Decision {
  return { kind: 'attempt', deployment, group, waitMs, reason: why === '' ? reason : `${reason} (${why})` };
}

function giveUp(failure: FinalFailure, reason: string): Decision {
  return { kind: 'give_up', failure, reason };
}
