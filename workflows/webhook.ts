/** News of what has ended, delivered: tried again for three days, or whenever somebody asks for it. */
import { condition, defineSignal, proxyActivities, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { Delivered, WebhookActivities, WebhookInput } from '../activities/contract.ts';
import { REPLAY_SIGNAL } from './messages.ts';

const { deliverWebhook } = proxyActivities<WebhookActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The waits between tries that Standard Webhooks proposes: ten tries in 75 hours and 35 minutes. */
const WAITS_MS = [
  5_000,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
] as const;

export async function webhook({ id }: WebhookInput): Promise<Delivered> {
  let wanted = false;
  setHandler(defineSignal(REPLAY_SIGNAL), () => {
    wanted = true;
  });
  for (let n = 0; ; n += 1) {
    wanted = false;
    const result = await deliverWebhook.executeWithOptions({ summary: `try ${n + 1}` }, [
      { id, last: n >= WAITS_MS.length },
    ]);
    setCurrentDetails(`try ${n + 1}: ${result.status ?? 'no answer'}`);
    if (result.ended) return result;
    await condition(() => wanted, WAITS_MS[n] ?? HOUR_MS);
  }
}
