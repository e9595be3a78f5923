/** A random choice by weight: the plan has made one number of weight, rpm and tpm; without any all are alike. */
import type { PlannedDeployment } from '../../../activities/contract.ts';
import type { Strategy } from './strategy.ts';

export const simpleShuffle: Strategy = (candidates, { random }) => {
  const weighted = candidates.some((candidate) => (candidate.weight ?? 0) > 0);
  const weights = candidates.map((candidate) => (weighted ? (candidate.weight ?? 0) : 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let point = random() * total;
  for (const [index, deployment] of candidates.entries()) {
    const weight = weights[index] ?? 0;
    point -= weight;
    if (point < 0)
      return { deployment, why: weighted ? `weight ${weight} of ${total}` : `one of ${candidates.length}` };
  }
  return { deployment: candidates.at(-1) as PlannedDeployment, why: `one of ${candidates.length}` };
};
