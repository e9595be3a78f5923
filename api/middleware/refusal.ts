/** The one exception of the edge: a request that is answered with an error of the error table. */
import type { ErrorCode, Failure } from '../../providers/protocol/errors.ts';

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** A failure of the edge itself: nothing was sent to a provider. */
export function edgeFailure(code: ErrorCode, message: string, param?: string): Failure {
  return { code, message, billed: 'no', ...(param === undefined ? {} : { param }) };
}

export function refuse(code: ErrorCode, message: string, param?: string): never {
  throw new Refusal(edgeFailure(code, message, param));
}
