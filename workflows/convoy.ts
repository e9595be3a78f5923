/** Many requests that were accepted together under load: one history for the happy majority. */
import { setCurrentDetails } from '@temporalio/workflow';
import { awaitConvoy } from './activities.ts';
import type { ConvoyInput, ConvoySummary } from '../activities/contract.ts';

export async function convoy(input: ConvoyInput): Promise<ConvoySummary> {
  const summary = await awaitConvoy(input);
  if (summary.left.length > 0) setCurrentDetails(`On their own now: ${summary.left.join(', ')}`);
  return summary;
}
