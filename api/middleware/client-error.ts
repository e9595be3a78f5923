/** Answers what the HTTP parser refuses, in the same shape as every other error, and closes the connection. */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERRORS, type ErrorCode } from '../../providers/protocol/errors.ts';
import { edgeFailure } from './refusal.ts';
import { createRequestId } from './request-id.ts';
import { errorBody } from './reply.ts';

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** `open` is the response to the request being read on this connection, if its headers had been complete. */
export function answerClientError(
  error: Error & { code?: string },
  socket: Duplex,
  open: ServerResponse | undefined,
): void {
  const inAnswer = open !== undefined && open.headersSent && !open.writableFinished;
  // A raw answer inside another answer would corrupt it; a reset connection takes none.
  if (error.code === 'ECONNRESET' || !socket.writable || inAnswer) {
    socket.destroy();
    return;
  }
  const code = codeOf(error.code);
  const { status } = ERRORS[code];
  const body = JSON.stringify(errorBody(edgeFailure(code, MESSAGES[code])));
  const id = createRequestId();
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? ''}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `x-request-id: ${id}\r\nx-litellm-call-id: ${id}\r\nConnection: close\r\n\r\n${body}`,
  );
}

type ParserErrorCode = Extract<ErrorCode, 'headers_too_large' | 'request_timeout' | 'invalid_request'>;

const MESSAGES: Readonly<Record<ParserErrorCode, string>> = {
  headers_too_large: 'The request headers are larger than 64 KiB.',
  request_timeout: 'The request did not arrive in time.',
  invalid_request: 'The request is not valid HTTP.',
};

function codeOf(parserCode: string | undefined): ParserErrorCode {
  if (parserCode === 'HPE_HEADER_OVERFLOW') return 'headers_too_large';
  if (parserCode === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout';
  return 'invalid_request';
}
