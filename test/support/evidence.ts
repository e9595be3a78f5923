/** What a failing test leaves behind: places to look at, named in its message and not removed afterwards. */

type Evidence = { failed: boolean; readonly lines: string[] };

function evidence(): Evidence {
  const shared = globalThis as { holdfastEvidence?: Evidence };
  // Outside jest (the fault campaign uses the same helpers) nobody reads it.
  shared.holdfastEvidence ??= { failed: false, lines: [] };
  return shared.holdfastEvidence;
}

/** Named in the message of every test of this file that fails from now on. */
export function addEvidence(line: string): void {
  evidence().lines.push(line);
}

/** Whether a test of this file has failed: what it used is kept then. */
export function hasFailed(): boolean {
  return evidence().failed;
}
