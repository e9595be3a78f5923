/** Amazon's errors in our table: from an answer, whose type is in a header, or from the middle of a stream. */
import type { ErrorCode, Failure } from '../protocol/errors.ts';
import { toFailure, toFailureInside } from '../protocol/failure.ts';
import { isObject, parseJson, textOf } from '../protocol/json.ts';
import type { WireHeaders } from '../provider.ts';

export const TITLE = 'AWS Bedrock';

/** `ValidationException` is not here: its words decide (context window, unknown model). */
export const AWS_CODES: Readonly<Record<string, ErrorCode>> = {
  AccessDeniedException: 'provider_auth_failed',
  UnrecognizedClientException: 'provider_auth_failed',
  ExpiredTokenException: 'provider_auth_failed',
  ExpiredToken: 'provider_auth_failed',
  InvalidSignatureException: 'provider_auth_failed',
  SignatureDoesNotMatch: 'provider_auth_failed',
  IncompleteSignatureException: 'provider_auth_failed',
  IncompleteSignature: 'provider_auth_failed',
  MissingAuthenticationTokenException: 'provider_auth_failed',
  InvalidClientTokenId: 'provider_auth_failed',
  NotAuthorized: 'provider_auth_failed',
  OptInRequired: 'provider_auth_failed',
  ResourceNotFoundException: 'provider_model_not_found',
  ModelTimeoutException: 'provider_timeout',
  ModelErrorException: 'provider_error',
  ModelError: 'provider_error',
  ModelStreamErrorException: 'provider_error',
  ModelStreamError: 'provider_error',
  InternalStreamFailure: 'provider_error',
  InternalServerException: 'provider_error',
  InternalFailure: 'provider_error',
  InternalDependencyException: 'provider_error',
  ThrottlingException: 'rate_limit_exceeded',
  TooManyRequestsException: 'rate_limit_exceeded',
  ServiceQuotaExceededException: 'rate_limit_exceeded',
  ModelNotReadyException: 'provider_unavailable',
  ServiceUnavailableException: 'provider_unavailable',
  ServiceUnavailable: 'provider_unavailable',
};

/** What a `ValidationException` says when this deployment will never do, though another might. */
const MODEL_PHRASES =
  /model identifier is invalid|on-demand throughput isn.t supported|model version has reached the end of its life|is not supported for this model|isn't supported in this region|endpoint .* not found/i;

const CONTEXT_PHRASES = /expected max ?length|input is too long|too many input tokens|context window/i;

/** `ThrottlingException:http://internal.amazon.com/…` or `com.amazon.coral.service#ThrottlingException` → the name alone. */
function plainType(type: string | undefined): string | undefined {
  const name = type?.split(':', 1)[0]?.split('#').at(-1);
  return name === undefined || name === '' ? undefined : `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Numbers of accounts are no secret, but no caller's business either. */
export function withoutAccounts(failure: Failure): Failure {
  return { ...failure, message: failure.message.replaceAll(/(?<!\d)\d{12}(?!\d)/g, '[account]') };
}

function withWords(failure: Failure, type: string | undefined): Failure {
  if (failure.code !== 'invalid_request' || (type !== undefined && !type.startsWith('Validation'))) return failure;
  if (CONTEXT_PHRASES.test(failure.message)) return { ...failure, code: 'context_length_exceeded' };
  return MODEL_PHRASES.test(failure.message) ? { ...failure, code: 'provider_model_not_found' } : failure;
}

/** The body as the shared reader expects it, with the type where Amazon put it. */
function typed(body: unknown, type: string | undefined): unknown {
  if (type === undefined) return body;
  if (!isObject(body)) return { message: textOf(body), type };
  const { message, Message: capital, OriginalMessage: original } = body;
  return { message: textOf(original) ?? textOf(message) ?? textOf(capital), type };
}

export function createFromError(title: string) {
  return (status: number, body: unknown, headers: WireHeaders): Failure => {
    const inBody = isObject(body) ? (textOf(body['__type']) ?? textOf(body['code'])) : undefined;
    const type = plainType(headers['x-amzn-errortype'] ?? inBody);
    const failure = toFailure({ title, status, body: typed(body, type), headers, codes: AWS_CODES });
    return withoutAccounts(withWords(failure, type));
  };
}

/** Whether an event of a stream is an exception; its name is all that tells. */
export function isException(name: string): boolean {
  return /(exception|error|failure|fault)$/i.test(name);
}

/** An exception that arrived as an event. */
export function fromException(title: string, name: string, data: string): Failure {
  const type = plainType(name);
  const body = parseJson(data);
  const status = type === 'ValidationException' ? { status: 400 } : {};
  const failure = toFailureInside({ title, body: typed(body ?? data, type), codes: AWS_CODES, ...status });
  return withoutAccounts(withWords(failure, type));
}
