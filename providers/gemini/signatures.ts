/**
 * Thought signatures: Gemini signs what it thought before a call and wants the signature back with the call. It travels in fields of the call,
 * and once more inside its id, because many clients keep the id and drop every field they do not know.
 */
import type { ToolCall } from '../protocol/chat.ts';
import { isObject, textOf } from '../protocol/json.ts';
import { splitCallId, THOUGHT_SEPARATOR } from '../protocol/call-id.ts';

/** base64 of `skip_thought_signature_validator`: Google's word for calls that come from elsewhere and have no signature. */
export const NO_SIGNATURE = 'c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=';

/** A client may have cut a long id; half a signature would be refused, none is not. */
function isWhole(signature: string): boolean {
  return signature.length % 4 === 0 && /^[A-Za-z0-9+/_-]+={0,2}$/.test(signature);
}

function inFields(fields: unknown): string | undefined {
  return isObject(fields) ? textOf(fields['thought_signature']) : undefined;
}

/** The signature that a call of the history brings along. */
export function signatureOf(call: ToolCall): string | undefined {
  const inside: unknown = isObject(call.function)
    ? (call.function as Record<string, unknown>)['provider_specific_fields']
    : undefined;
  // Google's own compatible endpoint keeps it here.
  const extra = call['extra_content'];
  const carried = splitCallId(call.id).signature;
  return (
    inFields(call['provider_specific_fields']) ??
    inFields(inside) ??
    inFields(isObject(extra) ? extra['google'] : undefined) ??
    (carried !== undefined && isWhole(carried) ? carried : undefined)
  );
}

/** The fields of a call that carry its signature to the caller and back. */
export function signedFields(id: string, signature: string | undefined) {
  if (signature === undefined) return { id };
  return {
    id: `${id}${THOUGHT_SEPARATOR}${signature}`,
    provider_specific_fields: { thought_signature: signature },
    extra_content: { google: { thought_signature: signature } },
  };
}
