/** `/v1/webhooks/deliveries`: which news was sent, what the receivers answered, and sending it again. */
import { z } from 'zod';
import type { Caller } from '../dispatch.ts';
import { refuse } from '../middleware/refusal.ts';
import { sendJson } from '../middleware/reply.ts';
import { DELIVERY_STATES, type DeliveryRecord } from './delivery-desk.ts';
import type { Exchange, Params } from './exchange.ts';
import { DEFAULT_PAGE, pageAfter, pageLimit, toPage } from './page.ts';
import { parseQuery, pathOf } from './params.ts';

export const deliverySchema = z
  .object({
    id: z.string().meta({ description: 'The `webhook-id` of every try.' }),
    object: z.literal('webhook.delivery'),
    type: z.string(),
    subject: z.string().meta({ description: 'The request or the batch.' }),
    url: z.string(),
    status: z.enum(DELIVERY_STATES),
    created_at: z.number(),
    ended_at: z.number().nullable(),
    tries: z.array(
      z.object({
        n: z.number().int(),
        at: z.number(),
        status: z.number().int().nullable(),
        error: z.string().nullable(),
        duration_ms: z.number().int(),
      }),
    ),
  })
  .meta({ id: 'WebhookDelivery' });

export const deliveryListSchema = z
  .object({
    object: z.literal('list'),
    data: z.array(deliverySchema),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: 'WebhookDeliveryList' });

export const deliveriesQuerySchema = z.strictObject({
  status: z.enum(DELIVERY_STATES).optional(),
  subject: z.string().min(1).max(100).optional().meta({ description: 'Id of the request or the batch.' }),
  after: pageAfter,
  limit: pageLimit(),
});

export async function listDeliveries(exchange: Exchange, caller: Caller): Promise<void> {
  const { status, subject, after, limit = DEFAULT_PAGE } = parseQuery(exchange.req.url, deliveriesQuerySchema);
  const page = await exchange.deps.deliveries.list(
    {
      limit,
      ...(status === undefined ? {} : { state: status }),
      ...(subject === undefined ? {} : { subject }),
      ...(after === undefined ? {} : { after }),
    },
    caller,
  );
  sendJson(exchange, 200, toPage(page, toDeliveryObject));
}

export async function getDelivery(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const id = pathOf(params['id']) ?? '';
  send(exchange, id, await exchange.deps.deliveries.get(id, caller));
}

export async function replayDelivery(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const id = pathOf(params['id']) ?? '';
  send(exchange, id, await exchange.deps.deliveries.replay(id, caller));
}

function send(exchange: Exchange, id: string, record: DeliveryRecord | undefined): void {
  if (record === undefined) return refuse('not_found', `No delivery found with id '${id.slice(0, 100)}'.`, 'id');
  sendJson(exchange, 200, toDeliveryObject(record));
}

/** Times are seconds since 1970 with milliseconds as fraction. */
export function toDeliveryObject(row: DeliveryRecord): z.infer<typeof deliverySchema> {
  return {
    id: row.id,
    object: 'webhook.delivery',
    type: row.type,
    subject: row.subject,
    url: row.url,
    status: row.state,
    created_at: row.createdAt.getTime() / 1000,
    ended_at: row.endedAt === undefined ? null : row.endedAt.getTime() / 1000,
    tries: row.tries.map((one) => ({
      n: one.n,
      at: one.at.getTime() / 1000,
      status: one.status ?? null,
      error: one.error ?? null,
      duration_ms: one.durationMs,
    })),
  };
}
