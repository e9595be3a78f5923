/** The chat route's schemas as the OpenAPI document shows them. The request's is the one that is enforced. */
import { z } from 'zod';
import { chatRequestSchema } from '../../providers/protocol/chat-schema.ts';
import { chatExtrasSchema } from './chat-extras.ts';

export const chatBodySchema = z.intersection(chatRequestSchema, chatExtrasSchema).meta({
  id: 'ChatCompletionRequest',
  description: "OpenAI's request, with the gateway's own fields. Other fields are passed to the provider.",
});

export const usageSchema = z.looseObject({
  prompt_tokens: z.number().int(),
  completion_tokens: z.number().int(),
  total_tokens: z.number().int(),
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
    usage: usageSchema.optional(),
  })
  .meta({ id: 'ChatCompletion' });
