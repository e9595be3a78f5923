/** Errors in Google's shape. */
import { rowOf, type Failure } from '../protocol/errors.ts';

const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'UNIMPLEMENTED',
  408: 'DEADLINE_EXCEEDED',
  409: 'ABORTED',
  422: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

export type GoogleError = {
  readonly error: {
    readonly code: number;
    readonly message: string;
    readonly status: string;
    readonly details: readonly Readonly<Record<string, unknown>>[];
  };
};

export function googleError(failure: Failure, requestId: string): GoogleError {
  const { status } = rowOf(failure);
  return {
    error: {
      code: status,
      message: failure.message,
      status: STATUSES[status] ?? (status < 500 ? 'INVALID_ARGUMENT' : 'UNKNOWN'),
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: failure.code.toUpperCase(),
          domain: 'holdfast',
          metadata: { request_id: requestId, ...(failure.param === undefined ? {} : { param: failure.param }) },
        },
      ],
    },
  };
}
