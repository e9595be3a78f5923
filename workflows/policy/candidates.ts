/** Which deployments of a group may be called now, and the one that the plan's strategy chooses of them. */
import type { PlannedDeployment, PlannedGroup, Situation } from '../../activities/contract.ts';
import { preferred } from './affinity.ts';
import { loadOf, type Choice } from './strategies/strategy.ts';
import { STRATEGIES } from './strategies/table.ts';

const MINUTE_MS = 60_000;

export function isCooling(situation: Situation, deployment: PlannedDeployment): boolean {
  return (situation.cooldowns[deployment.id] ?? 0) > situation.now;
}

/** Has used up its requests or tokens of this minute. */
export function isSpent(situation: Situation, deployment: PlannedDeployment): boolean {
  const { plan, promptTokens } = situation;
  if (plan.enforceLimits !== true && !STRATEGIES[plan.strategy ?? 'simple-shuffle'].limits) return false;
  const { requests, tokens } = loadOf(situation, deployment);
  const { rpm, tpm } = deployment;
  return (rpm !== undefined && requests >= rpm) || (tpm !== undefined && tokens + (promptTokens ?? 0) >= tpm);
}

export function fitOf(situation: Situation, group: PlannedGroup): readonly PlannedDeployment[] {
  return group.deployments.filter((deployment) => !isCooling(situation, deployment) && !isSpent(situation, deployment));
}

/** When the first of them may be called again, milliseconds from now. */
export function untilFitMs(situation: Situation, deployments: readonly PlannedDeployment[]): number {
  const waits = deployments.map((deployment) =>
    isSpent(situation, deployment)
      ? MINUTE_MS - (situation.now % MINUTE_MS)
      : Math.max(0, (situation.cooldowns[deployment.id] ?? 0) - situation.now),
  );
  return Math.min(...waits);
}

/** Lowest `order` first; within it those that have room for another call; of these the session's own, else the strategy's. */
export function choose(situation: Situation, candidates: readonly PlannedDeployment[]): Choice {
  const { plan, affinity } = situation;
  const order = Math.min(...candidates.map(orderOf));
  const tier = candidates.filter((candidate) => orderOf(candidate) === order);
  const roomy = tier.filter(
    ({ id, maxParallel }) => (situation.loads?.[id]?.inFlight ?? 0) < (maxParallel ?? Infinity),
  );
  const able = roomy.length > 0 ? roomy : tier;
  const own = affinity === undefined ? undefined : preferred(tier, affinity);
  if (own !== undefined && able.includes(own)) return { deployment: own, why: 'the deployment of its session' };
  const name = plan.strategy ?? 'simple-shuffle';
  const { deployment, why } = STRATEGIES[name].choose(able, situation, plan);
  return { deployment, why: able.length === 1 ? '' : `${name}: ${why}` };
}

export function orderOf(deployment: PlannedDeployment): number {
  return deployment.order ?? Number.MAX_SAFE_INTEGER;
}
