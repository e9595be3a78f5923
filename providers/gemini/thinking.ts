/** How much to think: `reasoning_effort` and `thinking` to a budget or a level. */
import type { ChatRequest, ReasoningEffort } from '../protocol/chat.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import { budgetOfEffort, effortOfBudget } from '../protocol/reasoning.ts';
import type { GeminiModel } from './models.ts';

export function effortOf(request: ChatRequest): ReasoningEffort | undefined {
  const given = request.reasoning_effort;
  if (given === null || given === undefined) return undefined;
  return isObject(given) ? given.effort : given;
}

/** The level of this name, else the next one above it that the model has. */
function levelOf(effort: ReasoningEffort, { levels }: GeminiModel): string {
  const all = ['minimal', 'low', 'medium', 'high'];
  const at = effort === 'none' ? 0 : all.indexOf(effort);
  return (at === -1 ? undefined : all.slice(at).find((level) => levels.includes(level))) ?? 'high';
}

function fromEffort(effort: ReasoningEffort, model: GeminiModel): JsonObject {
  const shown = effort !== 'none';
  if (model.thinking === 'level') return { thinkingLevel: levelOf(effort, model), includeThoughts: shown };
  const budget = effort === 'minimal' ? model.minimalBudget : budgetOfEffort(effort);
  return { thinkingBudget: Math.max(budget, model.leastBudget), includeThoughts: shown };
}

function fromSetting(setting: NonNullable<ChatRequest['thinking']>, model: GeminiModel): JsonObject {
  if (setting.type === 'disabled' || setting.budget_tokens === 0) return fromEffort('none', model);
  const budget = setting.budget_tokens;
  if (budget === undefined) return { includeThoughts: true };
  if (model.thinking === 'level') return fromEffort(effortOfBudget(budget), model);
  return { thinkingBudget: Math.max(budget, model.leastBudget), includeThoughts: true };
}

/** Google's `thinkingConfig`; nothing leaves it to the model. */
export function toThinkingConfig(request: ChatRequest, model: GeminiModel): JsonObject | undefined {
  if (model.thinking === 'none') return undefined;
  if (request.thinking) return fromSetting(request.thinking, model);
  const effort = effortOf(request);
  return effort === undefined ? undefined : fromEffort(effort, model);
}
