/** Ids of a stream: integers that grow over all attempts of a request, so that a reader needs no more than the last one it saw. */

/** Chunk ids grow by this much from one attempt to the next. */
const IDS_PER_ATTEMPT = 1_000_000;

/** Attempt 1 counts from 1, attempt 2 from 1,000,001, so that they grow over all attempts. */
export function chunkId(attempt: number, seq: number): number {
  return (attempt - 1) * IDS_PER_ATTEMPT + seq;
}

export function attemptOf(id: number): number {
  return Math.floor(id / IDS_PER_ATTEMPT) + 1;
}
