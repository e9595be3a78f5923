/** Starts what the ledger has accepted and Temporal does not know: batches, and news of what has ended. */
import { every } from './repeat.ts';
import { failBatch, findBatchesToStart, findOpenBatches, markBatchStarted, type BatchRow } from './store/batches.ts';
import type { Database } from './store/pool.ts';
import { findDeliveriesToStart, findOpenDeliveries, markDeliveryStarted } from './store/webhooks.ts';

export type OutboxDeps = {
  readonly database: Database;
  readonly startBatch: (batch: BatchRow) => Promise<void>;
  readonly startWebhook: (id: string) => Promise<void>;
  /** `unknown` when Temporal has lost or forgotten the workflow. */
  readonly stateOfWorkflow: (id: string) => Promise<'running' | 'closed' | 'unknown'>;
  readonly log: { warn(details: object, message: string): void };
};

export type Outbox = { stop(): void };

const START_MS = 1_000;
const TELL_MS = 300;
const LOOK_MS = 30_000;
const AT_ONCE = 50;

export function startOutbox(deps: OutboxDeps): Outbox {
  const { database } = deps;
  const startBatches = async (): Promise<void> => {
    for (const batch of await findBatchesToStart(database, AT_ONCE)) {
      await deps.startBatch(batch);
      await markBatchStarted(database, batch.id);
    }
  };
  const lookAfterBatches = async (): Promise<void> => {
    for (const batch of await findOpenBatches(database, AT_ONCE)) {
      const state = await deps.stateOfWorkflow(batch.id);
      // Lost with Temporal's store: the ledger knows which lines are answered.
      if (state === 'unknown') await deps.startBatch(batch);
      if (state === 'closed')
        await failBatch(database, batch.id, [
          { code: 'workflow_closed', message: 'The workflow of the batch was closed before it had ended.' },
        ]);
    }
  };
  const startWebhooks = async (): Promise<void> => {
    for (const id of await findDeliveriesToStart(database, AT_ONCE)) {
      await deps.startWebhook(id);
      await markDeliveryStarted(database, id);
    }
  };
  let lookedAt = '';
  const lookAfterWebhooks = async (): Promise<void> => {
    const open = await findOpenDeliveries(database, lookedAt, AT_ONCE);
    lookedAt = open.length < AT_ONCE ? '' : (open.at(-1) ?? '');
    for (const id of open) if ((await deps.stateOfWorkflow(id)) !== 'running') await deps.startWebhook(id);
  };
  const loops = [
    every(TELL_MS, startWebhooks, deps),
    every(LOOK_MS, lookAfterWebhooks, deps),
    every(START_MS, startBatches, deps),
    every(LOOK_MS, lookAfterBatches, deps),
  ];
  return {
    stop: () => {
      for (const stop of loops) stop();
    },
  };
}
