/** `Prefer: respond-async` (RFC 7240 §4.1): the request is committed, the answer is fetched or told later. */
import { z } from 'zod';
import type { Accepted, Caller } from '../dispatch.ts';
import { sendJson } from '../middleware/reply.ts';
import { answerHeaders } from './answer-headers.ts';
import type { Exchange } from './exchange.ts';
import { REQUEST_STATUSES } from './request-reader.ts';

export const acceptedSchema = z
  .object({ id: z.string(), object: z.literal('request'), status: z.enum(REQUEST_STATUSES) })
  .meta({ id: 'AcceptedRequest' });

export function wantsAsync({ req }: Exchange): boolean {
  const { prefer } = req.headers;
  const given = typeof prefer === 'string' ? prefer : (prefer ?? []).join(',');
  return given.split(',').some((one) => one.trim().split(';')[0]?.trim().toLowerCase() === 'respond-async');
}

export async function answerAccepted(exchange: Exchange, caller: Caller, accepted: Accepted): Promise<void> {
  const known = accepted.replayed ? await exchange.deps.requests.get(accepted.id, caller) : undefined;
  // Nobody waits for it here; it still tells when the request is no longer under way in this process.
  if (!accepted.replayed) void accepted.answer();
  const headers = answerHeaders(exchange, accepted, { attempts: 0, fallbacks: 0, durability: 'temporal' });
  headers['location'] = `/v1/requests/${accepted.id}`;
  headers['preference-applied'] = 'respond-async';
  const body: z.infer<typeof acceptedSchema> = {
    id: accepted.id,
    object: 'request',
    status: known?.status ?? 'in_progress',
  };
  sendJson(exchange, 202, body, headers);
}
