/** Every error a caller can see: one row is its wire status, its wire type and what the router does next. Free of zod: workflows read it. */

/**
 * What the router may do after a failed attempt.
 * - `never`: the request itself is wrong; no other deployment would take it.
 * - `same`: worth another try anywhere, the same deployment included.
 * - `next`: this deployment will not do, now or later; another one may.
 * - `larger_context` / `content_policy`: only the fallbacks configured for exactly this case.
 */
export type RetryRule = 'never' | 'same' | 'next' | 'larger_context' | 'content_policy';

/** The class names LiteLLM uses in `retry_policy` and `allowed_fails_policy`. */
export type FailureClass =
  | 'BadRequest'
  | 'Authentication'
  | 'Timeout'
  | 'RateLimit'
  | 'ContentPolicyViolation'
  | 'InternalServer'
  | 'ServiceUnavailable'
  | 'BadGateway'
  | 'NotFound';

export type ErrorRow = {
  /** HTTP status the caller sees. */
  readonly status: number;
  /** OpenAI's `error.type`. */
  readonly type: string;
  readonly retry: RetryRule;
  /** Whether the failure speaks against the deployment (it counts towards its cooldown). */
  readonly cooldown: boolean;
  readonly class: FailureClass;
};

export const ERRORS = {
  // The caller's fault, found at the edge or by the provider.
  invalid_request: { status: 400, type: 'invalid_request_error', retry: 'never', cooldown: false, class: 'BadRequest' },
  unsupported_parameter: {
    status: 400,
    type: 'invalid_request_error',
    retry: 'never',
    cooldown: false,
    class: 'BadRequest',
  },
  context_length_exceeded: {
    status: 400,
    type: 'invalid_request_error',
    retry: 'larger_context',
    cooldown: false,
    class: 'BadRequest',
  },
  content_policy_violation: {
    status: 400,
    type: 'invalid_request_error',
    retry: 'content_policy',
    cooldown: false,
    class: 'ContentPolicyViolation',
  },
  invalid_idempotency_key: {
    status: 400,
    type: 'invalid_request_error',
    retry: 'never',
    cooldown: false,
    class: 'BadRequest',
  },
  idempotency_key_reused: {
    status: 422,
    type: 'invalid_request_error',
    retry: 'never',
    cooldown: false,
    class: 'BadRequest',
  },
  unprocessable: { status: 422, type: 'invalid_request_error', retry: 'never', cooldown: false, class: 'BadRequest' },
  invalid_api_key: {
    status: 401,
    type: 'token_not_found_in_db',
    retry: 'never',
    cooldown: false,
    class: 'Authentication',
  },
  auth_error: { status: 401, type: 'auth_error', retry: 'never', cooldown: false, class: 'Authentication' },
  expired_key: { status: 401, type: 'expired_key', retry: 'never', cooldown: false, class: 'Authentication' },
  key_model_access_denied: {
    status: 403,
    type: 'key_model_access_denied',
    retry: 'never',
    cooldown: false,
    class: 'Authentication',
  },
  team_model_access_denied: {
    status: 403,
    type: 'team_model_access_denied',
    retry: 'never',
    cooldown: false,
    class: 'Authentication',
  },
  user_model_access_denied: {
    status: 403,
    type: 'user_model_access_denied',
    retry: 'never',
    cooldown: false,
    class: 'Authentication',
  },
  org_model_access_denied: {
    status: 403,
    type: 'org_model_access_denied',
    retry: 'never',
    cooldown: false,
    class: 'Authentication',
  },
  permission_denied: {
    status: 403,
    type: 'permission_error',
    retry: 'never',
    cooldown: false,
    class: 'Authentication',
  },
  tags_not_allowed: {
    status: 401,
    type: 'authentication_error',
    retry: 'never',
    cooldown: false,
    class: 'Authentication',
  },
  model_not_found: { status: 404, type: 'invalid_request_error', retry: 'never', cooldown: false, class: 'NotFound' },
  not_found: { status: 404, type: 'invalid_request_error', retry: 'never', cooldown: false, class: 'NotFound' },
  already_exists: { status: 409, type: 'invalid_request_error', retry: 'never', cooldown: false, class: 'BadRequest' },
  method_not_allowed: {
    status: 405,
    type: 'invalid_request_error',
    retry: 'never',
    cooldown: false,
    class: 'BadRequest',
  },
  request_timeout: { status: 408, type: 'invalid_request_error', retry: 'never', cooldown: false, class: 'Timeout' },
  request_too_large: {
    status: 413,
    type: 'invalid_request_error',
    retry: 'never',
    cooldown: false,
    class: 'BadRequest',
  },
  unsupported_media_type: {
    status: 415,
    type: 'invalid_request_error',
    retry: 'never',
    cooldown: false,
    class: 'BadRequest',
  },
  headers_too_large: {
    status: 431,
    type: 'invalid_request_error',
    retry: 'never',
    cooldown: false,
    class: 'BadRequest',
  },
  // The provider's or the operator's fault.
  rate_limit_exceeded: { status: 429, type: 'rate_limit_error', retry: 'same', cooldown: true, class: 'RateLimit' },
  no_deployment_available: {
    status: 429,
    type: 'rate_limit_error',
    retry: 'never',
    cooldown: false,
    class: 'RateLimit',
  },
  provider_auth_failed: { status: 500, type: 'api_error', retry: 'next', cooldown: true, class: 'Authentication' },
  provider_model_not_found: {
    status: 404,
    type: 'invalid_request_error',
    retry: 'next',
    cooldown: true,
    class: 'NotFound',
  },
  provider_error: { status: 500, type: 'api_error', retry: 'same', cooldown: true, class: 'InternalServer' },
  provider_bad_gateway: { status: 502, type: 'api_error', retry: 'same', cooldown: true, class: 'BadGateway' },
  provider_unavailable: { status: 503, type: 'api_error', retry: 'same', cooldown: true, class: 'ServiceUnavailable' },
  provider_overloaded: { status: 503, type: 'api_error', retry: 'same', cooldown: true, class: 'ServiceUnavailable' },
  provider_timeout: { status: 504, type: 'api_error', retry: 'same', cooldown: true, class: 'Timeout' },
  provider_unreachable: { status: 502, type: 'api_error', retry: 'same', cooldown: true, class: 'BadGateway' },
  provider_invalid_response: { status: 502, type: 'api_error', retry: 'same', cooldown: true, class: 'BadGateway' },
  // A stream that can no longer be gone on with.
  stream_expired: { status: 410, type: 'invalid_request_error', retry: 'never', cooldown: false, class: 'NotFound' },
  provider_ended: { status: 410, type: 'invalid_request_error', retry: 'next', cooldown: false, class: 'NotFound' },
  // The gateway's own state.
  attempt_lost: { status: 500, type: 'api_error', retry: 'same', cooldown: false, class: 'InternalServer' },
  outcome_unknown: { status: 500, type: 'api_error', retry: 'never', cooldown: false, class: 'InternalServer' },
  cancelled: { status: 499, type: 'invalid_request_error', retry: 'never', cooldown: false, class: 'BadRequest' },
  deadline_exceeded: { status: 504, type: 'api_error', retry: 'never', cooldown: false, class: 'Timeout' },
  overloaded: { status: 503, type: 'api_error', retry: 'never', cooldown: false, class: 'ServiceUnavailable' },
  durability_unavailable: {
    status: 503,
    type: 'api_error',
    retry: 'never',
    cooldown: false,
    class: 'ServiceUnavailable',
  },
  shutting_down: { status: 503, type: 'api_error', retry: 'never', cooldown: false, class: 'ServiceUnavailable' },
  internal_error: { status: 500, type: 'api_error', retry: 'never', cooldown: false, class: 'InternalServer' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * Why an attempt, or a whole request, failed. Small and free of secrets: it is stored in workflow histories.
 */
export type Failure = {
  readonly code: ErrorCode;
  /** For the caller: the provider's own words where it gave any, at most 2,000 characters. */
  readonly message: string;
  /** The request's field at fault, in the caller's dialect. */
  readonly param?: string;
  /** What the provider answered with, when it answered. */
  readonly providerStatus?: number;
  /** The provider's own error code or type, unchanged (`insufficient_quota`, `overloaded_error`). */
  readonly providerCode?: string;
  /** How long the provider asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Whether the provider may bill for the attempt: `no` when no byte was sent or it refused, `maybe` when we cannot know. */
  readonly billed: 'no' | 'maybe' | 'yes';
};

/** The row of a failure. */
export function rowOf(failure: Pick<Failure, 'code'>): ErrorRow {
  return ERRORS[failure.code];
}
