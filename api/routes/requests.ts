/** `/v1/requests`: what became of a request, on any process, also after its connection was lost. */
import { z } from 'zod';
import type { Caller } from '../dispatch.ts';
import { refuse } from '../middleware/refusal.ts';
import { REQUEST_ID } from '../middleware/request-id.ts';
import { commonHeaders, sendJson, sendText } from '../middleware/reply.ts';
import type { Exchange, Params } from './exchange.ts';
import { DEFAULT_PAGE, pageLimit, toPage } from './page.ts';
import { parseQuery, pathOf } from './params.ts';
import { toRequestJson, toRequestObject } from './request-object.ts';
import { REQUEST_STATUSES, type RequestRecord } from './request-reader.ts';

const seconds = z
  .string()
  .regex(/^\d{1,11}(\.\d{1,6})?$/, 'expected seconds since 1970')
  .transform(Number);

export const requestsQuerySchema = z.strictObject({
  status: z.enum(REQUEST_STATUSES).optional(),
  model: z.string().min(1).max(500).optional(),
  key: z.string().min(1).max(500).optional().meta({ description: 'Alias of the key that asked.' }),
  team: z.string().min(1).max(500).optional(),
  tag: z.string().min(1).max(500).optional(),
  created_after: seconds.optional().meta({ description: 'Seconds since 1970, inclusive.' }),
  created_before: seconds.optional().meta({ description: 'Seconds since 1970, exclusive.' }),
  after: z
    .string()
    .regex(REQUEST_ID, 'expected the id of a request')
    .optional()
    .meta({ description: "The last page's `last_id`." }),
  limit: pageLimit(),
});

export async function listRequests(exchange: Exchange, caller: Caller): Promise<void> {
  const query = parseQuery(exchange.req.url, requestsQuerySchema);
  const {
    created_after: from,
    created_before: before,
    limit = DEFAULT_PAGE,
    status,
    model,
    key,
    team,
    tag,
    after,
  } = query;
  const page = await exchange.deps.requests.list(
    {
      limit,
      ...(status === undefined ? {} : { status }),
      ...(model === undefined ? {} : { model }),
      ...(key === undefined ? {} : { key }),
      ...(team === undefined ? {} : { team }),
      ...(tag === undefined ? {} : { tag }),
      ...(after === undefined ? {} : { after }),
      ...(from === undefined ? {} : { createdFromMs: from * 1000 }),
      ...(before === undefined ? {} : { createdBeforeMs: before * 1000 }),
    },
    caller,
  );
  sendJson(exchange, 200, toPage(page, toRequestObject));
}

export async function getRequest(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const id = requestIdOf(params);
  sendRequest(exchange, id, await exchange.deps.requests.get(id, caller));
}

export async function cancelRequest(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const id = requestIdOf(params);
  sendRequest(exchange, id, await exchange.deps.requests.cancel(id, caller));
}

export function requestIdOf(params: Params): string {
  const id = pathOf(params['id']) ?? '';
  return REQUEST_ID.test(id) ? id : notFound(id);
}

function sendRequest(exchange: Exchange, id: string, record: RequestRecord | undefined): void {
  if (record === undefined) return notFound(id);
  const headers = commonHeaders(exchange);
  headers['content-type'] = 'application/json';
  sendText(exchange, 200, toRequestJson(record), headers);
}

/** The same words for an id that does not exist and for another tenant's, so that ids cannot be probed. */
export function notFound(id: string): never {
  return refuse('not_found', `No request found with id '${id.slice(0, 100)}'.`, 'id');
}
