/** Waiting for a condition instead of for a time. */

/**
 * Asks until the answer is neither `undefined` nor `false`, and returns it.
 * Errors: after the deadline, one that says what was awaited and what the last answer or error was.
 */
export async function waitFor<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  options: { readonly forMs?: number; readonly everyMs?: number } = {},
): Promise<T> {
  const { forMs = 30_000, everyMs = 25 } = options;
  const until = performance.now() + forMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > until) {
      throw new Error(
        `waited ${forMs} ms for ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
