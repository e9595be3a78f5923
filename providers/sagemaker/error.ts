/** SageMaker's errors: its own, and those of the container behind it, which it wraps. */
import { createFromError, withoutAccounts } from '../bedrock/error.ts';
import type { ErrorCode, Failure } from '../protocol/errors.ts';
import { toFailure } from '../protocol/failure.ts';
import { isObject, parseJson, textOf } from '../protocol/json.ts';
import type { WireHeaders } from '../provider.ts';

export const TITLE = 'AWS SageMaker';

const fromAmazon = createFromError(TITLE);

/** Kinds of the inference servers that run in the containers. */
export const CONTAINER_CODES: Readonly<Record<string, ErrorCode>> = {
  overloaded: 'rate_limit_exceeded',
  generation: 'provider_error',
  incomplete_generation: 'provider_error',
};

/** The container's own answer, as it would have been without Amazon around it. */
function containerError(body: Readonly<Record<string, unknown>>, headers: WireHeaders): Failure | undefined {
  const { OriginalStatusCode: status, OriginalMessage: message } = body;
  if (typeof status !== 'number' || status < 400 || status > 599) return undefined;
  const inner = parseJson(textOf(message) ?? '') ?? textOf(message);
  const kind = isObject(inner) ? textOf(inner['error_type']) : undefined;
  const failure = toFailure({
    title: TITLE,
    status,
    body: isObject(inner) && kind !== undefined ? { ...inner, type: kind } : inner,
    headers,
    codes: CONTAINER_CODES,
  });
  return { ...withoutAccounts(failure), billed: 'maybe' };
}

export function fromError(status: number, body: unknown, headers: WireHeaders): Failure {
  const inner = isObject(body) ? containerError(body, headers) : undefined;
  return inner ?? fromAmazon(status, body, headers);
}
