/** Google's finish reasons in OpenAI's words. */
import type { FinishReason } from '../protocol/chat.ts';
import { toFinishReason } from '../protocol/finish-reason.ts';

/** Reasons that OpenAI's word repeats exactly; every other one is kept beside it. */
const SAME: ReadonlySet<string> = new Set(['STOP', 'MAX_TOKENS']);

/** Google says STOP after a function call as well. */
export function finishReasonOf(reason: string | undefined, hasCalls: boolean): FinishReason {
  const mapped = reason === undefined ? 'stop' : toFinishReason(reason);
  return mapped === 'stop' && hasCalls ? 'tool_calls' : mapped;
}

export function nativeReason(reason: string | undefined): { readonly native_finish_reason?: string } {
  return reason === undefined || SAME.has(reason) ? {} : { native_finish_reason: reason };
}
