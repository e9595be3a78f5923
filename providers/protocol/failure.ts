/** From a provider's error answer to our error table: status first, then the few phrases that say more than the status. */
import type { WireHeaders } from '../provider.ts';
import { readErrorBody, type ErrorBody } from './error-body.ts';
import type { ErrorCode, Failure } from './errors.ts';
import { retryAfterMs } from './retry-after.ts';

/** The upstreams' own wordings of "longer than the context window". */
const CONTEXT_PHRASES: readonly RegExp[] = [
  /context_length_exceeded/,
  /context[_ ]window[_ ]exceeded/,
  /current length is .* while limit is/,
  /exceeds? (the )?(model'?s? )?(maximum )?context (limit|length|window)/,
  /exceeds the available context size/,
  /exceeds the maximum number of tokens allowed/,
  /input tokens exceed the configured limit/,
  /is longer than the model'?s context length/,
  /maximum input length is .* tokens/,
  /model'?s maximum context (limit|length)/,
  /string too long\. expected a string with maximum length/,
  /inputs` tokens \+ `max_new_tokens` must be/,
  /prompt is too long/,
  /prompt: length/,
  /too many (input )?tokens/,
  /prompt has too many tokens/,
  /input is too long/,
  /length limit exceeded/,
];

const POLICY_PHRASES: readonly RegExp[] = [
  /content_policy_violation/,
  /responsibleaipolicyviolation/,
  /content_filter_policy/,
  /rejected as a result of (our|the) safety system/,
  /failed as a result of our safety system/,
  /content filtering policy/,
  /violating our usage policy/,
  /response was filtered due to the prompt triggering/,
  /the response was blocked\./,
];

const MODEL_PHRASES: readonly RegExp[] = [
  /model_not_found/,
  /deploymentnotfound/,
  /model [`'"]?[^ ]+[`'"]? (does not exist|not found|is not found)/,
  /not a valid model id/,
];

const OVERLOAD_PHRASES: readonly RegExp[] = [/overloaded/, /capacity exceeded/, /at capacity/];

function says(text: string, phrases: readonly RegExp[]): boolean {
  return phrases.some((phrase) => phrase.test(text));
}

function byStatus(status: number): ErrorCode {
  switch (status) {
    case 401:
    case 402:
    case 403:
    case 407:
      return 'provider_auth_failed';
    case 404:
      return 'provider_model_not_found';
    case 408:
    case 504:
    case 522:
    case 524:
      return 'provider_timeout';
    case 410:
      return 'provider_ended';
    case 413:
      return 'request_too_large';
    case 422:
      return 'unprocessable';
    case 429:
      return 'rate_limit_exceeded';
    case 498:
    case 529:
      return 'provider_overloaded';
    case 502:
    case 520:
    case 521:
    case 523:
      return 'provider_bad_gateway';
    case 503:
      return 'provider_unavailable';
    default:
      return status >= 400 && status < 500
        ? 'invalid_request'
        : status >= 500
          ? 'provider_error'
          : 'provider_invalid_response';
  }
}

function byWords(status: number, text: string): ErrorCode | undefined {
  if (status === 400 || status === 413 || status === 422 || status === 500) {
    // A limit on the length of the caller's own identifiers is no context window.
    if (says(text, CONTEXT_PHRASES) && !text.includes('string_above_max_length')) return 'context_length_exceeded';
  }
  if (status < 500 && status !== 429 && says(text, POLICY_PHRASES)) return 'content_policy_violation';
  // Groq answers 413 when a request alone is over the tokens-per-minute limit.
  if (status === 413 && /rate_limit|tokens per minute|\btpm\b/.test(text)) return 'rate_limit_exceeded';
  if (status === 400 && /throttlingexception|token_quota_reached|service tier capacity exceeded/.test(text))
    return 'rate_limit_exceeded';
  if (status === 400 && /unsupported_(parameter|value)/.test(text)) return 'unsupported_parameter';
  if (status === 400 && says(text, MODEL_PHRASES)) return 'provider_model_not_found';
  if (status === 400 && /(invalid|incorrect) (x-)?api[- _]?key|invalid_api_key/.test(text))
    return 'provider_auth_failed';
  if ((status === 500 || status === 503) && says(text, OVERLOAD_PHRASES)) return 'provider_overloaded';
  return undefined;
}

/** Between us and the model stands a proxy that gave up: the model may have worked on, and may bill. */
const PROXY_GAVE_UP: ReadonlySet<number> = new Set([408, 499, 502, 504, 520, 522, 524]);

function messageFor(code: ErrorCode, title: string, status: number, read: ErrorBody): string {
  // The provider's text about a refused credential can repeat parts of it, and the caller can do nothing with it.
  if (code === 'provider_auth_failed') return `${title} refused the gateway's credential or account (HTTP ${status}).`;
  return read.message ?? `${title} answered with HTTP ${status}.`;
}

export type ErrorAnswer = {
  readonly title: string;
  readonly status: number;
  readonly body: unknown;
  readonly headers: WireHeaders;
  /** The provider's own codes or types that decide before status and words do. */
  readonly codes?: Readonly<Record<string, ErrorCode>>;
};

/** A provider may send any word, `constructor` too. */
function codeNamed(codes: ErrorAnswer['codes'], word: string | undefined): ErrorCode | undefined {
  return codes !== undefined && word !== undefined && Object.hasOwn(codes, word) ? codes[word] : undefined;
}

export function toFailure(answer: ErrorAnswer): Failure {
  const { title, status } = answer;
  const read = readErrorBody(answer.body);
  const text = `${read.code ?? ''} ${read.type ?? ''} ${read.message ?? ''}`.toLowerCase();
  const named = codeNamed(answer.codes, read.code) ?? codeNamed(answer.codes, read.type);
  const code = named ?? byWords(status, text) ?? byStatus(status);
  const wait = retryAfterMs(answer.headers);
  const providerCode = read.code ?? read.type;
  return {
    code,
    message: messageFor(code, title, status, read),
    ...(read.param === undefined ? {} : { param: read.param }),
    providerStatus: status,
    ...(providerCode === undefined ? {} : { providerCode }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    billed: PROXY_GAVE_UP.has(status) ? 'maybe' : 'no',
  };
}

/** Errors inside a stream name their kind but no status. */
const STATUS_BY_TYPE: ReadonlyMap<string, number> = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['rate_limit_exceeded', 429],
  ['insufficient_quota', 429],
  ['timeout_error', 504],
  ['overloaded_error', 529],
]);

/**
 * An error inside a 200: as a frame of a stream, or as the whole body. The model may have worked before it, so it may be billed.
 * Without a status of its own it counts as the provider's fault.
 */
export function toFailureInside(
  answer: Omit<ErrorAnswer, 'status' | 'headers'> & { readonly status?: number },
): Failure {
  const read = readErrorBody(answer.body);
  const said = answer.status ?? read.status;
  const status = said ?? STATUS_BY_TYPE.get(read.code ?? '') ?? STATUS_BY_TYPE.get(read.type ?? '') ?? 500;
  const { providerStatus: _guessed, ...failure } = toFailure({ ...answer, status, headers: {} });
  return { ...failure, ...(said === undefined ? {} : { providerStatus: said }), billed: 'maybe' };
}

/** A 200 that is not the provider's protocol, or a stream that ended before it was complete. */
export function invalidResponse(message: string): Failure {
  return { code: 'provider_invalid_response', message, billed: 'maybe' };
}
