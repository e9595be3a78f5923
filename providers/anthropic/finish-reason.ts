/** Anthropic's stop reasons in OpenAI's words. */
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

/** What OpenAI's word leaves out: the exact reason, the stop sequence that was met, why the model refused. */
export function stopDetails(raw: JsonObject): Record<string, unknown> {
  const reason = raw['stop_reason'];
  const exact = typeof reason === 'string' && !SAME.has(reason) ? { native_finish_reason: reason } : {};
  const sequence = typeof raw['stop_sequence'] === 'string' ? { stop_sequence: raw['stop_sequence'] } : {};
  const details = isObject(raw['stop_details']) ? { stop_details: raw['stop_details'] } : {};
  return { ...exact, ...sequence, ...details };
}
