/** The deployment that has answered fastest lately, or any that is nearly as fast; one without a sample is tried first. */
import type { PlannedDeployment } from '../../../activities/contract.ts';
import { anyOf, loadOf, type Strategy } from './strategy.ts';

export const latencyBased: Strategy = (candidates, situation, plan) => {
  const streaming = situation.streaming === true;
  const latency = (candidate: PlannedDeployment): number => {
    const load = loadOf(situation, candidate);
    return (streaming ? (load.ttftMs ?? load.latencyMs) : load.latencyMs) ?? 0;
  };
  const best = Math.min(...candidates.map(latency));
  const limit = best * (1 + (plan.latencyBuffer ?? 0));
  const fast = candidates.filter((candidate) => latency(candidate) <= limit);
  const deployment = anyOf(fast, situation.random);
  const own = latency(deployment);
  const unit = streaming ? 'ms to the first chunk' : 'ms per token';
  return {
    deployment,
    why:
      own === 0
        ? 'no sample of it yet'
        : `${own.toFixed(1)} ${unit}, the fastest of ${candidates.length} has ${best.toFixed(1)}`,
  };
};
