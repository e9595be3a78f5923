/** Errors in Anthropic's shape. */
import { rowOf, type Failure } from '../protocol/errors.ts';

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
};

export type MessageError = {
  readonly type: 'error';
  readonly error: { readonly type: string; readonly message: string };
  readonly request_id: string;
};

function typeOf(failure: Failure): string {
  if (failure.code === 'provider_overloaded' || failure.code === 'overloaded') return 'overloaded_error';
  const { status } = rowOf(failure);
  return TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
}

export function messageError(failure: Failure, requestId: string): MessageError {
  return { type: 'error', error: { type: typeOf(failure), message: failure.message }, request_id: requestId };
}
