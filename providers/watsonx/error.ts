/** IBM watsonx's errors: a list of codes and sentences. */
import type { ErrorCode, Failure } from '../protocol/errors.ts';
import { toFailure } from '../protocol/failure.ts';
import type { WireHeaders } from '../provider.ts';

export const TITLE = 'IBM watsonx.ai';

/** `invalid_request_entity` is not here: its words decide. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  authentication_token_expired: 'provider_auth_failed',
  authentication_token_not_valid: 'provider_auth_failed',
  model_not_supported: 'provider_model_not_found',
  model_no_support_for_function: 'unsupported_parameter',
  token_quota_reached: 'rate_limit_exceeded',
};

export function fromError(status: number, body: unknown, headers: WireHeaders): Failure {
  return toFailure({ title: TITLE, status, body, headers, codes: CODES });
}
