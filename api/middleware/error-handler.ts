/** Turns whatever a route threw into an answer in OpenAI's shape. Nothing of an unknown error leaves the process but the request's id. */
import type { Exchange } from '../routes/exchange.ts';
import { CallerLeft } from './body.ts';
import { edgeFailure, Refusal } from './refusal.ts';
import { logAccess } from './access-log.ts';
import { CLIENT_GONE, commonHeaders, sendFailure } from './reply.ts';

/** An unread rest of a body that is read and thrown away, so that the caller, still writing, gets to read the answer. */
const MAX_DISCARDED_BYTES = 64 * 1024 * 1024;

export function answerError(exchange: Exchange, error: unknown): void {
  if (error instanceof CallerLeft) {
    logAccess(exchange, CLIENT_GONE);
    return;
  }
  const headers = commonHeaders(exchange);
  if (!exchange.req.complete) discardBody(exchange, headers);
  if (error instanceof Refusal) {
    sendFailure(exchange, error.failure, headers);
    return;
  }
  const status = clientStatus(error);
  if (status !== undefined) {
    sendFailure(exchange, edgeFailure('invalid_request', 'The request URL is malformed.'), headers);
    return;
  }
  exchange.deps.log.error({ request_id: exchange.id, err: error }, 'a route failed');
  if (exchange.res.headersSent) {
    // Half an answer cannot be taken back; a cut connection at least does not look complete.
    exchange.res.destroy();
    return;
  }
  sendFailure(
    exchange,
    edgeFailure('internal_error', `The gateway failed to process the request. Its id is ${exchange.id}.`),
    headers,
  );
}

/** Express marks what it refuses itself (a path with a broken percent-encoding) with a 4xx status. */
function clientStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  const { status } = error;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

function discardBody({ req }: Exchange, headers: Record<string, unknown>): void {
  if (req.headers.expect !== undefined) {
    // Told to wait for a "100 Continue" that will not come, the caller may or may not send the body: the connection is of no more use.
    headers['connection'] = 'close';
  }
  let discarded = 0;
  req.on('data', (part: Buffer) => {
    discarded += part.length;
    if (discarded > MAX_DISCARDED_BYTES) req.destroy();
  });
  req.on('error', () => req.destroy());
}
