/** How much to think: `reasoning_effort` and `thinking` to what the model's generation takes. */
import type { ChatMessage, ChatRequest, ReasoningEffort } from '../protocol/chat.ts';
import { isObject } from '../protocol/json.ts';
import { budgetOfEffort } from '../protocol/reasoning.ts';
import type { ClaudeModel } from './models.ts';
import type { ThinkingSetting } from './wire.ts';

/** Anthropic's smallest budget. */
const LEAST_BUDGET = 1024;

export type Thinking = {
  readonly thinking?: ThinkingSetting;
  readonly effort?: string;
  /** Whether the model will think: Anthropic then takes no sampling settings and no forced tool. */
  readonly on: boolean;
};

const OFF: Thinking = { on: false };

export function effortOf(request: ChatRequest): ReasoningEffort | undefined {
  const given = request.reasoning_effort;
  if (given === null || given === undefined) return undefined;
  return isObject(given) ? given.effort : given;
}

function adaptiveEffort(budgetTokens: number, model: ClaudeModel): ReasoningEffort {
  if (budgetTokens >= budgetOfEffort('xhigh') && model.efforts.includes('xhigh')) return 'xhigh';
  if (budgetTokens >= budgetOfEffort('high')) return 'high';
  return budgetTokens >= budgetOfEffort('medium') ? 'medium' : 'low';
}

/** The newest models leave their thinking out of the answer unless it is asked for. */
function adaptive(model: ClaudeModel, effort: ReasoningEffort | undefined, given?: ThinkingSetting): Thinking {
  const display = model.adaptiveOnly ? { display: 'summarized' } : {};
  const word = effort === 'minimal' ? 'low' : effort;
  return {
    thinking: { ...display, ...given, type: 'adaptive' },
    ...(word === undefined ? {} : { effort: word }),
    on: true,
  };
}

function budgeted(budgetTokens: number, maxTokens: number | undefined): Thinking {
  if (maxTokens !== undefined && maxTokens <= LEAST_BUDGET) return OFF;
  const most = maxTokens === undefined ? Infinity : maxTokens - 1;
  return {
    thinking: { type: 'enabled', budget_tokens: Math.min(Math.max(budgetTokens, LEAST_BUDGET), most) },
    on: true,
  };
}

function fromSetting(setting: ThinkingSetting, model: ClaudeModel, maxTokens: number | undefined): Thinking {
  if (setting.type === 'disabled') return model.adaptiveOnly ? OFF : { thinking: setting, on: false };
  const budget = setting.budget_tokens ?? budgetOfEffort('medium');
  if (setting.type === 'adaptive')
    return model.thinking === 'adaptive' ? adaptive(model, undefined, setting) : budgeted(budget, maxTokens);
  return model.adaptiveOnly ? adaptive(model, adaptiveEffort(budget, model)) : budgeted(budget, maxTokens);
}

/** In a tool loop Anthropic wants the thinking of the turn that called the tools; without it, thinking with a budget is refused. */
export function lacksThinking(messages: readonly ChatMessage[]): boolean {
  const last = messages.findLast((message) => message.role === 'assistant');
  if (last === undefined || (last.tool_calls ?? []).length === 0 || messages.at(-1)?.role === 'user') return false;
  return !(last.thinking_blocks ?? []).some(
    (block) => block.type === 'redacted_thinking' || (block.signature ?? '') !== '',
  );
}

export function toThinking(request: ChatRequest, model: ClaudeModel, maxTokens: number | undefined): Thinking {
  const effort = effortOf(request);
  if (request.thinking) {
    const setting = fromSetting(request.thinking, model, maxTokens);
    return effort !== undefined && setting.thinking?.type === 'adaptive' && effort !== 'none'
      ? { ...setting, effort }
      : setting;
  }
  if (effort === undefined || effort === 'none' || model.thinking === 'none') return OFF;
  return model.thinking === 'adaptive' ? adaptive(model, effort) : budgeted(budgetOfEffort(effort), maxTokens);
}
