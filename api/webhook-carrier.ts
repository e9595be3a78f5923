/** Gives news that is to be delivered to a workflow of its own. */
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { webhook } from '../workflows/index.ts';
import { REPLAY_SIGNAL } from '../workflows/messages.ts';

export type WebhookCarrier = {
  /** Where one runs already, it tries again at once. Errors: what Temporal said. */
  start(id: string): Promise<void>;
};

export function createWebhookCarrier({ client, taskQueue }: { client: Client; taskQueue: string }): WebhookCarrier {
  return {
    start: async (id) => {
      try {
        await client.workflow.signalWithStart<typeof webhook>('webhook', {
          taskQueue,
          workflowId: id,
          args: [{ id }],
          signal: REPLAY_SIGNAL,
          // A delivery that has ended may be asked for again.
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
  };
}
