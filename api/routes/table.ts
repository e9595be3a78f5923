/** Every route of the gateway, with its access rule. The only list: the server, the OpenAPI document and its test read it. */
import { z } from 'zod';
import type { ErrorCode } from '../../providers/protocol/errors.ts';
import { BATCH_ROUTES } from './batch-table.ts';
import { chatCompletions } from './chat-completions.ts';
import { callHeadersSchema } from './call-headers.ts';
import { chatBodySchema, chatResponseSchema } from './chat-schemas.ts';
import { completions, completionsBodySchema, completionsResponseSchema } from './completions.ts';
import { generation } from './generation.ts';
import { generationBodySchema, generationResponseSchema } from './google-schemas.ts';
import { DELIVERY_ROUTES } from './delivery-table.ts';
import { docs, docsFile, openApi, root, rootSchema } from './docs.ts';
import type { Access, Handler, Speaks } from './exchange.ts';
import { FILE_ROUTES } from './file-table.ts';
import {
  health,
  healthQuerySchema,
  healthSchema,
  liveness,
  livenessSchema,
  readiness,
  readinessSchema,
} from './health.ts';
import { MESSAGE_BATCH_ROUTES } from './message-batch-table.ts';
import { MANAGE_ROUTES } from './manage/table.ts';
import { messages, messagesBodySchema, messagesHeadersSchema, messagesResponseSchema } from './messages.ts';
import { getModel, listModels, modelListSchema, modelSchema, modelsQuerySchema } from './models.ts';
import { DOOR_NAMES, DOORS } from '../../providers/dialects/passed-doors.ts';
import { passThroughDoor } from './pass-through.ts';
import { PLAIN_ROUTES } from './plain-table.ts';
import { streamHeadersSchema, streamQuerySchema, streamRequest } from './request-stream.ts';
import { requestListSchema, requestSchema } from './request-object.ts';
import { cancelRequest, getRequest, listRequests, requestsQuerySchema } from './requests.ts';
import { cancelResponse, createResponse, deleteResponse, getResponse } from './responses.ts';
import {
  deletedResponseSchema,
  responseQuerySchema,
  responsesBodySchema,
  responseSchema,
} from './responses-schemas.ts';

export type Route = {
  /** `all`: every method, the route's own concern. */
  readonly method: 'get' | 'post' | 'patch' | 'delete' | 'all';
  /** Express's syntax: `:id` is one segment, `*id` one or more. The first path is the one to show. */
  readonly paths: string[];
  readonly access: Access;
  readonly handler: Handler;
  /** A POST that only reads: for those who may only read, too. */
  readonly reads?: boolean;
  /** Whose shape its errors have; OpenAI's where it does not say. */
  readonly speaks?: Speaks;
  readonly summary: string;
  readonly tag:
    | 'Chat'
    | 'Completions'
    | 'Responses'
    | 'Embeddings'
    | 'Rerank'
    | 'Moderations'
    | 'Images'
    | 'Audio'
    | 'Files'
    | 'Batches'
    | 'Webhooks'
    | 'Models'
    | 'Requests'
    | 'Pass-through'
    | 'Keys'
    | 'People and teams'
    | 'Budgets'
    | 'Health'
    | 'Documentation';
  readonly query?: z.ZodObject;
  /** Request headers that the route reads, for the document. */
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Of the body, when not JSON. */
  readonly bodyType?: 'multipart/form-data';
  /** The answer; absent: not JSON. */
  readonly answer?: z.ZodType;
  readonly answerType?: string;
  /** What a 503 says where that is no error but the answer. */
  readonly unavailable?: z.ZodType;
  /** With `stream: true` the answer is a stream of server-sent events. */
  readonly streams?: boolean;
  /** Rows of the error table that this route can answer with, besides those of its access rule and 500. */
  readonly errors: readonly ErrorCode[];
};

const BODY_ERRORS = [
  'invalid_request',
  'request_timeout',
  'request_too_large',
  'unsupported_media_type',
] as const satisfies readonly ErrorCode[];

