import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bySpecificity, compilePattern, substitute } from '../../../activities/config/pattern.ts';

describe('patterns', () => {
  it('capture what the stars stand for', () => {
    expect(compilePattern('openai/*').capture('openai/gpt-4o')).toEqual(['gpt-4o']);
    expect(compilePattern('*').capture('a/b')).toEqual(['a/b']);
    expect(compilePattern('a*b*c').capture('a-1-b-2-c')).toEqual(['-1-', '-2-']);
    expect(compilePattern('openai/*').capture('groq/gpt-4o')).toBeUndefined();
    expect(compilePattern('ab*ba').capture('aba')).toBeUndefined();
  });

  it('give the name back when their captures are put into them', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', '/', '-'), maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 2, maxLength: 4 }),
        fc.array(part, { minLength: 3, maxLength: 3 }),
        (parts, fillings) => {
          const pattern = parts.join('*');
          const name = parts.map((text, n) => text + (n < parts.length - 1 ? (fillings[n] ?? '') : '')).join('');
          const captured = compilePattern(pattern).capture(name);
          expect(captured).toBeDefined();
          expect(substitute(pattern, captured ?? [])).toBe(name);
        },
      ),
    );
  });

  it('are tried longest first, then those with fewer stars', () => {
    expect(['*', 'openai/*', 'openai/*4*', 'openai/gpt-*'].toSorted(bySpecificity)).toEqual([
      'openai/gpt-*',
      'openai/*4*',
      'openai/*',
      '*',
    ]);
  });

  it('stay fast for a name made to be slow', () => {
    const captured = compilePattern('*a*a*a*a*a*a*a*a*a*a*b').capture('a'.repeat(100_000));
    expect(captured).toBeUndefined();
  });
});
