/** Writes responses: one head, one body, the request's id on every one of them. */
import type { OutgoingHttpHeaders } from 'node:http';
import { googleError } from '../../providers/dialects/google-error.ts';
import { messageError } from '../../providers/dialects/message-error.ts';
import { rowOf, type Failure } from '../../providers/protocol/errors.ts';
import type { Exchange } from '../routes/exchange.ts';
import { logAccess } from './access-log.ts';

/** Where the provider or the queue named no time. A caller without any hint retries at once, which is what an overload needs least. */
const DEFAULT_RETRY_AFTER_MS = 1_000;

/** The headers of every response. A draining process also asks its callers to reconnect, so that they reach another one. */
export function commonHeaders(exchange: Exchange, requestId: string = exchange.id): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    'x-request-id': requestId,
    'x-litellm-call-id': exchange.callId === exchange.id ? requestId : exchange.callId,
    'x-litellm-version': exchange.deps.version,
  };
  // The name under which Anthropic's SDKs look for it.
  if (exchange.speaks === 'anthropic') headers['request-id'] = requestId;
  if (exchange.deps.draining()) headers['connection'] = 'close';
  return headers;
}

export function sendText(
  exchange: Exchange,
  status: number,
  text: string | Uint8Array,
  headers: OutgoingHttpHeaders,
): void {
  const { res } = exchange;
  if (res.headersSent || res.destroyed) {
    logAccess(exchange, CLIENT_GONE);
    return;
  }
  headers['content-length'] = Buffer.byteLength(text);
  res.writeHead(status, headers);
  res.end(text);
  logAccess(exchange, status);
}

export function sendJson(
  exchange: Exchange,
  status: number,
  body: unknown,
  headers: OutgoingHttpHeaders = commonHeaders(exchange),
): void {
  headers['content-type'] = 'application/json';
  sendText(exchange, status, JSON.stringify(body), headers);
}

/** The access log's status for a caller that left before its answer; nothing is sent with it. */
export const CLIENT_GONE = 499;

/** An error in OpenAI's shape. `code` is a row of the error table; the provider's own words are beside it. */
export type ErrorObject = {
  message: string;
  type: string;
  param: string | null;
  code: string;
  provider_specific_fields?: { status: number | null; code: string | null };
};

export function errorBody(failure: Failure): { error: ErrorObject } {
  return {
    error: {
      message: failure.message,
      type: rowOf(failure).type,
      param: failure.param ?? null,
      code: failure.code,
      ...(failure.providerStatus === undefined && failure.providerCode === undefined
        ? {}
        : { provider_specific_fields: { status: failure.providerStatus ?? null, code: failure.providerCode ?? null } }),
    },
  };
}

/** The error in the shape of the route. */
export function errorFor(exchange: Exchange, failure: Failure, requestId: string): object {
  switch (exchange.speaks) {
    case 'anthropic':
      return messageError(failure, requestId);
    case 'google':
      return googleError(failure, requestId);
    case 'openai':
      return errorBody(failure);
    default:
      return exchange.speaks satisfies never;
  }
}

export function sendFailure(
  exchange: Exchange,
  failure: Failure,
  headers: OutgoingHttpHeaders = commonHeaders(exchange),
): void {
  const { status } = rowOf(failure);
  if (status === 429 || status === 503) {
    const retryAfterMs = Math.max(0, Math.ceil(failure.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS));
    headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000));
    headers['retry-after-ms'] = retryAfterMs;
  }
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  const requestId = headers['x-request-id'];
  const body = errorFor(exchange, failure, typeof requestId === 'string' ? requestId : exchange.id);
  sendJson(exchange, status, body, headers);
}
