/** The activity that delivers news: one try, noted in the ledger. */
import { ApplicationFailure } from '@temporalio/activity';
import type { WebhookActivities } from './contract.ts';
import type { WebhookSender } from './http/webhook-sender.ts';
import type { Database } from './store/pool.ts';
import { findDelivery, noteTry } from './store/webhooks.ts';

export type WebhookActivitiesDeps = {
  readonly database: Database;
  /** Undefined: no secret is configured any more. */
  readonly sender: WebhookSender | undefined;
};

/** The receiver says that it is gone for good. */
const GONE = 410;

export function createWebhookActivities({ database, sender }: WebhookActivitiesDeps): WebhookActivities {
  return {
    deliverWebhook: async ({ id, last }) => {
      const delivery = await findDelivery(database, id);
      // Repeating cannot bring the row back.
      if (delivery === undefined) throw ApplicationFailure.nonRetryable(`Delivery ${id} is not in the ledger.`);
      const begun = performance.now();
      const reply = await (sender?.send(delivery) ?? { error: 'No secret for webhooks is configured.' });
      const durationMs = Math.round(performance.now() - begun);
      const status = 'status' in reply ? reply.status : undefined;
      const delivered = status !== undefined && status >= 200 && status <= 299;
      const over = last || status === GONE;
      await noteTry(database, id, { ...reply, durationMs }, delivered ? 'delivered' : over ? 'failed' : undefined);
      return { ended: delivered || over, ...(status === undefined ? {} : { status }), delivered };
    },
  };
}
