/** Which deployment a session, a key or a cached prompt stays with: the same in every process, and nothing is stored. */
import type { PlannedDeployment } from '../../activities/contract.ts';

/**
 * Rendezvous hashing: each deployment draws a number from the word and its own id, weighted; the highest wins. When one comes or
 * goes only the words that it wins or had won move, so that the other sessions stay where they are.
 */
export function preferred(candidates: readonly PlannedDeployment[], word: string): PlannedDeployment | undefined {
  const weighted = candidates.some((candidate) => (candidate.weight ?? 0) > 0);
  let best: PlannedDeployment | undefined;
  let highest = Number.NEGATIVE_INFINITY;
  for (const candidate of candidates) {
    const weight = weighted ? (candidate.weight ?? 0) : 1;
    if (weight <= 0) continue;
    const drawn = -weight / Math.log(fraction(`${word} ${candidate.id}`));
    if (drawn > highest) {
      best = candidate;
      highest = drawn;
    }
  }
  return best;
}

/** FNV-1a with a final mix, as a number in (0, 1). */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}
