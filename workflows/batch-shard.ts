/** Some thousand lines of a batch, in chunks: a few under way at once, each an activity. */
import {
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { ChunkResult, ShardInput } from '../activities/contract.ts';
import { batchActivities } from './batch-activities.ts';
import { PAUSE_SIGNAL, RESUME_SIGNAL } from './messages.ts';

/** As many as are lost sight of together when a process dies; more would make an activity last long. */
const CHUNK_LINES = 50;

export async function batchShard(input: ShardInput): Promise<ChunkResult> {
  const { id, from, to, slots, tenant } = input;
  const { runChunk } = batchActivities(tenant);
  let paused = input.paused;
  setHandler(defineSignal(PAUSE_SIGNAL), () => {
    paused = true;
  });
  setHandler(defineSignal(RESUME_SIGNAL), () => {
    paused = false;
  });
  const scope = CancellationScope.current();
  let next = from;
  let ended = 0;
  let left = 0;
  const tell = (): void => {
    setCurrentDetails(
      `${ended} of ${to - from + 1} lines ended, ${left} in workflows of their own${paused ? ' · paused' : ''}`,
    );
  };
  const work = async (): Promise<void> => {
    while (next <= to && !scope.consideredCancelled) {
      if (paused) {
        tell();
        await condition(() => !paused);
        continue;
      }
      const first = next;
      const last = Math.min(to, first + CHUNK_LINES - 1);
      next = last + 1;
      const result = await runChunk({ id, from: first, to: last });
      ended += result.ended;
      left += result.left;
      tell();
    }
  };
  try {
    await Promise.all(Array.from({ length: slots }, work));
  } catch (error) {
    // What was done stays done; the batch knows why it stopped.
    if (!isCancellation(error)) throw error;
  }
  return { ended, left };
}
