/** Errors that official clients raise. */
import { expect } from '@jest/globals';

/** For calls that must fail: resolves with what is raised. A call that succeeds, or raises something else, fails the test. */
export function raisedAs<Raised>(kind: abstract new (...given: never[]) => Raised) {
  return async (call: Promise<unknown>): Promise<Raised> => {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(kind);
    return error as Raised;
  };
}
