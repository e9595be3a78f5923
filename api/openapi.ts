/** Makes the OpenAPI document from the route table: the same schemas that parse the requests. */
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../providers/protocol/errors.ts';
import { googleErrorSchema } from './routes/google-schemas.ts';
import { messageErrorSchema } from './routes/messages.ts';
import { errorSchema } from './routes/request-object.ts';
import { acceptedSchema } from './routes/respond-async.ts';
import type { Route } from './routes/table.ts';

/** As it is committed: indented, so that a change of the contract is readable in a diff. */
export function openApiText(routes: readonly Route[], version: string): string {
  return `${JSON.stringify(createOpenApi(routes, version), undefined, 2)}\n`;
}

export function createOpenApi(routes: readonly Route[], version: string): ReturnType<typeof createDocument> {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version,
      description:
        'OpenAI-compatible gateway. Every response carries `x-request-id`; errors have the shape of `Error`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: pathsOf(routes),
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
  } satisfies ZodOpenApiObject);
}

function pathsOf(routes: readonly Route[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    // Other names of a door are not worth a page of their own.
    for (const path of route.method === 'all' ? route.paths.slice(0, 1) : route.paths) {
      const shown = path.replace(/[:*](\w+)/g, '{$1}');
      if (route.method === 'all') paths[shown] = passedOperations(route, path);
      else paths[shown] = { ...paths[shown], [route.method]: operationOf(route, path) };
    }
  }
  return paths;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Of a route that takes every method: what is asked and answered is another's to document. */
function passedOperations(route: Route, path: string): ZodOpenApiPathsObject[string] {
  return Object.fromEntries(
    METHODS.map((method): [string, ZodOpenApiOperationObject] => [
      method,
      {
        operationId: operationId(method, path),
        summary: route.summary,
        tags: [route.tag],
        security: [{ bearer: [] }, { apiKey: [] }],
        requestParams: { path: z.object({ rest: z.string() }) },
        responses: {
          '200': answerOf(route),
          default: {
            description: "The provider's own refusal, or the gateway's.",
            content: { 'application/json': { schema: ERROR_SCHEMAS[route.speaks ?? 'openai'] } },
          },
        },
      },
    ]),
  );
}

function operationOf(route: Route, path: string): ZodOpenApiOperationObject {
  const names = [...path.matchAll(/[:*](\w+)/g)].map(([, name = '']) => name);
  return {
    operationId: operationId(route.method, path),
    summary: route.summary,
    tags: [route.tag],
    security: route.access === 'public' ? [] : [{ bearer: [] }, { apiKey: [] }],
    requestParams: {
      ...(names.length === 0 ? {} : { path: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) }),
      ...(route.query === undefined ? {} : { query: route.query }),
      ...(route.headers === undefined ? {} : { header: route.headers }),
    },
    ...(route.body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { [route.bodyType ?? 'application/json']: { schema: route.body } } },
        }),
    responses: { '200': answerOf(route), ...acceptedOf(route), ...unavailableOf(route), ...errorsOf(route) },
  };
}

function answerOf({
  answer,
  answerType,
  streams,
}: Pick<Route, 'answer' | 'answerType' | 'streams'>): NonNullable<ZodOpenApiOperationObject['responses']['200']> {
  return {
    description: 'The answer.',
    headers: z.object({ 'x-request-id': z.string() }),
    content: {
      ...(answer === undefined ? { [answerType ?? 'text/plain']: {} } : { 'application/json': { schema: answer } }),
      ...(streams === true ? { 'text/event-stream': {} } : {}),
    },
  };
}

/** For every route that starts a request. */
function acceptedOf({ headers }: Route): ZodOpenApiOperationObject['responses'] {
  if (headers?.shape['Prefer'] === undefined) return {};
  return {
    '202': {
      description: 'Accepted; `Location` is where the answer will be.',
      content: { 'application/json': { schema: acceptedSchema } },
    },
  };
}

function unavailableOf({ unavailable }: Route): ZodOpenApiOperationObject['responses'] {
  if (unavailable === undefined) return {};
  return { '503': { description: 'Not available now.', content: { 'application/json': { schema: unavailable } } } };
}

/** Grouped by status, since a status can be in the document once; the codes are in its description. */
const ERROR_SCHEMAS = { openai: errorSchema, anthropic: messageErrorSchema, google: googleErrorSchema } as const;

function errorsOf(route: Route): ZodOpenApiOperationObject['responses'] {
  const codes: ErrorCode[] = [...ACCESS_ERRORS[route.access], ...route.errors, 'internal_error'];
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) byStatus.set(ERRORS[code].status, [...(byStatus.get(ERRORS[code].status) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      `${status}` as `${1 | 2 | 3 | 4 | 5}${string}`,
      {
        description: list.map((code) => `\`${code}\``).join(', '),
        content: { 'application/json': { schema: ERROR_SCHEMAS[route.speaks ?? 'openai'] } },
      },
    ]),
  );
}

const ACCESS_ERRORS = {
  public: [],
  key: ['invalid_api_key', 'auth_error', 'expired_key', 'permission_denied'],
  read: ['invalid_api_key', 'auth_error', 'expired_key', 'permission_denied'],
  info: ['invalid_api_key', 'auth_error', 'expired_key', 'permission_denied'],
  manage: ['invalid_api_key', 'auth_error', 'expired_key', 'permission_denied'],
  admin: ['invalid_api_key', 'auth_error', 'expired_key', 'permission_denied'],
  operator: ['invalid_api_key', 'permission_denied'],
} as const satisfies Record<Route['access'], readonly ErrorCode[]>;

function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return [method, ...words]
    .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
}
