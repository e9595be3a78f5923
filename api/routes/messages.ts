/** `POST /v1/messages`: Anthropic's API in front of every chat provider. */
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { messagesSchema, parseMessages } from '../../providers/dialects/messages-schema.ts';
import { isObject, textOf } from '../../providers/protocol/json.ts';
import type { Caller, Submission } from '../dispatch.ts';
import { refuse } from '../middleware/refusal.ts';
import { MESSAGE_WORDS } from '../stream/words.ts';
import { answer } from './answer.ts';
import { callHeadersSchema } from './call-headers.ts';
import { chatExtrasSchema } from './chat-extras.ts';
import type { Exchange } from './exchange.ts';
import { readCall, toSubmission } from './submission.ts';

export const messagesBodySchema = z.intersection(messagesSchema, chatExtrasSchema).meta({
  id: 'MessagesRequest',
  description: "Anthropic's request, with the gateway's own fields. An Anthropic provider is given other fields, too.",
});

export const messagesResponseSchema = z
  .looseObject({
    id: z.string(),
    type: z.literal('message'),
    role: z.literal('assistant'),
    model: z.string(),
    content: z.array(z.looseObject({ type: z.string() })),
    stop_reason: z.string().nullable(),
    stop_sequence: z.string().nullable(),
    usage: z.looseObject({ input_tokens: z.number().int(), output_tokens: z.number().int() }),
  })
  .meta({ id: 'Message' });

export const messageErrorSchema = z
  .object({
    type: z.literal('error'),
    error: z.object({ type: z.string(), message: z.string() }),
    request_id: z.string(),
  })
  .meta({ id: 'MessageError' });

export const messagesHeadersSchema = callHeadersSchema.extend({
  'anthropic-version': z.string().optional().meta({ description: 'Passed on to an Anthropic provider.' }),
  'anthropic-beta': z
    .string()
    .optional()
    .meta({ description: 'Names of betas, separated by commas; passed on to an Anthropic provider.' }),
});

export async function messages(exchange: Exchange, caller: Caller): Promise<void> {
  const body = await readCall(exchange);
  await answer(exchange, caller, submissionOf(exchange, caller, body), MESSAGE_WORDS);
}

function submissionOf(exchange: Exchange, caller: Caller, body: unknown): Submission {
  const submission = toSubmission(exchange, caller, {
    kind: 'message',
    body,
    pathModel: undefined,
    parse: (given) => {
      const parsed = parseMessages(given);
      return 'refused' in parsed ? parsed : { request: withHeaders(parsed.body, exchange.req.headers) };
    },
  });
  const { metadata } = submission.body;
  const user = isObject(metadata) ? textOf(metadata['user_id']) : undefined;
  return user === undefined ? submission : { ...submission, endUser: user };
}

/** They decide what an Anthropic provider understands: kept beside the body, so that every attempt sends them. */
const PASSED_ON = ['anthropic-version', 'anthropic-beta'] as const;

const HEADER_VALUE = /^[\w., -]{1,2000}$/;

export function withHeaders(
  body: Readonly<Record<string, unknown>>,
  headers: IncomingHttpHeaders,
): Readonly<Record<string, unknown>> {
  const { _headers: _own, ...rest } = body;
  const passed: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = headers[name];
    if (typeof value !== 'string' || value.trim() === '') continue;
    if (!HEADER_VALUE.test(value)) refuse('invalid_request', `The header ${name} is malformed.`, name);
    passed[name] = value;
  }
  return Object.keys(passed).length === 0 ? rest : { ...rest, _headers: passed };
}
