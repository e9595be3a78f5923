/** The cheapest deployment; one whose price nobody knows counts as dear. */
import type { PlannedDeployment } from '../../../activities/contract.ts';
import { anyOf, least, type Strategy } from './strategy.ts';

/** LiteLLM's: five dollars for a token in, five for one out. */
const UNKNOWN_USD = 10;

export const costBased: Strategy = (candidates, situation) => {
  const cost = ({ costPerTokenUsd }: PlannedDeployment): number => costPerTokenUsd ?? UNKNOWN_USD;
  const { best, value } = least(candidates, cost);
  const deployment = anyOf(best, situation.random);
  const why =
    deployment.costPerTokenUsd === undefined
      ? 'no price is known'
      : `${(value * 1e6).toFixed(2)} USD for a million tokens in and out, the cheapest of ${candidates.length}`;
  return { deployment, why };
};
