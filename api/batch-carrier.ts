/** Gives batches to their workflows and tells these what their owners want. */
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { BatchRow } from '../activities/store/batches.ts';
import type { batch as batchWorkflow } from '../workflows/index.ts';
import { CANCEL_SIGNAL, PAUSE_SIGNAL, RESUME_SIGNAL } from '../workflows/messages.ts';
import { MAX_KEYWORD_LENGTH, SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';

export type BatchCarrier = {
  /** Harmless when it runs already. Errors: what Temporal said. */
  start(batch: Pick<BatchRow, 'id' | 'tenant' | 'alias' | 'endpoint' | 'inputFileId'>): Promise<void>;
  /** The ledger's mark is what counts; a workflow that cannot be told finds it. */
  tell(id: string, wish: 'cancel' | 'pause' | 'resume'): Promise<void>;
};

const SIGNALS = { cancel: CANCEL_SIGNAL, pause: PAUSE_SIGNAL, resume: RESUME_SIGNAL } as const;

export function createBatchCarrier({ client, taskQueue }: { client: Client; taskQueue: string }): BatchCarrier {
  return {
    start: async ({ id, tenant, alias, endpoint, inputFileId }) => {
      try {
        await client.workflow.start<typeof batchWorkflow>('batch', {
          taskQueue,
          workflowId: id,
          args: [{ id }],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          typedSearchAttributes: new TypedSearchAttributes([
            { key: SEARCH_ATTRIBUTES.tenant, value: tenant.slice(0, MAX_KEYWORD_LENGTH) },
            { key: SEARCH_ATTRIBUTES.keyAlias, value: alias.slice(0, MAX_KEYWORD_LENGTH) },
            { key: SEARCH_ATTRIBUTES.status, value: 'validating' },
          ]),
          staticSummary: `${endpoint} · ${inputFileId ?? 'inline'} · ${alias}`.slice(0, 200),
        });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
    tell: async (id, wish) => {
      await client.workflow.getHandle(id).signal(SIGNALS[wish]);
    },
  };
}
