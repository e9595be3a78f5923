/** The routes of batches; `table.ts` puts them with the others. */
import { batchListSchema, batchSchema } from './batch-object.ts';
import {
  batchBodySchema,
  batchesQuerySchema,
  cancelBatch,
  createBatch,
  getBatch,
  listBatches,
  pauseBatch,
  resumeBatch,
  webhookHeaderSchema,
} from './batches.ts';
import type { Route } from './table.ts';

function pathsOf(path: string): string[] {
  return [`/v1${path}`, path];
}

export const BATCH_ROUTES: readonly Route[] = [
  {
    method: 'post',
    paths: pathsOf('/batches'),
    access: 'key',
    handler: createBatch,
    summary: 'Create a batch from the lines of a file',
    tag: 'Batches',
    headers: webhookHeaderSchema,
    body: batchBodySchema,
    answer: batchSchema,
    errors: ['invalid_request', 'not_found', 'request_timeout', 'request_too_large', 'unsupported_media_type'],
  },
  {
    method: 'get',
    paths: pathsOf('/batches'),
    access: 'key',
    handler: listBatches,
    summary: 'List batches, newest first',
    tag: 'Batches',
    query: batchesQuerySchema,
    answer: batchListSchema,
    errors: ['invalid_request'],
  },
  {
    method: 'get',
    paths: pathsOf('/batches/:id'),
    access: 'key',
    handler: getBatch,
    summary: 'Get a batch: its state, its counts, its files',
    tag: 'Batches',
    answer: batchSchema,
    errors: ['not_found'],
  },
  {
    method: 'post',
    paths: pathsOf('/batches/:id/cancel'),
    access: 'key',
    handler: cancelBatch,
    summary: 'Cancel a batch; what was answered until then is kept',
    tag: 'Batches',
    answer: batchSchema,
    errors: ['not_found'],
  },
  {
    method: 'post',
    paths: pathsOf('/batches/:id/pause'),
    access: 'key',
    handler: pauseBatch,
    summary: 'Hold a batch: no further lines are begun',
    tag: 'Batches',
    answer: batchSchema,
    errors: ['not_found'],
  },
  {
    method: 'post',
    paths: pathsOf('/batches/:id/resume'),
    access: 'key',
    handler: resumeBatch,
    summary: 'Let a batch that was held go on',
    tag: 'Batches',
    answer: batchSchema,
    errors: ['not_found'],
  },
];
