/** `/v1/messages/batches`: Anthropic's batch API, in its shapes, for every provider. */
import { z } from 'zod';
import { toProblem } from '../../providers/protocol/problem.ts';
import type { Caller } from '../dispatch.ts';
import { readJson } from '../middleware/body.ts';
import { edgeFailure, refuse, Refusal } from '../middleware/refusal.ts';
import { sendJson } from '../middleware/reply.ts';
import type { BatchRecord } from './batch-desk.ts';
import type { Exchange, Params } from './exchange.ts';
import { sendFile } from './files.ts';
import { parseQuery, pathOf } from './params.ts';
import { webhookUrlOf } from './webhook-url.ts';

/** Anthropic's limit. */
const MAX_REQUESTS = 100_000;
const WINDOW_MS = 86_400_000;

export const messageBatchBodySchema = z
  .object({
    requests: z
      .array(
        z.object({
          custom_id: z.string().regex(/^[\w-]{1,64}$/, 'expected 1 to 64 letters, digits, hyphens and underscores'),
          params: z.looseObject({ model: z.string().min(1) }),
        }),
      )
      .min(1)
      .max(MAX_REQUESTS),
  })
  .meta({ id: 'MessageBatchRequest' });

export const messageBatchSchema = z
  .object({
    id: z.string(),
    type: z.literal('message_batch'),
    processing_status: z.enum(['in_progress', 'canceling', 'ended']),
    request_counts: z.object({
      processing: z.number().int(),
      succeeded: z.number().int(),
      errored: z.number().int(),
      canceled: z.number().int(),
      expired: z.number().int(),
    }),
    created_at: z.string(),
    expires_at: z.string(),
    ended_at: z.string().nullable(),
    cancel_initiated_at: z.string().nullable(),
    archived_at: z.string().nullable(),
    results_url: z.string().nullable(),
  })
  .meta({ id: 'MessageBatch' });

export const messageBatchListSchema = z
  .object({
    data: z.array(messageBatchSchema),
    has_more: z.boolean(),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
  })
  .meta({ id: 'MessageBatchList' });

export const messageBatchDeletedSchema = z
  .object({ id: z.string(), type: z.literal('message_batch_deleted') })
  .meta({ id: 'MessageBatchDeleted' });

const id = z.string().min(1).max(100).optional();
const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 20;

export const messageBatchesQuerySchema = z.strictObject({
  after_id: id.meta({ description: 'Batches older than this one.' }),
  before_id: id.meta({ description: 'Batches newer than this one.' }),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(MAX_PAGE))
    .optional(),
});

export async function createMessageBatch(exchange: Exchange, caller: Caller): Promise<void> {
  const { deps } = exchange;
  const body = await readJson(exchange, deps.config().holdfast.maxBodyBytes);
  const parsed = messageBatchBodySchema.safeParse(body);
  if (!parsed.success) throw new Refusal({ code: 'invalid_request', ...toProblem(parsed.error, body), billed: 'no' });
  const { requests } = parsed.data;
  const seen = new Set<string>();
  for (const [at, { custom_id: customId }] of requests.entries()) {
    if (seen.has(customId))
      throw new Refusal(
        edgeFailure('invalid_request', `The custom_id '${customId}' is used twice.`, `requests[${at}].custom_id`),
      );
    seen.add(customId);
  }
  const webhookUrl = webhookUrlOf(exchange);
  const record = await deps.batches.create(
    {
      dialect: 'anthropic',
      endpoint: '/v1/messages',
      completionWindow: '24h',
      windowMs: WINDOW_MS,
      lines: requests.map(({ custom_id: customId, params }) => ({ customId, body: params })),
      ...(webhookUrl === undefined ? {} : { webhookUrl }),
    },
    caller,
  );
  sendJson(exchange, 200, toMessageBatch(record));
}

