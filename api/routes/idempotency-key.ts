/** The `Idempotency-Key` header: one, of 1 to 255 visible ASCII characters. */
import { refuse } from '../middleware/refusal.ts';

// Node joins repeated headers with ", ": the space makes two of them fail like any other malformed key.
const KEY = /^[\x21-\x7e]{1,255}$/;

export function idempotencyKeyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && KEY.test(header)) return header;
  return refuse(
    'invalid_idempotency_key',
    'Idempotency-Key must be given once and be 1 to 255 visible ASCII characters, without spaces.',
    'Idempotency-Key',
  );
}
