import { describe, expect, it } from '@jest/globals';
import { knownModels } from '../../../activities/config/known-models.ts';

describe('known models', () => {
  it('are chat models without the prefix of their provider', () => {
    expect(knownModels('openai')).toEqual(expect.arrayContaining(['gpt-4o', 'gpt-4o-mini']));
    expect(knownModels('anthropic').some((name) => name.startsWith('claude-'))).toBe(true);
    expect(knownModels('openai')).not.toContain('text-embedding-3-small');
    expect(knownModels('groq').filter((name) => name.startsWith('groq/'))).toEqual([]);
  });

  it('are none for a provider that is not on the list', () => {
    expect(knownModels('nobody')).toEqual([]);
  });
});