/** What can come of a request that calls a provider. */
const CALL_ERRORS = [
  'unsupported_parameter',
  'context_length_exceeded',
  'content_policy_violation',
  'invalid_idempotency_key',
  'idempotency_key_reused',
  'unprocessable',
  'key_model_access_denied',
  'team_model_access_denied',
  'user_model_access_denied',
  'org_model_access_denied',
  'model_not_found',
  'provider_model_not_found',
  'provider_ended',
  'rate_limit_exceeded',
  'no_deployment_available',
  'cancelled',
  'provider_auth_failed',
  'provider_error',
  'attempt_lost',
  'outcome_unknown',
  'provider_bad_gateway',
  'provider_unreachable',
  'provider_invalid_response',
  'provider_unavailable',
  'provider_overloaded',
  'overloaded',
  'durability_unavailable',
  'shutting_down',
  'provider_timeout',
  'deadline_exceeded',
] as const satisfies readonly ErrorCode[];

/** The hot route stands first: the router tries them in order. */
export const ROUTES: readonly Route[] = [
  {
    method: 'post',
    paths: [
      '/v1/chat/completions',
      '/chat/completions',
      '/openai/deployments/*model/chat/completions',
      '/engines/*model/chat/completions',
    ],
    access: 'key',
    handler: chatCompletions,
    summary: 'Create a chat completion',
    tag: 'Chat',
    headers: callHeadersSchema,
    body: chatBodySchema,
    answer: chatResponseSchema,
    streams: true,
    errors: [...BODY_ERRORS, ...CALL_ERRORS],
  },
  {
    method: 'post',
    paths: ['/v1/completions', '/completions', '/openai/deployments/*model/completions', '/engines/*model/completions'],
    access: 'key',
    handler: completions,
    summary: 'Complete a text',
    tag: 'Completions',
    headers: callHeadersSchema,
    body: completionsBodySchema,
    answer: completionsResponseSchema,
    streams: true,
    errors: [...BODY_ERRORS, ...CALL_ERRORS],
  },
  {
    method: 'post',
    paths: ['/v1/messages', '/anthropic/v1/messages'],
    access: 'key',
    handler: messages,
    speaks: 'anthropic',
    summary: "Create a message, in Anthropic's dialect",
    tag: 'Chat',
    headers: messagesHeadersSchema,
    body: messagesBodySchema,
    answer: messagesResponseSchema,
    streams: true,
    errors: [...BODY_ERRORS, ...CALL_ERRORS],
  },
  {
    method: 'post',
    paths: ['/v1beta/models/*call', '/v1/models/*call', '/models/*call'],
    access: 'key',
    handler: generation,
    speaks: 'google',
    summary: "Generate content, or count its tokens, in Google's dialect",
    tag: 'Chat',
    headers: callHeadersSchema,
    body: generationBodySchema,
    answer: generationResponseSchema,
    streams: true,
    errors: [...BODY_ERRORS, ...CALL_ERRORS, 'not_found'],
  },
  {
    method: 'post',
    paths: ['/v1/responses', '/responses', '/openai/v1/responses'],
    access: 'key',
    handler: createResponse,
    summary: 'Create a response, at once or in the background',
    tag: 'Responses',
    headers: callHeadersSchema,
    body: responsesBodySchema,
    answer: responseSchema,
    streams: true,
    errors: [...BODY_ERRORS, ...CALL_ERRORS, 'not_found'],
  },
  {
    method: 'get',
    paths: ['/v1/responses/:id', '/responses/:id', '/openai/v1/responses/:id'],
    access: 'key',
    handler: getResponse,
    summary: 'Get a response, or its stream from any event on',
    tag: 'Responses',
    query: responseQuerySchema,
    answer: responseSchema,
    streams: true,
    errors: ['invalid_request', 'not_found'],
  },
  {
    method: 'delete',
    paths: ['/v1/responses/:id', '/responses/:id', '/openai/v1/responses/:id'],
    access: 'key',
    handler: deleteResponse,
    summary: 'Delete what a response was asked and what it said',
    tag: 'Responses',
    answer: deletedResponseSchema,
    errors: ['invalid_request', 'not_found'],
  },
  {
    method: 'post',
    paths: ['/v1/responses/:id/cancel', '/responses/:id/cancel', '/openai/v1/responses/:id/cancel'],
    access: 'key',
    handler: cancelResponse,
    summary: 'Cancel a response; one that is finished stays as it is',
    tag: 'Responses',
    answer: responseSchema,
    errors: ['not_found'],
  },
  ...PLAIN_ROUTES.map((route): Route => ({
    ...route,
    method: 'post',
    access: 'key',
    errors: [...BODY_ERRORS, ...CALL_ERRORS],
  })),
  ...FILE_ROUTES,
  ...BATCH_ROUTES,
  ...MESSAGE_BATCH_ROUTES,
  ...DELIVERY_ROUTES,
  {
    method: 'get',
    paths: ['/v1/models', '/models'],
    access: 'read',
    handler: listModels,
    summary: 'List the models',
    tag: 'Models',
    query: modelsQuerySchema,
    answer: modelListSchema,
    errors: ['invalid_request'],
  },
  {
    method: 'get',
    paths: ['/v1/models/*id', '/models/*id'],
    access: 'read',
    handler: getModel,
    summary: 'Get a model',
    tag: 'Models',
    answer: modelSchema,
    errors: ['model_not_found'],
  },
  {
    method: 'get',
    paths: ['/v1/requests'],
    access: 'read',
    handler: listRequests,
    summary: 'List requests, newest first',
    tag: 'Requests',
    query: requestsQuerySchema,
    answer: requestListSchema,
    errors: ['invalid_request'],
  },
  {
    method: 'get',
    paths: ['/v1/requests/:id'],
    access: 'read',
    handler: getRequest,
    summary: 'Get a request: its state, its attempts, its cost, its answer',
    tag: 'Requests',
    answer: requestSchema,
    errors: ['not_found'],
  },
  {
    method: 'get',
    paths: ['/v1/requests/:id/stream'],
    access: 'key',
    handler: streamRequest,
    summary: "Read a request's stream from any event on, live or finished; 204 when there is nothing behind that event",
    tag: 'Requests',
    query: streamQuerySchema,
    headers: streamHeadersSchema,
    answerType: 'text/event-stream',
    errors: ['invalid_request', 'not_found', 'stream_expired', ...CALL_ERRORS],
  },
  {
    method: 'post',
    paths: ['/v1/requests/:id/cancel'],
    access: 'key',
    handler: cancelRequest,
    summary: 'Cancel a request; one that is finished stays as it is',
    tag: 'Requests',
    answer: requestSchema,
    errors: ['not_found'],
  },
  ...MANAGE_ROUTES,
  {
    method: 'get',
    paths: ['/health/liveliness', '/health/liveness'],
    access: 'public',
    handler: liveness,
    summary: 'Is the process alive?',
    tag: 'Health',
    answer: livenessSchema,
    unavailable: z.object({ status: z.literal('shutting_down') }),
    errors: [],
  },
  {
    method: 'get',
    paths: ['/health/readiness'],
    access: 'public',
    handler: readiness,
    summary: 'Can the process carry requests?',
    tag: 'Health',
    answer: readinessSchema,
    unavailable: readinessSchema,
    errors: [],
  },
  {
    method: 'get',
    paths: ['/health'],
    access: 'read',
    handler: health,
    summary: 'Which deployments are healthy?',
    tag: 'Health',
    query: healthQuerySchema,
    answer: healthSchema,
    unavailable: healthSchema,
    errors: ['invalid_request'],
  },
  {
    method: 'get',
    paths: ['/'],
    access: 'public',
    handler: root,
    summary: 'Name and version; a browser is sent to the documentation',
    tag: 'Documentation',
    answer: rootSchema,
    errors: [],
  },
  {
    method: 'get',
    paths: ['/openapi.json'],
    access: 'public',
    handler: openApi,
    summary: 'This document',
    tag: 'Documentation',
    answer: z.looseObject({}),
    errors: [],
  },
  {
    method: 'get',
    paths: ['/docs'],
    access: 'public',
    handler: docs,
    summary: 'This page',
    tag: 'Documentation',
    answerType: 'text/html',
    errors: [],
  },
  {
    method: 'get',
    paths: ['/docs/:file'],
    access: 'public',
    handler: docsFile,
    summary: 'Files of the page',
    tag: 'Documentation',
    answerType: 'application/octet-stream',
    errors: ['not_found'],
  },
  // Last: what is served under these names by a route of its own is served there.
  ...DOOR_NAMES.map((door): Route => ({
    method: 'all',
    paths: DOORS[door].prefixes.map((prefix) => `/${prefix}/*rest`),
    access: 'key',
    handler: passThroughDoor(door),
    speaks: DOORS[door].speaks,
    summary: `Call ${DOORS[door].prefixes[0]} in its own words`,
    tag: 'Pass-through',
    headers: callHeadersSchema,
    answerType: '*/*',
    streams: true,
    errors: [...BODY_ERRORS, ...CALL_ERRORS, 'permission_denied', 'not_found', 'method_not_allowed'],
  })),
];
