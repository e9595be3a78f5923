/** Many requests that were accepted together under load: one history for the happy majority. */
import { setCurrentDetails } from '@temporalio/workflow';
import type { ConvoyInput, ConvoySummary } from '../activities/contract.ts';
import { awaitConvoy, awaitConvoyBriefly } from './activities.ts';

/** Most answers are there by then; what is not gets an activity with heartbeats. */
const BRIEFLY_MS = 2_000;

export async function convoy({ ids }: ConvoyInput): Promise<ConvoySummary> {
  const first = await awaitConvoyBriefly.executeWithOptions({ summary: `${ids.length} calls` }, [
    { ids, forMs: BRIEFLY_MS },
  ]);
  const left = [...first.left];
  if (first.open.length > 0) {
    const { open } = first;
    const rest = await awaitConvoy.executeWithOptions({ summary: `${open.length} calls that take longer` }, [
      { ids: open },
    ]);
    left.push(...rest.left);
  }
  if (left.length > 0) setCurrentDetails(`On their own now: ${left.join(', ')}`);
  return { carried: ids.length - left.length, left };
}
