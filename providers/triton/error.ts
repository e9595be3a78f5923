/** Triton's errors: one sentence. */
import type { Failure } from '../protocol/errors.ts';
import { toFailure } from '../protocol/failure.ts';
import type { WireHeaders } from '../provider.ts';

export const TITLE = 'NVIDIA Triton';

/** Its status for an unknown model is 400. */
const UNKNOWN_MODEL = /unknown model|is not found|is not ready/i;

export function fromError(status: number, body: unknown, headers: WireHeaders): Failure {
  const failure = toFailure({ title: TITLE, status, body, headers });
  return status < 500 && UNKNOWN_MODEL.test(failure.message)
    ? { ...failure, code: 'provider_model_not_found' }
    : failure;
}
