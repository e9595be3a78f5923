/** `/v1/batches`: OpenAI's Batch API, for every provider. */
import { z } from 'zod';
import { parseDuration } from '../../activities/config/duration.ts';
import type { Caller } from '../dispatch.ts';
import { BATCH_ENDPOINTS, type BatchEndpoint } from '../line-reader.ts';
import { readJson } from '../middleware/body.ts';
import { refuse, Refusal } from '../middleware/refusal.ts';
import { sendJson } from '../middleware/reply.ts';
import { isSet } from '../../providers/protocol/json.ts';
import { toInvalidRequest } from '../../providers/protocol/problem.ts';
import { toBatchObject } from './batch-object.ts';
import type { BatchRecord } from './batch-desk.ts';
import type { Exchange, Params } from './exchange.ts';
import { expiresAfterSchema } from './files.ts';
import { DEFAULT_PAGE, pageAfter, pageLimit, toPage } from './page.ts';
import { parseQuery, pathOf } from './params.ts';
import { webhookUrlOf } from './webhook-url.ts';

const ENDPOINTS = Object.keys(BATCH_ENDPOINTS) as [BatchEndpoint, ...BatchEndpoint[]];
/** A week: results are kept no longer by default. */
const LONGEST_WINDOW_MS = 7 * 86_400_000;
const SHORTEST_WINDOW_MS = 1_000;

const metadata = z
  .record(z.string().min(1).max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, 'metadata may have 16 keys at most');

export const batchBodySchema = z
  .strictObject({
    input_file_id: z.string().min(1).max(100),
    endpoint: z.enum(ENDPOINTS),
    completion_window: z.string().max(20).meta({ description: '`24h`, or another duration up to seven days.' }),
    metadata: metadata.nullish(),
    output_expires_after: expiresAfterSchema.nullish(),
    csv_template: z
      .looseObject({ model: z.string().min(1) })
      .nullish()
      .meta({
        description:
          'The input is a CSV table with a header: each row becomes a request with this body, `{{column}}` filled in. The column `custom_id`, if there is one, names the rows.',
      }),
  })
  .meta({ id: 'BatchRequest' });

export const webhookHeaderSchema = z.object({
  'x-webhook-url': z.string().max(2_048).optional().meta({ description: 'Where the end of the batch is told.' }),
});

export const batchesQuerySchema = z.strictObject({
  after: pageAfter,
  limit: pageLimit(),
});

export async function createBatch(exchange: Exchange, caller: Caller): Promise<void> {
  const { deps } = exchange;
  const body = await readJson(exchange, deps.config().holdfast.maxBodyBytes);
  const parsed = batchBodySchema.safeParse(body);
  if (!parsed.success) throw new Refusal(toInvalidRequest(parsed.error, body));
  const order = parsed.data;
  const webhookUrl = webhookUrlOf(exchange);
  const windowMs = windowOf(order.completion_window);
  const file = await deps.files.get(order.input_file_id, caller);
  // The same words for an id that does not exist and for another tenant's, so that ids cannot be probed.
  if (file === undefined)
    refuse('not_found', `No such File object: ${order.input_file_id.slice(0, 100)}`, 'input_file_id');
  if (file.purpose !== 'batch')
    refuse('invalid_request', `The purpose of the file is '${file.purpose}', and not 'batch'.`, 'input_file_id');
  const record = await deps.batches.create(
    {
      dialect: 'openai',
      endpoint: order.endpoint,
      inputFileId: file.id,
      completionWindow: order.completion_window,
      windowMs,
      ...(webhookUrl === undefined ? {} : { webhookUrl }),
      ...(isSet(order.metadata) ? { metadata: order.metadata } : {}),
      ...(isSet(order.csv_template) ? { template: order.csv_template } : {}),
      ...(isSet(order.output_expires_after) ? { outputExpiresAfterS: order.output_expires_after.seconds } : {}),
    },
    caller,
  );
  sendJson(exchange, 200, toBatchObject(record));
}

function windowOf(text: string): number {
  const ms = /^\d+(\.\d+)?\s*[a-z]+$/i.test(text) ? parseDuration(text, 1) : undefined;
  if (ms !== undefined && ms >= SHORTEST_WINDOW_MS && ms <= LONGEST_WINDOW_MS) return ms;
  return refuse(
    'invalid_request',
    "completion_window must be '24h', or another duration from '1s' to '7d'.",
    'completion_window',
  );
}

export async function listBatches(exchange: Exchange, caller: Caller): Promise<void> {
  const { after, limit = DEFAULT_PAGE } = parseQuery(exchange.req.url, batchesQuerySchema);
  const page = await exchange.deps.batches.list(
    { dialect: 'openai', limit, ...(after === undefined ? {} : { after }) },
    caller,
  );
  sendJson(exchange, 200, toPage(page, toBatchObject));
}

export async function getBatch(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const id = pathOf(params['id']) ?? '';
  send(exchange, id, await exchange.deps.batches.get(id, 'openai', caller));
}

export async function cancelBatch(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const id = pathOf(params['id']) ?? '';
  send(exchange, id, await exchange.deps.batches.change(id, 'openai', 'cancel', caller));
}

export async function pauseBatch(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const id = pathOf(params['id']) ?? '';
  send(exchange, id, await exchange.deps.batches.change(id, 'openai', 'pause', caller));
}

export async function resumeBatch(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const id = pathOf(params['id']) ?? '';
  send(exchange, id, await exchange.deps.batches.change(id, 'openai', 'resume', caller));
}

function send(exchange: Exchange, id: string, record: BatchRecord | undefined): void {
  if (record === undefined) return refuse('not_found', `No batch found with id '${id.slice(0, 100)}'.`, 'id');
  sendJson(exchange, 200, toBatchObject(record));
}
