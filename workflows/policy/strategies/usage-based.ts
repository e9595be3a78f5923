/** The deployment that has used the fewest tokens in this minute. */
import { anyOf, least, loadOf, type Strategy } from './strategy.ts';

export const usageBased: Strategy = (candidates, situation) => {
  const { best, value } = least(candidates, (candidate) => loadOf(situation, candidate).tokens);
  return {
    deployment: anyOf(best, situation.random),
    why: `${value} tokens in this minute, the fewest of ${candidates.length}`,
  };
};
