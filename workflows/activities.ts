/** The activities as workflows call them: each with its time limits and why. */
import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { RequestActivities } from '../activities/contract.ts';

/**
 * Waiting for a provider. Every one of these activities reads the ledger first, so that repeating it is harmless:
 * the number of tries is unlimited, and a process that dies is noticed by its missing heartbeat.
 */
export const { awaitFirstCall, callProvider, awaitConvoy } = proxyActivities<RequestActivities>({
  // Too short costs nothing: a repeated activity finds in the ledger that the call is under way, and waits for it.
  heartbeatTimeout: '5 seconds',
  // Far beyond any provider's answer; attempts have their own timeouts, which are the ones that count.
  startToCloseTimeout: '24 hours',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '5 seconds' },
  // A cancelled call still has something to say: what was generated until then, and what it cost.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Writes to the ledger only. */
export const { endRequest } = proxyActivities<RequestActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

/**
 * The same wait without a task of its own, for calls that are over soon: it costs Temporal a third less. Bounded well below the
 * workflow task's 5 s, because it keeps that task open.
 */
export const { awaitConvoy: awaitConvoyBriefly } = proxyLocalActivities<RequestActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '5 seconds' },
});
