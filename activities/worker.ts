/** The Temporal worker: takes workflow and activity tasks of this gateway's task queue. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker, type NativeConnection, type WorkflowBundle } from '@temporalio/worker';
import type { BatchActivities, RequestActivities, WebhookActivities } from './contract.ts';
import { bundleWorkflows } from './workflow-bundle.ts';

/** Written by the build. From sources (tests) the bundle is made at start. */
const BUNDLE = fileURLToPath(new URL('../workflows/bundle.js', import.meta.url));
const SOURCES = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

export type WorkerOptions = {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly activities: RequestActivities & WebhookActivities;
  /** How long a stopping worker lets activities finish, milliseconds. The SDK's default is 0, which cuts every call in flight. */
  readonly graceMs: number;
};

export async function createWorker(options: WorkerOptions): Promise<Worker> {
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue,
    workflowBundle: await bundle(),
    activities: options.activities,
    // Provider calls last seconds and wait for sockets, not for processors: a slot each, far above the default of 100.
    maxConcurrentActivityTaskExecutions: 4_000,
    // A convoy keeps its first workflow task, and a local activity, for up to two seconds.
    maxConcurrentWorkflowTaskExecutions: 1_000,
    maxConcurrentLocalActivityExecutions: 1_000,
    maxCachedWorkflows: 4_000,
    // Few: most tasks come with the start or the completion before them, and a stopped process still swallows one task a poller.
    workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 3 },
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 3 },
    // A process that died still has its sticky queue; others wait this long before they take its tasks. The default is 10 s.
    stickyQueueScheduleToStartTimeout: '2 seconds',
    // Heartbeats carry how far a stream is; operators read them while it runs.
    maxHeartbeatThrottleInterval: '2 seconds',
    defaultHeartbeatThrottleInterval: '2 seconds',
    shutdownGraceTime: options.graceMs,
    shutdownForceTime: options.graceMs + 10_000,
  });
}

export type BatchWorkerOptions = Omit<WorkerOptions, 'activities'> & { readonly activities: BatchActivities };

/** A worker of its own for batches: however many chunks wait, no slot and no poller of the others is taken. */
export async function createBatchWorker(options: BatchWorkerOptions): Promise<Worker> {
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue,
    activities: options.activities,
    // Each holds some tens of lines.
    maxConcurrentActivityTaskExecutions: 20,
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 2 },
    // Progress, and how soon a cancellation is noticed.
    maxHeartbeatThrottleInterval: '2 seconds',
    defaultHeartbeatThrottleInterval: '2 seconds',
    shutdownGraceTime: options.graceMs,
    shutdownForceTime: options.graceMs + 10_000,
  });
}

async function bundle(): Promise<{ codePath: string } | WorkflowBundle> {
  return existsSync(BUNDLE) ? { codePath: BUNDLE } : bundleWorkflows(SOURCES);
}
