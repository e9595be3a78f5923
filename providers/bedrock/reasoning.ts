/** How much to think, in the words of each maker's models. */
import { toThinking, lacksThinking, type Thinking } from '../anthropic/thinking.ts';
import type { ChatRequest, ReasoningEffort } from '../protocol/chat.ts';
import { isObject } from '../protocol/json.ts';
import { effortOfThinking } from '../protocol/reasoning.ts';
import type { Abilities } from './abilities.ts';

/** LiteLLM's room for the answer where thinking has a budget and the caller gave no limit. */
const ANSWER_TOKENS = 4096;

export type Reasoning = {
  /** For `additionalModelRequestFields`. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Claude with thinking on takes no sampling settings and no forced tool. */
  readonly thinking: boolean;
  /** The model decides all limits itself. */
  readonly unlimited: boolean;
  /** A limit on the answer that thinking needs. */
  readonly maxTokens?: number;
  readonly dropped: readonly string[];
};

const OFF: Reasoning = { fields: {}, thinking: false, unlimited: false, dropped: [] };

function effortOf(request: ChatRequest): ReasoningEffort | undefined {
  const given = request.reasoning_effort;
  const effort = given === null || given === undefined ? undefined : isObject(given) ? given.effort : given;
  return effort ?? effortOfThinking(request.thinking);
}

function claudeFields(thinking: Thinking): Record<string, unknown> {
  return {
    ...(thinking.thinking === undefined ? {} : { thinking: thinking.thinking }),
    ...(thinking.effort === undefined ? {} : { output_config: { effort: thinking.effort } }),
  };
}

function claudeReasoning(request: ChatRequest, abilities: Abilities, forced: boolean): Reasoning {
  if (abilities.claude === undefined) return OFF;
  const limit = request.max_completion_tokens ?? request.max_tokens ?? undefined;
  const thinking = toThinking(request, abilities.claude, limit);
  if (!thinking.on) return { ...OFF, fields: claudeFields(thinking) };
  // Refused together with thinking; the answer's form matters more to the caller than the thought before it.
  if (forced || (thinking.thinking?.type === 'enabled' && lacksThinking(request.messages)))
    return { ...OFF, dropped: [request.thinking ? 'thinking' : 'reasoning_effort'] };
  const budget = thinking.thinking?.budget_tokens;
  return {
    ...OFF,
    fields: claudeFields(thinking),
    thinking: true,
    ...(limit === undefined && budget !== undefined ? { maxTokens: budget + ANSWER_TOKENS } : {}),
  };
}

function novaReasoning(effort: ReasoningEffort): Reasoning {
  const most = effort === 'minimal' || effort === 'low' ? 'low' : effort === 'medium' ? 'medium' : 'high';
  return {
    ...OFF,
    fields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: most } },
    // At its highest effort Nova refuses temperature, top_p and a limit.
    unlimited: most === 'high',
  };
}

const EFFORTS: Readonly<Partial<Record<ReasoningEffort, string>>> = { minimal: 'low', xhigh: 'high', max: 'high' };

/** `forced`: a tool is forced. */
export function toReasoning(request: ChatRequest, abilities: Abilities, forced: boolean): Reasoning {
  if (abilities.reasoning === 'claude') return claudeReasoning(request, abilities, forced);
  const effort = effortOf(request);
  if (effort === undefined || effort === 'none' || abilities.reasoning === 'none') return OFF;
  if (abilities.reasoning === 'nova') return novaReasoning(effort);
  return { ...OFF, fields: { reasoning_effort: EFFORTS[effort] ?? effort } };
}
