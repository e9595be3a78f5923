/** The routes of webhooks; `table.ts` puts them with the others. */
import {
  deliveriesQuerySchema,
  deliveryListSchema,
  deliverySchema,
  getDelivery,
  listDeliveries,
  replayDelivery,
} from './deliveries.ts';
import type { Route } from './table.ts';

export const DELIVERY_ROUTES: readonly Route[] = [
  {
    method: 'get',
    paths: ['/v1/webhooks/deliveries'],
    access: 'key',
    handler: listDeliveries,
    summary: 'List webhooks, newest first, with every try',
    tag: 'Webhooks',
    query: deliveriesQuerySchema,
    answer: deliveryListSchema,
    errors: ['invalid_request'],
  },
  {
    method: 'get',
    paths: ['/v1/webhooks/deliveries/:id'],
    access: 'key',
    handler: getDelivery,
    summary: 'Get a webhook and how it was received',
    tag: 'Webhooks',
    answer: deliverySchema,
    errors: ['not_found'],
  },
  {
    method: 'post',
    paths: ['/v1/webhooks/deliveries/:id/replay'],
    access: 'key',
    handler: replayDelivery,
    summary: 'Send a webhook again, under the same id',
    tag: 'Webhooks',
    answer: deliverySchema,
    errors: ['not_found'],
  },
];
