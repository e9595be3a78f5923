/** A batch as `/v1/batches` shows it: OpenAI's shape, with what it cost and where its history is. */
import { z } from 'zod';
import type { BatchProblem, BatchRecord } from './batch-desk.ts';
import { usdNumber } from './usd.ts';

const time = z.number().int().nullable();

export const batchSchema = z
  .object({
    id: z.string(),
    object: z.literal('batch'),
    endpoint: z.string(),
    model: z.string().optional().meta({ description: 'Of all lines, where they agree.' }),
    errors: z
      .object({
        object: z.literal('list'),
        data: z.array(
          z.object({
            code: z.string(),
            message: z.string(),
            line: z.number().int().nullable(),
            param: z.string().nullable(),
          }),
        ),
      })
      .nullable(),
    input_file_id: z.string(),
    completion_window: z.string(),
    status: z.enum([
      'validating',
      'failed',
      'in_progress',
      'finalizing',
      'completed',
      'expired',
      'cancelling',
      'cancelled',
    ]),
    output_file_id: z.string().nullable(),
    error_file_id: z.string().nullable(),
    created_at: z.number().int(),
    in_progress_at: time,
    expires_at: z.number().int(),
    finalizing_at: time,
    completed_at: time,
    failed_at: time,
    expired_at: time,
    cancelling_at: time,
    cancelled_at: time,
    request_counts: z.object({
      total: z.number().int(),
      completed: z.number().int(),
      failed: z.number().int().meta({ description: 'Once it has ended: all lines without an answer.' }),
    }),
    usage: z.looseObject({ total_tokens: z.number().int() }).optional(),
    metadata: z.record(z.string(), z.string()).nullable(),
    paused: z.boolean().meta({ description: 'No further lines are begun until it is resumed.' }),
    cost: z.number().nullable(),
    temporal_url: z.string().optional(),
  })
  .meta({ id: 'Batch' });

export const batchListSchema = z
  .object({
    object: z.literal('list'),
    data: z.array(batchSchema),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: 'BatchList' });

export function toBatchObject(batch: BatchRecord): z.infer<typeof batchSchema> {
  const usage = batch.usage === undefined ? undefined : (JSON.parse(batch.usage) as { total_tokens: number });
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    ...(batch.model === undefined ? {} : { model: batch.model }),
    errors: errorsOf(batch.errors),
    input_file_id: batch.inputFileId ?? '',
    completion_window: batch.completionWindow,
    status: batch.state,
    output_file_id: batch.outputFileId ?? null,
    error_file_id: batch.errorFileId ?? null,
    created_at: seconds(batch.createdAt),
    in_progress_at: secondsOrNull(batch.inProgressAt),
    expires_at: seconds(batch.expiresAt),
    finalizing_at: secondsOrNull(batch.finalizingAt),
    completed_at: secondsOrNull(batch.completedAt),
    failed_at: secondsOrNull(batch.failedAt),
    expired_at: secondsOrNull(batch.expiredAt),
    cancelling_at: secondsOrNull(batch.cancellingAt),
    cancelled_at: secondsOrNull(batch.cancelledAt),
    request_counts: {
      total: batch.total,
      completed: batch.completed,
      failed: batch.failed + batch.cancelled + batch.expired,
    },
    ...(usage === undefined ? {} : { usage }),
    metadata: batch.metadata === undefined ? null : (JSON.parse(batch.metadata) as Record<string, string>),
    paused: batch.pausedAt !== undefined,
    cost: batch.costNano === undefined ? null : usdNumber(batch.costNano),
    ...(batch.temporalUrl === undefined ? {} : { temporal_url: batch.temporalUrl }),
  };
}

function errorsOf(text: string | undefined): z.infer<typeof batchSchema>['errors'] {
  if (text === undefined) return null;
  const problems = JSON.parse(text) as readonly BatchProblem[];
  return {
    object: 'list',
    data: problems.map(({ code, message, line, param }) => ({
      code,
      message,
      line: line ?? null,
      param: param ?? null,
    })),
  };
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

function secondsOrNull(date: Date | undefined): number | null {
  return date === undefined ? null : seconds(date);
}
