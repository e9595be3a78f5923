/** OpenAI's error codes in our table. Compatible servers mostly keep them. */
import type { ErrorCode } from '../protocol/errors.ts';
import { toFailure, toFailureInside } from '../protocol/failure.ts';
import type { Failure } from '../protocol/errors.ts';
import type { WireHeaders } from '../provider.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  context_length_exceeded: 'context_length_exceeded',
  content_filter: 'content_policy_violation',
  content_policy_violation: 'content_policy_violation',
  invalid_api_key: 'provider_auth_failed',
  model_not_found: 'provider_model_not_found',
  rate_limit_exceeded: 'rate_limit_exceeded',
  insufficient_quota: 'rate_limit_exceeded',
  unsupported_parameter: 'unsupported_parameter',
  unsupported_value: 'unsupported_parameter',
  token_quota_exceeded: 'rate_limit_exceeded',
};

export function fromOpenAiError(title: string): (status: number, body: unknown, headers: WireHeaders) => Failure {
  return (status, body, headers) => toFailure({ title, status, body, headers, codes: CODES });
}

/** An error inside a 200: a frame of a stream, a choice, or the whole body. */
export function fromErrorInside({ title }: { readonly title: string }, body: unknown): Failure {
  return toFailureInside({ title, body, codes: CODES });
}
