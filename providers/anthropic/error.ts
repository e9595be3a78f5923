/** Anthropic's errors in our table, from an answer or from the middle of a stream. */
import type { ErrorCode, Failure } from '../protocol/errors.ts';
import { toFailure, toFailureInside } from '../protocol/failure.ts';
import { isObject } from '../protocol/json.ts';
import type { WireHeaders } from '../provider.ts';

export const TITLE = 'Anthropic';

/** `invalid_request_error` is not here: its words decide (context window, credit, content policy). */
const TYPES: Readonly<Record<string, ErrorCode>> = {
  authentication_error: 'provider_auth_failed',
  billing_error: 'provider_auth_failed',
  permission_error: 'provider_auth_failed',
  not_found_error: 'provider_model_not_found',
  request_too_large: 'request_too_large',
  rate_limit_error: 'rate_limit_exceeded',
  api_error: 'provider_error',
  timeout_error: 'provider_timeout',
  overloaded_error: 'provider_overloaded',
};

/** An empty account is a 400 at Anthropic; another deployment can still answer. */
function isCredit(body: unknown): boolean {
  const error = isObject(body) ? body['error'] : undefined;
  return (
    isObject(error) && typeof error['message'] === 'string' && error['message'].includes('credit balance is too low')
  );
}

export function fromError(status: number, body: unknown, headers: WireHeaders): Failure {
  const failure = toFailure({ title: TITLE, status, body, headers, codes: TYPES });
  if (!isCredit(body)) return failure;
  const { param: _param, ...rest } = failure;
  return {
    ...rest,
    code: 'provider_auth_failed',
    message: "Anthropic refused the gateway's account: its credit is used up.",
  };
}

export function fromStreamError(frame: unknown): Failure {
  return toFailureInside({ title: TITLE, body: frame, codes: TYPES });
}
