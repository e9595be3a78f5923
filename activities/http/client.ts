/** One call to a provider over HTTP: connection pools, time limits, size limits, and what went wrong in words. No retries. */
import { Agent, type Dispatcher } from 'undici';
import type { ErrorCode, Failure } from '../../providers/protocol/errors.ts';
import type { WireHeaders } from '../../providers/provider.ts';
import type { UserUrls } from '../config/config.ts';
import { createDownloads, type Download } from './downloads.ts';

export type HttpCall = {
  readonly method: 'POST' | 'GET' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly limits: CallLimits;
  /** Aborted with a {@link CallAborted} as its reason. */
  readonly signal: AbortSignal;
};

export type CallLimits = {
  /** From the request's last byte to the answer's head, milliseconds. */
  readonly firstByteMs: number;
  /** Between two packets of the answer, milliseconds. */
  readonly idleMs: number;
};

export type HttpReply = {
  readonly status: number;
  readonly headers: WireHeaders;
  /** Errors: {@link CallFailed}, also when the answer is larger than {@link MAX_ANSWER_BYTES}. */
  text(): Promise<string>;
  /** Feeds each packet. Errors: {@link CallFailed}; what `onBytes` throws ends the call and is passed on. */
  read(onBytes: (bytes: Uint8Array) => void): Promise<void>;
  /** Closes the connection without reading the rest. */
  discard(): void;
};

/** The call ended without a usable answer. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly failure: Failure;

  constructor(failure: Failure, cause?: unknown) {
    super(failure.message, { cause });
    this.failure = failure;
  }
}

/** Why we ended a call ourselves. */
export class CallAborted extends Error {
  override readonly name = 'CallAborted';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Answers beyond this would let one provider take the whole process's memory. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

const CONNECT_MS = 10_000;

export type HttpClient = {
  /** Errors: {@link CallFailed}. */
  call(call: HttpCall): Promise<HttpReply>;
  /** Fetches what a caller's URL points to. */
  readonly download: Download;
  close(): Promise<void>;
};

export function createHttpClient(userUrls?: UserUrls): HttpClient {
  const agent = new Agent({
    // No bound on connections: a request that waits for one has a claim, a lease and a caller. Back-pressure is at admission.
    pipelining: 1,
    keepAliveTimeout: 30_000,
    keepAliveMaxTimeout: 300_000,
    connect: { timeout: CONNECT_MS },
    maxHeaderSize: 64 * 1024,
  });
  const downloads = createDownloads(userUrls);
  return {
    call: async (call) => send(agent, call),
    download: downloads.download,
    close: async () => {
      await Promise.all([agent.destroy(), downloads.close()]);
    },
  };
}

async function send(agent: Agent, call: HttpCall): Promise<HttpReply> {
  const url = new URL(call.url);
  let reply: Dispatcher.ResponseData;
  try {
    reply = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: call.method,
      headers: call.headers,
      body: call.method === 'GET' || (call.method !== 'POST' && call.body.length === 0) ? null : call.body,
      headersTimeout: call.limits.firstByteMs,
      bodyTimeout: call.limits.idleMs,
      signal: call.signal,
    });
  } catch (error) {
    throw new CallFailed(explain(error, call.signal, 'before'), error);
  }
  const { body, statusCode: status } = reply;
  // A connection that is closed after the answer was abandoned reports an error nobody waits for any more.
  body.on('error', ignore);
  return {
    status,
    headers: toHeaders(reply.headers),
    text: async () => {
      const packets: Uint8Array[] = [];
      await read(body, call.signal, (bytes) => packets.push(bytes));
      return new TextDecoder().decode(packets.length === 1 ? packets[0] : Buffer.concat(packets));
    },
    read: async (onBytes) => read(body, call.signal, onBytes),
    discard: () => {
      body.destroy();
    },
  };
}

function ignore(): void {
  // See above.
}

async function read(
  body: Dispatcher.ResponseData['body'],
  signal: AbortSignal,
  onBytes: (bytes: Uint8Array) => void,
): Promise<void> {
  let total = 0;
  return new Promise<void>((resolve, reject) => {
    let ended = false;
    const fail = (error: unknown): void => {
      ended = true;
      body.destroy();
      reject(error instanceof Error ? error : new Error('The answer could not be read.'));
    };
    body.on('data', (bytes: Uint8Array) => {
      total += bytes.byteLength;
      if (total > MAX_ANSWER_BYTES) {
        fail(
          new CallFailed({
            code: 'provider_invalid_response',
            message: `The provider's answer is larger than ${MAX_ANSWER_BYTES} bytes.`,
            billed: 'yes',
          }),
        );
        return;
      }
      try {
        onBytes(bytes);
      } catch (error) {
        fail(error);
      }
    });
    body.on('end', () => {
      ended = true;
      resolve();
    });
    body.on('error', (error) => {
      if (!ended) fail(new CallFailed(explain(error, signal, 'within'), error));
    });
    body.on('close', () => {
      if (!ended) fail(new CallFailed(explain(new Error('closed'), signal, 'within')));
    });
  });
}

function toHeaders(headers: Dispatcher.ResponseData['headers']): WireHeaders {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return result;
}

/** Nothing was sent: these may be repeated without a second bill. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function explain(error: unknown, signal: AbortSignal, when: 'before' | 'within'): Failure {
  if (signal.aborted && signal.reason instanceof CallAborted) return signal.reason.failure;
  const code = codeOf(error);
  if (NOT_SENT.has(code)) return failure('provider_unreachable', `The provider cannot be reached (${code}).`, 'no');
  if (/CERT|SSL|TLS|SELF_SIGNED/.test(code))
    return failure('provider_unreachable', `The provider's certificate was refused (${code}).`, 'no');
  if (code === 'UND_ERR_HEADERS_TIMEOUT')
    return failure('provider_timeout', 'The provider did not begin to answer in time.', 'maybe');
  if (code === 'UND_ERR_BODY_TIMEOUT')
    return failure('provider_timeout', 'The provider stopped in the middle of its answer.', 'maybe');
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return failure('provider_invalid_response', "The provider's answer has too many headers.", 'maybe');
  if (code.startsWith('HPE_'))
    return failure('provider_invalid_response', "The provider's answer is not HTTP.", 'maybe');
  const where = when === 'before' ? 'before its answer' : 'in the middle of its answer';
  return failure('provider_unreachable', `The provider closed the connection ${where}.`, 'maybe');
}

function failure(code: ErrorCode, message: string, billed: Failure['billed']): Failure {
  return { code, message, billed };
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  if (typeof code === 'string' && code !== 'UND_ERR_SOCKET') return code;
  if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0]);
  return cause === undefined ? (typeof code === 'string' ? code : '') : codeOf(cause);
}
