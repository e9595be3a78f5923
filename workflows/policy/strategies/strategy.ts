/** What a strategy is: a pure choice among deployments that are all fit to serve, with its reason in numbers. */
import type { DeploymentLoad, Plan, PlannedDeployment, Situation } from '../../../activities/contract.ts';

export type Choice = {
  readonly deployment: PlannedDeployment;
  /** For the history: what spoke for it. Empty where there was nothing to choose. */
  readonly why: string;
};

/** `candidates` is never empty. */
export type Strategy = (candidates: readonly PlannedDeployment[], situation: Situation, plan: Plan) => Choice;

export const IDLE: DeploymentLoad = { inFlight: 0, requests: 0, tokens: 0 };

export function loadOf(situation: Situation, deployment: PlannedDeployment): DeploymentLoad {
  return situation.loads?.[deployment.id] ?? IDLE;
}

/** One of them, each as likely as the others. */
export function anyOf(candidates: readonly PlannedDeployment[], random: () => number): PlannedDeployment {
  const index = Math.min(candidates.length - 1, Math.floor(random() * candidates.length));
  return candidates[index] as PlannedDeployment;
}

/** Those with the least of something, by any of which the choice is as good. */
export function least<T>(
  items: readonly T[],
  measure: (item: T) => number,
): { readonly best: readonly T[]; readonly value: number } {
  const value = Math.min(...items.map(measure));
  return { best: items.filter((item) => measure(item) === value), value };
}
