/** The deployment with the fewest calls under way. */
import { anyOf, least, loadOf, type Strategy } from './strategy.ts';

export const leastBusy: Strategy = (candidates, situation) => {
  const { best, value } = least(candidates, (candidate) => loadOf(situation, candidate).inFlight);
  return { deployment: anyOf(best, situation.random), why: `${value} in flight, the fewest of ${candidates.length}` };
};
