/** Replicate's errors: problem documents, and predictions that failed. */
import type { Failure } from '../protocol/errors.ts';
import { toFailure, toFailureInside } from '../protocol/failure.ts';
import { isObject } from '../protocol/json.ts';
import type { WireHeaders } from '../provider.ts';

export const TITLE = 'Replicate';

const LONGEST_WAIT_S = 86_400;

export function fromError(status: number, body: unknown, headers: WireHeaders): Failure {
  const failure = toFailure({ title: TITLE, status, body, headers });
  const wait = isObject(body) ? body['retry_after'] : undefined;
  if (failure.retryAfterMs !== undefined || typeof wait !== 'number' || !(wait >= 0)) return failure;
  return { ...failure, retryAfterMs: Math.ceil(Math.min(wait, LONGEST_WAIT_S) * 1000) };
}

/** What the model itself said when it failed: text, or an object with a text. */
export function fromModel(said: unknown): Failure {
  return toFailureInside({ title: TITLE, body: typeof said === 'string' ? { message: said } : said });
}
