/** The chat route's schemas as the OpenAPI document shows them. The request's is the one that is enforced. */
import { z } from 'zod';
import { chatRequestSchema } from '../../providers/protocol/chat-schema.ts';
import { chatExtrasSchema } from './chat-extras.ts';

export const chatBodySchema = z.intersection(chatRequestSchema, chatExtrasSchema).meta({
  id: 'ChatCompletionRequest',
  description: "OpenAI's request, with the gateway's own fields. Other fields are passed to the provider.",
});

export const chatResponseSchema = z
  .looseObject({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.number().int(),
    model: z.string(),
    choices: z.array(
      z.looseObject({
        index: z.number().int(),
        message: z.looseObject({ role: z.literal('assistant'), content: z.string().nullable() }),
        finish_reason: z.string().nullable(),
      }),
    ),
    usage: z
      .looseObject({
        prompt_tokens: z.number().int(),
        completion_tokens: z.number().int(),
        total_tokens: z.number().int(),
      })
      .optional(),
  })
  .meta({ id: 'ChatCompletion' });

/** What the chat route reads from headers besides the key. */
export const chatHeadersSchema = z.object({
  'Idempotency-Key': z
    .string()
    .max(255)
    .optional()
    .meta({ description: 'Asked again with the same key, the gateway gives the same answer and calls no provider.' }),
  'x-litellm-call-id': z.string().max(128).optional().meta({ description: 'Echoed in the response.' }),
  'x-litellm-timeout': z.string().optional().meta({ description: 'Seconds one attempt may take.' }),
  'x-litellm-stream-timeout': z.string().optional().meta({ description: 'Seconds to the first chunk of a stream.' }),
  'x-litellm-num-retries': z.string().optional().meta({ description: 'How often a failed attempt is repeated.' }),
  'x-litellm-tags': z.string().optional().meta({ description: 'Tags, separated by commas.' }),
  'x-holdfast-delivery': z
    .enum(['at_least_once', 'at_most_once'])
    .optional()
    .meta({ description: 'Whether a provider call that was interrupted is made again.' }),
});
