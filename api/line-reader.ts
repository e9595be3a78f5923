/** Reads a line of a batch as the endpoint would read a body of its own: same schema, same extras, same words. */
import type { LineReader, LineRequest } from '../activities/batch/line-reader.ts';
import { parseCompletions } from '../providers/dialects/completions-schema.ts';
import { parseMessages } from '../providers/dialects/messages-schema.ts';
import { parseResponses } from '../providers/dialects/responses-schema.ts';
import type { Body } from '../providers/dialects/dialect.ts';
import type { Kind } from '../providers/kinds.ts';
import { parseChatRequest } from '../providers/protocol/chat-schema.ts';
import { embeddingRequestSchema } from '../providers/protocol/embeddings.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import { imageRequestSchema } from '../providers/protocol/images.ts';
import { moderationRequestSchema } from '../providers/protocol/moderation.ts';
import { rerankRequestSchema } from '../providers/protocol/rerank.ts';
import { toInvalidRequest } from '../providers/protocol/problem.ts';
import type { z } from 'zod';
import { parseJson } from './middleware/json-text.ts';
import { edgeFailure, Refusal } from './middleware/refusal.ts';
import { takeExtras } from './routes/chat-extras.ts';

type Parse = (body: Readonly<Record<string, unknown>>) => { readonly request: Body } | { readonly refused: Failure };

/** What a batch can be made of. The only list. */
export const BATCH_ENDPOINTS = {
  '/v1/chat/completions': { kind: 'chatCompletion', parse: parseChatRequest },
  '/v1/completions': { kind: 'completion', parse: parseCompletions },
  '/v1/responses': { kind: 'response', parse: parseAlone },
  '/v1/messages': { kind: 'message', parse: parseMessage },
  '/v1/embeddings': { kind: 'embedding', parse: by(embeddingRequestSchema) },
  '/v1/moderations': { kind: 'moderation', parse: by(moderationRequestSchema) },
  '/v1/rerank': { kind: 'rerank', parse: by(rerankRequestSchema) },
  '/v1/images/generations': { kind: 'image', parse: by(imageRequestSchema) },
} as const satisfies Record<string, { readonly kind: Kind; readonly parse: Parse }>;

export type BatchEndpoint = keyof typeof BATCH_ENDPOINTS;

export const lineReader: LineReader = {
  parse: (text) => {
    try {
      return { value: parseJson(text) };
    } catch (error) {
      if (error instanceof Refusal) return { problem: error.failure.message.replace('request body', 'line') };
      throw error;
    }
  },
  read: (endpoint, body) => {
    const row = BATCH_ENDPOINTS[endpoint as BatchEndpoint];
    try {
      const { body: rest, wishes } = takeExtras({ ...body }, {});
      const parsed = row.parse(rest);
      if ('refused' in parsed) return parsed;
      return toRequest(row.kind, parsed.request, wishes);
    } catch (error) {
      if (error instanceof Refusal) return { refused: error.failure };
      throw error;
    }
  },
};

function toRequest(
  kind: Kind,
  body: Body,
  { tags, ...wishes }: ReturnType<typeof takeExtras>['wishes'],
): ReturnType<LineReader['read']> {
  if (body['stream'] === true)
    return { refused: edgeFailure('unsupported_parameter', 'A batch does not stream: leave out stream.', 'stream') };
  const request: LineRequest = {
    kind,
    body,
    model: String(body['model']),
    wishes,
    ...(tags === undefined ? {} : { tags }),
  };
  return { request };
}

function by(schema: z.ZodType<Record<string, unknown>>): Parse {
  return (body) => {
    const result = schema.safeParse(body);
    if (result.success) return { request: result.data };
    return { refused: toInvalidRequest(result.error, body) };
  };
}

function parseMessage(body: Readonly<Record<string, unknown>>): ReturnType<Parse> {
  const { _headers: _own, ...given } = body;
  const parsed = parseMessages(given);
  return 'refused' in parsed ? parsed : { request: parsed.body };
}

/** The lines of a batch have no order in which one could continue another. */
function parseAlone(body: Readonly<Record<string, unknown>>): ReturnType<Parse> {
  const { _history: _own, ...given } = body;
  for (const field of ['previous_response_id', 'background'])
    if (given[field] !== undefined && given[field] !== null && given[field] !== false)
      return { refused: edgeFailure('unsupported_parameter', `A line of a batch cannot have ${field}.`, field) };
  return parseResponses(given);
}
