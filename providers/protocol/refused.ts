/** Ends a translation from deep inside it; `toRequest` turns it into the refusal it carries and throws it no further. */
import type { Refusal } from '../provider.ts';
import type { ErrorCode } from './errors.ts';

export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;

  constructor(code: ErrorCode, message: string, param?: string) {
    super(message);
    this.refusal = { refused: { code, message, ...(param === undefined ? {} : { param }), billed: 'no' } };
  }
}

/** The result, or the refusal that ended it. */
export function orRefusal<T>(translate: () => T): T | Refusal {
  try {
    return translate();
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
}
