/** The schemas of the Responses API as the OpenAPI document shows them. The request's is the one that is enforced. */
import { z } from 'zod';
import { responsesSchema } from '../../providers/dialects/responses-schema.ts';
import { chatExtrasSchema } from './chat-extras.ts';

export const responsesBodySchema = z.intersection(responsesSchema, chatExtrasSchema).meta({
  id: 'ResponsesRequest',
  description: "OpenAI's request, with the gateway's own fields. Other fields are passed to the provider.",
});

export const responseSchema = z
  .looseObject({
    id: z.string(),
    object: z.literal('response'),
    created_at: z.number().int(),
    status: z.enum(['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
    model: z.string(),
    output: z.array(z.looseObject({ type: z.string() })),
    error: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
    usage: z
      .looseObject({
        input_tokens: z.number().int(),
        output_tokens: z.number().int(),
        total_tokens: z.number().int(),
      })
      .nullable(),
  })
  .meta({ id: 'Response' });

export const deletedResponseSchema = z.object({
  id: z.string(),
  object: z.literal('response'),
  deleted: z.literal(true),
});

/** OpenAI's clients send what the caller gives them, so names that are not known here are let pass. */
export const responseQuerySchema = z.looseObject({
  stream: z.enum(['true', 'false']).optional(),
  starting_after: z
    .string()
    .regex(/^\d{1,9}$/, 'expected a sequence number')
    .transform(Number)
    .optional()
    .meta({ description: 'Only the events of a stream behind the one with this sequence number.' }),
});
