/** Google's errors in our table, from an answer or from the middle of a stream. */
import type { ErrorCode, Failure } from '../protocol/errors.ts';
import { toFailure, toFailureInside } from '../protocol/failure.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { durationMs } from '../protocol/retry-after.ts';
import type { WireHeaders } from '../provider.ts';

/** `INVALID_ARGUMENT` is not here: its words decide (context window, key, content policy). */
const STATUSES: Readonly<Record<string, ErrorCode>> = {
  UNAUTHENTICATED: 'provider_auth_failed',
  PERMISSION_DENIED: 'provider_auth_failed',
  // Billing is not set up, or the account's country is not served: another deployment may answer.
  FAILED_PRECONDITION: 'provider_auth_failed',
  NOT_FOUND: 'provider_model_not_found',
  RESOURCE_EXHAUSTED: 'rate_limit_exceeded',
  ABORTED: 'provider_unavailable',
  CANCELLED: 'provider_unavailable',
  INTERNAL: 'provider_error',
  DEADLINE_EXCEEDED: 'provider_timeout',
};

/** `{error}`, or the same in a list, which is what streams without event framing answer. */
function errorOf(body: unknown): JsonObject | undefined {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  return isObject(first) && isObject(first['error']) ? first['error'] : undefined;
}

export function isErrorBody(body: unknown): boolean {
  return errorOf(body) !== undefined;
}

function hasReason(error: JsonObject, reason: string): boolean {
  return listOf(error['details']).some((detail) => isObject(detail) && detail['reason'] === reason);
}

/** Google names the wait in the body only: `{"@type": "…RetryInfo", "retryDelay": "34.4s"}`. */
function retryDelayMs(error: JsonObject): number | undefined {
  for (const detail of listOf(error['details'])) {
    const delay = isObject(detail) ? textOf(detail['retryDelay']) : undefined;
    if (delay !== undefined) return durationMs(delay);
  }
  return undefined;
}

/** What Google's words say beyond its status. */
function byWords(error: JsonObject): ErrorCode | undefined {
  const message = textOf(error['message']) ?? '';
  if (/api key not valid|api_key_invalid|api key expired/i.test(message) || hasReason(error, 'API_KEY_INVALID'))
    return 'provider_auth_failed';
  if (/request payload size exceeds|input token count .* exceeds/i.test(message)) return 'context_length_exceeded';
  if (/quota exceeded|resource (has been )?exhausted/i.test(message)) return 'rate_limit_exceeded';
  if (/model is overloaded/i.test(message)) return 'provider_overloaded';
  return undefined;
}

type Reading = {
  readonly body: unknown;
  readonly codes: Readonly<Record<string, ErrorCode>>;
  readonly status: number | undefined;
  readonly wait: number | undefined;
};

/** Google's own code is the HTTP status once more; the word beside it is what tells errors apart. */
function readError(body: unknown): Reading {
  const error = errorOf(body);
  if (error === undefined) return { body, codes: STATUSES, status: undefined, wait: undefined };
  const word = textOf(error['status']) ?? '';
  const named = byWords(error);
  const { code } = error;
  const known = typeof code === 'number' && Number.isInteger(code) && code >= 400 && code <= 599;
  return {
    body: { error: { message: error['message'], code: word } },
    codes: named === undefined ? STATUSES : { ...STATUSES, [word]: named },
    status: known ? code : undefined,
    wait: retryDelayMs(error),
  };
}

function withWait(failure: Failure, wait: number | undefined): Failure {
  return wait === undefined || failure.retryAfterMs !== undefined ? failure : { ...failure, retryAfterMs: wait };
}

export function fromGoogleError(title: string) {
  return (status: number, body: unknown, headers: WireHeaders): Failure => {
    const read = readError(body);
    return withWait(toFailure({ title, status, body: read.body, headers, codes: read.codes }), read.wait);
  };
}

/** An error inside a 200. */
export function fromGoogleErrorInside(title: string, body: unknown): Failure {
  const { body: plain, codes, status, wait } = readError(body);
  return withWait(toFailureInside({ title, body: plain, codes, ...(status === undefined ? {} : { status }) }), wait);
}
