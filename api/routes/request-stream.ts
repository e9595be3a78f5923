/** `/v1/requests/{id}/stream`: a request's stream from any event on, in the dialect it was asked in, live or long finished. */
import { z } from 'zod';
import { kindRow } from '../../providers/kinds.ts';
import type { Caller } from '../dispatch.ts';
import { logAccess } from '../middleware/access-log.ts';
import { refuse } from '../middleware/refusal.ts';
import { commonHeaders } from '../middleware/reply.ts';
import { wordsOf } from '../stream/words.ts';
import { answerStream } from './answer.ts';
import type { Exchange, Params } from './exchange.ts';
import { parseQuery } from './params.ts';
import { notFound, requestIdOf } from './requests.ts';
import type { StoredExchange } from './stored-exchange.ts';

const EVENT_ID = /^\d{1,15}$/;

export const streamQuerySchema = z.strictObject({
  starting_after: z
    .string()
    .regex(EVENT_ID, 'expected the id of an event')
    .transform(Number)
    .optional()
    .meta({ description: 'Only the events behind the one with this id.' }),
});

export const streamHeadersSchema = z.object({
  'last-event-id': z
    .string()
    .optional()
    .meta({ description: 'As `starting_after`; browsers send it when they connect again.' }),
});

export async function streamRequest(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const id = requestIdOf(params);
  const after = cursorOf(exchange);
  const stored = await exchange.deps.exchanges.read(id, caller);
  if (stored === undefined) return notFound(id);
  if (kindRow(stored.kind).operation !== 'chat')
    refuse('invalid_request', `A request of this kind has no stream: read its answer at /v1/requests/${id}.`, 'id');
  if (after > 0 && stored.status === 'completed' && (await isCaughtUp(exchange, stored, after))) {
    endCaughtUp(exchange, id);
    return;
  }
  const open = stored.status === 'in_progress' || after > 0;
  answerStream(exchange, caller, exchange.deps.exchanges.follow(stored, { after, open }), wordsOf(stored.kind), false);
}

/** Where the reader is: 0 at the beginning. */
function cursorOf(exchange: Exchange): number {
  const { starting_after: asked } = parseQuery(exchange.req.url, streamQuerySchema);
  const last = exchange.req.headers['last-event-id'];
  if (last === undefined || last === '') return asked ?? 0;
  if (typeof last !== 'string' || !EVENT_ID.test(last))
    return refuse('invalid_request', 'Last-Event-ID: expected the id of an event.', 'Last-Event-ID');
  if (asked !== undefined && asked !== Number(last))
    return refuse('invalid_request', 'starting_after and Last-Event-ID name different events.', 'starting_after');
  return Number(last);
}

async function isCaughtUp(exchange: Exchange, stored: StoredExchange, after: number): Promise<boolean> {
  switch (await exchange.deps.exchanges.place(stored, after)) {
    case 'beyond':
      return refuse('invalid_request', 'The stream has ended before this event.', 'starting_after');
    case 'gone':
      return refuse(
        'stream_expired',
        'The stream is not kept any longer; without starting_after its answer is streamed from the beginning.',
        'starting_after',
      );
    case 'end':
      return true;
    case 'more':
      return false;
  }
}

/** Browsers connect again after every end but this one. */
function endCaughtUp(exchange: Exchange, id: string): void {
  exchange.res.writeHead(204, commonHeaders(exchange, id));
  exchange.res.end();
  logAccess(exchange, 204);
}
