/** The known name that a misspelt one most likely meant. */
import { distance } from 'fastest-levenshtein';

/** Undefined when nothing is near: a far-fetched guess misleads more than it helps. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  // A third of the letters may differ; two swapped ones count as two, so that `mian` still finds `main`.
  let bestDistance = Math.ceil(name.length / 3) + 1;
  for (const candidate of known) {
    const found = distance(wanted, candidate.toLowerCase());
    if (found < bestDistance) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
}

/** A hint for a problem, or no hint at all, ready to be spread into it. */
export function didYouMean(name: string, known: Iterable<string>): { hint?: string } {
  const candidate = nearest(name, known);
  return candidate === undefined ? {} : { hint: `Did you mean "${candidate}"?` };
}
