/** Reasoning effort and thinking budgets are two words for one wish; these are the numbers between them. */
import type { ChatRequest, ReasoningEffort } from './chat.ts';

/** Tokens of thinking for an effort; LiteLLM's numbers, so that a configuration keeps its meaning. */
const BUDGETS: Readonly<Record<ReasoningEffort, number>> = {
  none: 0,
  minimal: 128,
  low: 1024,
  medium: 2048,
  high: 4096,
  xhigh: 8192,
  max: 16_384,
};

export function budgetOfEffort(effort: ReasoningEffort): number {
  return BUDGETS[effort];
}

export function effortOfBudget(budgetTokens: number): ReasoningEffort {
  if (budgetTokens >= BUDGETS.high) return 'high';
  if (budgetTokens >= BUDGETS.medium) return 'medium';
  return budgetTokens >= BUDGETS.low ? 'low' : 'minimal';
}

/** The effort a `thinking` parameter asks for, where the provider knows only efforts. */
export function effortOfThinking(thinking: ChatRequest['thinking']): ReasoningEffort | undefined {
  if (!thinking) return undefined;
  if (thinking.type === 'disabled') return 'none';
  return thinking.budget_tokens === undefined ? 'medium' : effortOfBudget(thinking.budget_tokens);
}
