/** Converse's stop reasons in OpenAI's words. */
import type { FinishReason } from '../protocol/chat.ts';
import { toFinishReason } from '../protocol/finish-reason.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';

/** Reasons that OpenAI's word repeats exactly; every other one is kept beside it. */
const SAME: ReadonlySet<string> = new Set(['end_turn', 'max_tokens', 'tool_use']);

/** `hasTools`: calls the caller will see; the tool behind structured output is not one. */
export function finishReasonOf(stopReason: unknown, hasTools: boolean): FinishReason {
  const reason = typeof stopReason === 'string' ? toFinishReason(stopReason) : 'stop';
  if (hasTools) return reason === 'stop' ? 'tool_calls' : reason;
  return reason === 'tool_calls' ? 'stop' : reason;
}

/** What OpenAI's word leaves out: the exact reason, and what the caller asked to see of the model's own answer. */
export function stopDetails(raw: JsonObject): Record<string, unknown> {
  const reason = raw['stopReason'];
  const exact = typeof reason === 'string' && !SAME.has(reason) ? { native_finish_reason: reason } : {};
  const fields = isObject(raw['additionalModelResponseFields'])
    ? { additionalModelResponseFields: raw['additionalModelResponseFields'] }
    : {};
  return { ...exact, ...fields };
}
