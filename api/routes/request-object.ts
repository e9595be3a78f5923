/** A request as `/v1/requests` shows it. Times are seconds since 1970 with milliseconds as fraction, money is US dollars. */
import { z } from 'zod';
import { errorBody } from '../middleware/reply.ts';
import { deliverySchema, toDeliveryObject } from './deliveries.ts';
import { ATTEMPT_STATUSES, REQUEST_STATUSES, type AttemptRecord, type RequestRecord } from './request-reader.ts';
import { usdNumber } from './usd.ts';

export const errorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string(),
      provider_specific_fields: z
        .object({ status: z.number().int().nullable(), code: z.string().nullable() })
        .optional()
        .meta({ description: "The provider's own status and code, where it answered." }),
    }),
  })
  .meta({ id: 'Error' });

const usageSchema = z
  .looseObject({ prompt_tokens: z.number().int(), completion_tokens: z.number().int(), total_tokens: z.number().int() })
  .meta({ id: 'Usage' });

const attemptSchema = z
  .object({
    n: z.number().int().min(1),
    deployment: z.string(),
    provider: z.string(),
    status: z.enum(ATTEMPT_STATUSES),
    started_at: z.number(),
    ended_at: z.number().nullable(),
    cost: z.number().nullable(),
    cost_min: z.number().optional(),
    cost_max: z.number().optional(),
    estimated: z
      .boolean()
      .optional()
      .meta({ description: 'The provider may have billed more or less: the attempt was lost sight of.' }),
    usage: usageSchema.nullable(),
    error: errorSchema.shape.error.optional(),
  })
  .meta({ id: 'Attempt' });

export const requestSchema = z
  .object({
    id: z.string(),
    object: z.literal('request'),
    status: z.enum(REQUEST_STATUSES),
    model: z.string(),
    created_at: z.number(),
    completed_at: z.number().nullable(),
    cost: z.number().nullable(),
    usage: usageSchema.nullable(),
    attempts: z.array(attemptSchema),
    error: errorSchema.shape.error.optional(),
    temporal_url: z.string().optional(),
    webhooks: z.array(deliverySchema).optional().meta({ description: 'Where its end was told, and how that went.' }),
    response: z.looseObject({}).optional().meta({ description: 'The whole answer; not in lists.' }),
  })
  .meta({ id: 'Request' });

export const requestListSchema = z
  .object({
    object: z.literal('list'),
    data: z.array(requestSchema),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: 'RequestList' });

export function toRequestObject(record: RequestRecord): z.infer<typeof requestSchema> {
  return {
    id: record.id,
    object: 'request',
    status: record.status,
    model: record.model,
    created_at: record.createdAtMs / 1000,
    completed_at: record.completedAtMs === undefined ? null : record.completedAtMs / 1000,
    cost: record.costNanoUsd === undefined ? null : usdNumber(record.costNanoUsd),
    usage: record.usage ?? null,
    attempts: record.attempts.map(toAttemptObject),
    ...(record.failure === undefined ? {} : { error: errorBody(record.failure).error }),
    ...(record.deliveries === undefined ? {} : { webhooks: record.deliveries.map(toDeliveryObject) }),
    ...(record.temporalUrl === undefined ? {} : { temporal_url: record.temporalUrl }),
  };
}

/** As JSON text, the answer in it as the very bytes that its first reader got: a second serialisation could differ. */
export function toRequestJson(record: RequestRecord): string {
  const head = JSON.stringify(toRequestObject(record));
  return record.responseJson === undefined ? head : `${head.slice(0, -1)},"response":${record.responseJson}}`;
}

function toAttemptObject(attempt: AttemptRecord): z.infer<typeof attemptSchema> {
  return {
    n: attempt.n,
    deployment: attempt.deployment,
    provider: attempt.provider,
    status: attempt.status,
    started_at: attempt.startedAtMs / 1000,
    ended_at: attempt.endedAtMs === undefined ? null : attempt.endedAtMs / 1000,
    cost: attempt.costNanoUsd === undefined ? null : usdNumber(attempt.costNanoUsd),
    ...(attempt.costMinNanoUsd === undefined ? {} : { cost_min: usdNumber(attempt.costMinNanoUsd) }),
    ...(attempt.costMaxNanoUsd === undefined ? {} : { cost_max: usdNumber(attempt.costMaxNanoUsd) }),
    ...(attempt.estimated === undefined ? {} : { estimated: attempt.estimated }),
    usage: attempt.usage ?? null,
    ...(attempt.failure === undefined ? {} : { error: errorBody(attempt.failure).error }),
  };
}
