/** NLP Cloud's errors: one sentence, under one of two names. */
import type { Failure } from '../protocol/errors.ts';
import { toFailure } from '../protocol/failure.ts';
import type { WireHeaders } from '../provider.ts';

export const TITLE = 'NLP Cloud';

export function fromError(status: number, body: unknown, headers: WireHeaders): Failure {
  const failure = toFailure({ title: TITLE, status, body, headers });
  if (/input text length should not exceed/i.test(failure.message))
    return { ...failure, code: 'context_length_exceeded' };
  // What is used up here is the plan's quota, not the credential.
  return status === 402 ? { ...failure, code: 'rate_limit_exceeded' } : failure;
}
