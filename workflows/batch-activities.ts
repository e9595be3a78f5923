/** The activities of batches as workflows call them: on a task queue of their own, behind everything that somebody waits for. */
import { ActivityCancellationType, proxyActivities, workflowInfo, type ActivityOptions } from '@temporalio/workflow';
import type { BatchActivities } from '../activities/contract.ts';
import { batchQueueOf } from './messages.ts';

/** The lowest of Temporal's five. */
const PRIORITY = 5;

/** Tenants take turns, however many chunks one of them has waiting. */
export function batchActivities(tenant: string): BatchActivities {
  const options: ActivityOptions = {
    taskQueue: batchQueueOf(workflowInfo().taskQueue),
    // Handed over along with a workflow task, a chunk would take a slot that is meant for somebody who waits.
    allowEagerDispatch: false,
    priority: { priorityKey: PRIORITY, fairnessKey: tenant.slice(0, MAX_FAIRNESS_KEY) },
    // Repeating is harmless: answered lines are found in the ledger.
    heartbeatTimeout: '15 seconds',
    startToCloseTimeout: '24 hours',
    retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
    // Lines under way are finished and accounted.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  };
  return proxyActivities<BatchActivities>(options);
}

/** Temporal refuses longer ones. */
const MAX_FAIRNESS_KEY = 64;
