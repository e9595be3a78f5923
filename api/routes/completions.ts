/** `POST /v1/completions` and its aliases: OpenAI's text completions in front of every chat provider. */
import { z } from 'zod';
import { completionsSchema, parseCompletions } from '../../providers/dialects/completions-schema.ts';
import type { Caller } from '../dispatch.ts';
import { answer } from './answer.ts';
import { chatExtrasSchema } from './chat-extras.ts';
import { usageSchema } from './chat-schemas.ts';
import type { Exchange, Params } from './exchange.ts';
import { pathOf } from './params.ts';
import { readCall, toSubmission } from './submission.ts';

export const completionsBodySchema = z.intersection(completionsSchema, chatExtrasSchema).meta({
  id: 'CompletionRequest',
  description:
    "OpenAI's request, with the gateway's own fields. A chat provider is given the prompt as a user's message and answers one text without `suffix` and `echo`.",
});

export const completionsResponseSchema = z
  .looseObject({
    id: z.string(),
    object: z.literal('text_completion'),
    created: z.number().int(),
    model: z.string(),
    choices: z.array(
      z.looseObject({ text: z.string(), index: z.number().int(), finish_reason: z.string().nullable() }),
    ),
    usage: usageSchema.optional(),
  })
  .meta({ id: 'Completion' });

export async function completions(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const body = await readCall(exchange);
  const submission = toSubmission(exchange, caller, {
    kind: 'completion',
    body,
    pathModel: pathOf(params['model']),
    parse: parseCompletions,
  });
  await answer(exchange, caller, submission);
}
