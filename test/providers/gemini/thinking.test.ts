/** How much Gemini is asked to think. */
import { describe, expect, it } from '@jest/globals';
import { geminiModel } from '../../../providers/gemini/models.ts';
import { toThinkingConfig } from '../../../providers/gemini/thinking.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask } from '../streams.ts';

const asked = (model: string, fields: Partial<ChatRequest>) => toThinkingConfig(ask(fields), geminiModel(model));

describe('an effort', () => {
  it.each([
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0, includeThoughts: false }],
    ['gemini-2.5-flash', 'minimal', { thinkingBudget: 1, includeThoughts: true }],
    ['gemini-2.5-flash-lite', 'minimal', { thinkingBudget: 512, includeThoughts: true }],
    ['gemini-2.5-flash', 'low', { thinkingBudget: 1024, includeThoughts: true }],
    ['gemini-2.5-flash', 'medium', { thinkingBudget: 2048, includeThoughts: true }],
    ['gemini-2.5-flash', 'high', { thinkingBudget: 4096, includeThoughts: true }],
    ['gemini-2.5-flash', 'xhigh', { thinkingBudget: 8192, includeThoughts: true }],
    ['gemini-2.5-pro', 'none', { thinkingBudget: 128, includeThoughts: false }],
    ['gemini-2.5-pro', 'minimal', { thinkingBudget: 128, includeThoughts: true }],
    ['gemini-flash-latest', 'low', { thinkingBudget: 1024, includeThoughts: true }],
    ['gemini-3-pro-preview', 'none', { thinkingLevel: 'low', includeThoughts: false }],
    ['gemini-3-pro-preview', 'minimal', { thinkingLevel: 'low', includeThoughts: true }],
    ['gemini-3-pro-preview', 'medium', { thinkingLevel: 'high', includeThoughts: true }],
    ['gemini-3.1-pro-preview', 'medium', { thinkingLevel: 'medium', includeThoughts: true }],
    ['gemini-3-flash-preview', 'none', { thinkingLevel: 'minimal', includeThoughts: false }],
    ['gemini-3-flash-preview', 'minimal', { thinkingLevel: 'minimal', includeThoughts: true }],
    ['gemini-3-flash-preview', 'max', { thinkingLevel: 'high', includeThoughts: true }],
    ['gemini-2.0-flash', 'low', undefined],
    ['gemini-2.5-flash-image', 'low', undefined],
    ['gemma-3-27b-it', 'low', undefined],
  ] as const)('%s · %s', (model, effort, expected) => {
    expect(asked(model, { reasoning_effort: effort })).toEqual(expected);
    expect(asked(model, { reasoning_effort: { effort } })).toEqual(expected);
  });

  it('that is not given leaves it to the model', () => {
    expect(asked('gemini-3-pro-preview', {})).toBeUndefined();
  });
});

describe('a budget', () => {
  it.each([
    ['gemini-2.5-pro', { type: 'enabled', budget_tokens: 5000 }, { thinkingBudget: 5000, includeThoughts: true }],
    ['gemini-2.5-pro', { type: 'enabled', budget_tokens: 5 }, { thinkingBudget: 128, includeThoughts: true }],
    ['gemini-2.5-flash', { type: 'disabled' }, { thinkingBudget: 0, includeThoughts: false }],
    ['gemini-2.5-flash', { type: 'adaptive' }, { includeThoughts: true }],
    [
      'gemini-3-flash-preview',
      { type: 'enabled', budget_tokens: 2048 },
      { thinkingLevel: 'medium', includeThoughts: true },
    ],
    ['gemini-3-pro-preview', { type: 'disabled' }, { thinkingLevel: 'low', includeThoughts: false }],
  ])('%s · %j', (model, thinking, expected) => {
    expect(asked(model, { thinking, reasoning_effort: 'high' })).toEqual(expected);
  });
});
