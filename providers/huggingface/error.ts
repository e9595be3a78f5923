/** Hugging Face's errors: the router's sentence, or the inference server's with its kind. */
import type { ErrorCode, Failure } from '../protocol/errors.ts';
import { toFailure } from '../protocol/failure.ts';
import { isObject } from '../protocol/json.ts';
import type { WireHeaders } from '../provider.ts';

export const TITLE = 'Hugging Face';

/** `validation` is not here: its words decide (context window, grammar). */
export const TGI_CODES: Readonly<Record<string, ErrorCode>> = {
  overloaded: 'rate_limit_exceeded',
  generation: 'provider_error',
  incomplete_generation: 'provider_error',
};

export function fromError(status: number, body: unknown, headers: WireHeaders): Failure {
  const kind = isObject(body) ? body['error_type'] : undefined;
  const failure = toFailure({
    title: TITLE,
    status,
    body: isObject(body) && typeof kind === 'string' ? { ...body, type: kind } : body,
    headers,
    codes: TGI_CODES,
  });
  // The model is being loaded or its machine was paused; that passes.
  return status === 424 && failure.code === 'invalid_request' ? { ...failure, code: 'provider_error' } : failure;
}