export async function listMessageBatches(exchange: Exchange, caller: Caller): Promise<void> {
  const query = parseQuery(exchange.req.url, messageBatchesQuerySchema);
  const { after_id: after, before_id: before, limit = DEFAULT_PAGE } = query;
  if (after !== undefined && before !== undefined)
    refuse('invalid_request', 'after_id and before_id exclude each other.', 'before_id');
  const page = await exchange.deps.batches.list(
    {
      dialect: 'anthropic',
      limit,
      ...(after === undefined ? {} : { after }),
      ...(before === undefined ? {} : { before }),
    },
    caller,
  );
  sendJson(exchange, 200, {
    data: page.data.map(toMessageBatch),
    has_more: page.hasMore,
    first_id: page.data[0]?.id ?? null,
    last_id: page.data.at(-1)?.id ?? null,
  });
}

export async function getMessageBatch(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  sendJson(exchange, 200, toMessageBatch(await requireBatch(exchange, caller, params)));
}

export async function cancelMessageBatch(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const batch = await requireBatch(exchange, caller, params);
  const changed = await exchange.deps.batches.change(batch.id, 'anthropic', 'cancel', caller);
  sendJson(exchange, 200, toMessageBatch(changed ?? batch));
}

export async function deleteMessageBatch(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const batch = await requireBatch(exchange, caller, params);
  if ((await exchange.deps.batches.remove(batch.id, 'anthropic', caller)) === false)
    refuse('invalid_request', 'The batch is in progress: cancel it before it is deleted.', 'id');
  sendJson(exchange, 200, { id: batch.id, type: 'message_batch_deleted' });
}

/** One result a line, in the order of the requests. */
export async function getMessageBatchResults(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const { id: batchId, outputFileId } = await requireBatch(exchange, caller, params);
  const file = outputFileId === undefined ? undefined : await exchange.deps.files.get(outputFileId, caller);
  if (file === undefined) return refuse('not_found', `Batch ${batchId} has no available results.`, 'id');
  await sendFile(exchange, file, 'application/x-jsonl');
}

async function requireBatch(exchange: Exchange, caller: Caller, params: Params): Promise<BatchRecord> {
  const given = pathOf(params['id']) ?? '';
  // The same words for an id that does not exist and for another tenant's, so that ids cannot be probed.
  return (
    (await exchange.deps.batches.get(given, 'anthropic', caller)) ??
    refuse('not_found', `No message batch found with id '${given.slice(0, 100)}'.`, 'id')
  );
}

const STATUSES = {
  validating: 'in_progress',
  in_progress: 'in_progress',
  finalizing: 'in_progress',
  cancelling: 'canceling',
  completed: 'ended',
  failed: 'ended',
  expired: 'ended',
  cancelled: 'ended',
} as const;

function toMessageBatch(batch: BatchRecord): z.infer<typeof messageBatchSchema> {
  const status = STATUSES[batch.state];
  const { total, completed, failed, cancelled, expired } = batch;
  const rest = total - completed - failed - cancelled - expired;
  const endedAt = batch.completedAt ?? batch.failedAt ?? batch.expiredAt ?? batch.cancelledAt;
  return {
    id: batch.id,
    type: 'message_batch',
    processing_status: status,
    request_counts: {
      processing: status === 'ended' ? 0 : rest,
      succeeded: completed,
      // What is left of a batch that failed as a whole.
      errored: failed + (status === 'ended' ? rest : 0),
      canceled: cancelled,
      expired,
    },
    created_at: batch.createdAt.toISOString(),
    expires_at: batch.expiresAt.toISOString(),
    ended_at: endedAt?.toISOString() ?? null,
    cancel_initiated_at: batch.cancellingAt?.toISOString() ?? null,
    archived_at: null,
    // Relative to the address that the caller uses: only the caller knows by which one it reaches us.
    results_url: batch.outputFileId === undefined ? null : `/v1/messages/batches/${batch.id}/results`,
  };
}
