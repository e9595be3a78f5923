import { describe, expect, it } from '@jest/globals';
import type { PlannedDeployment } from '../../../activities/contract.ts';
import { preferred } from '../../../workflows/policy/affinity.ts';

const three: readonly PlannedDeployment[] = ['a', 'b', 'c'].map((id) => ({ id, provider: 'openai', model: 'm' }));
const words = Array.from({ length: 3_000 }, (_, n) => `session ${n}`);

describe('a word', () => {
  it('belongs to the same deployment whatever their order is', () => {
    for (const word of words) expect(preferred(three.toReversed(), word)?.id).toBe(preferred(three, word)?.id);
  });

  it('moves only when its own deployment goes', () => {
    const two = three.slice(0, 2);
    for (const word of words) {
      const before = preferred(three, word)?.id;
      if (before !== 'c') expect(preferred(two, word)?.id).toBe(before);
    }
  });

  it('is given to each deployment as often as its weight says', () => {
    const weighted = three.map((deployment, n) => ({ ...deployment, weight: [1, 3, 0][n] ?? 0 }));
    const count = (id: string): number => words.filter((word) => preferred(weighted, word)?.id === id).length;
    expect(count('c')).toBe(0);
    expect(count('a') / words.length).toBeCloseTo(0.25, 1);
  });
});
