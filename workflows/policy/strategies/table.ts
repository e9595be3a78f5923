/** The only list of strategies: how each chooses, and whether it keeps to rpm and tpm as limits. */
import type { StrategyName } from '../../../activities/contract.ts';
import { costBased } from './cost-based.ts';
import { latencyBased } from './latency-based.ts';
import { leastBusy } from './least-busy.ts';
import { simpleShuffle } from './simple-shuffle.ts';
import type { Strategy } from './strategy.ts';
import { usageBased } from './usage-based.ts';

export type StrategyRow = {
  readonly choose: Strategy;
  /** For simple-shuffle and least-busy rpm and tpm are weights at most, as in LiteLLM. */
  readonly limits: boolean;
};

export const STRATEGIES: Readonly<Record<StrategyName, StrategyRow>> = {
  'simple-shuffle': { choose: simpleShuffle, limits: false },
  'least-busy': { choose: leastBusy, limits: false },
  'usage-based-routing': { choose: usageBased, limits: true },
  'usage-based-routing-v2': { choose: usageBased, limits: true },
  'latency-based-routing': { choose: latencyBased, limits: true },
  'cost-based-routing': { choose: costBased, limits: true },
};
