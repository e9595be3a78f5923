/** The routes of Anthropic's batches; `table.ts` puts them with the others. */
import { webhookHeaderSchema } from './batches.ts';
import {
  cancelMessageBatch,
  createMessageBatch,
  deleteMessageBatch,
  getMessageBatch,
  getMessageBatchResults,
  listMessageBatches,
  messageBatchBodySchema,
  messageBatchDeletedSchema,
  messageBatchesQuerySchema,
  messageBatchListSchema,
  messageBatchSchema,
} from './message-batches.ts';
import type { Route } from './table.ts';

/** Not under `/anthropic`: that door passes requests to Anthropic as they are, batches included. */
function pathsOf(path: string): string[] {
  return [`/v1/messages/batches${path}`];
}

const COMMON = { access: 'key', speaks: 'anthropic', tag: 'Batches' } as const;

export const MESSAGE_BATCH_ROUTES: readonly Route[] = [
  {
    ...COMMON,
    method: 'post',
    paths: pathsOf(''),
    handler: createMessageBatch,
    summary: "Create a batch of messages, in Anthropic's dialect",
    headers: webhookHeaderSchema,
    body: messageBatchBodySchema,
    answer: messageBatchSchema,
    errors: ['invalid_request', 'request_timeout', 'request_too_large', 'unsupported_media_type'],
  },
  {
    ...COMMON,
    method: 'get',
    paths: pathsOf(''),
    handler: listMessageBatches,
    summary: 'List batches of messages, newest first',
    query: messageBatchesQuerySchema,
    answer: messageBatchListSchema,
    errors: ['invalid_request'],
  },
  {
    ...COMMON,
    method: 'get',
    paths: pathsOf('/:id'),
    handler: getMessageBatch,
    summary: 'Get a batch of messages',
    answer: messageBatchSchema,
    errors: ['not_found'],
  },
  {
    ...COMMON,
    method: 'delete',
    paths: pathsOf('/:id'),
    handler: deleteMessageBatch,
    summary: 'Delete a batch of messages that has ended',
    answer: messageBatchDeletedSchema,
    errors: ['invalid_request', 'not_found'],
  },
  {
    ...COMMON,
    method: 'post',
    paths: pathsOf('/:id/cancel'),
    handler: cancelMessageBatch,
    summary: 'Cancel a batch of messages; what was answered until then is kept',
    answer: messageBatchSchema,
    errors: ['not_found'],
  },
  {
    ...COMMON,
    method: 'get',
    paths: pathsOf('/:id/results'),
    handler: getMessageBatchResults,
    summary: 'Get the results of a batch of messages, one a line',
    answerType: 'application/x-jsonl',
    errors: ['not_found'],
  },
];
