/** Builds the HTTP server: connection limits, the route table on Express's router, and one shape for every error. Nothing listens yet. */
import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { createAuthenticate, type Authenticate } from './middleware/authenticate.ts';
import { permit } from './access/permit.ts';
import { answerClientError } from './middleware/client-error.ts';
import { answerError } from './middleware/error-handler.ts';
import { edgeFailure, Refusal } from './middleware/refusal.ts';
import { commonHeaders, sendFailure, sendText } from './middleware/reply.ts';
import { callIdOf, createRequestId } from './middleware/request-id.ts';
import { createOpenApi } from './openapi.ts';
import { findEndpoint } from '../activities/config/pass-through.ts';
import { passThroughEndpoint } from './routes/pass-through.ts';
import { LIMITS, NOBODY, type Exchange, type Limits, type ServerDeps, type Speaks } from './routes/exchange.ts';
import { ROUTES, type Route } from './routes/table.ts';

export type { ServerDeps } from './routes/exchange.ts';

/** OpenAI's own limit; also bounds the URL, which is read into the same buffer. */
const MAX_HEADER_BYTES = 64 * 1024;

type Edge = {
  readonly deps: ServerDeps;
  readonly limits: Limits;
  readonly authenticate: Authenticate;
  readonly openApiJson: () => string;
};

export function createServer(deps: ServerDeps): Server {
  const limits: Limits = { ...LIMITS, ...deps.limits };
  let openApiJson: string | undefined;
  const edge: Edge = {
    deps,
    limits,
    authenticate: createAuthenticate(deps.masterKey, deps.resolveKey),
    openApiJson: () => (openApiJson ??= JSON.stringify(createOpenApi(ROUTES, deps.version))),
  };
  const route = createRouter(edge);
  const open = new WeakMap<Socket, ServerResponse>();
  const onRequest = (req: IncomingMessage, res: ServerResponse): void => {
    open.set(req.socket, res);
    route(req, res);
  };
  const server = createHttpServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
    },
    onRequest,
  );
  // The body is invited once the request is authenticated and its headers are accepted; Node would invite it at once.
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('clientError', (error, socket: Socket) => answerClientError(error, socket, open.get(socket)));
  return server;
}

/**
 * Express's router without its application object. The application gives every request and response another prototype, which makes
 * Node's own HTTP code slow for the rest of that request: 0.11 ms of processor time instead of 0.03 here, for helpers that no route uses.
 */
function createRouter(edge: Edge): (req: IncomingMessage, res: ServerResponse) => void {
  const router = express.Router();
  for (const route of ROUTES) router[route.method](route.paths, endpoint(edge, route));
  for (const [path, methods] of methodsByPath(ROUTES)) router.all(path, otherMethod(edge, methods));
  return (req, res) => {
    const unmatched = (error?: unknown): void => {
      if (error === undefined && edge.deps.config().passThrough !== undefined) customEndpoint(edge, req, res);
      else answerError(openExchange(edge, req, res), error ?? unknownUrl(req));
    };
    // The types are those of the application's objects; the router itself reads `url` and `method` and writes `params`.
    router(req as Request, res as Response, unmatched);
  };
}

/** What is at no URL of ours may be at one of the operator's. */
function customEndpoint(edge: Edge, req: IncomingMessage, res: ServerResponse): void {
  const found = findEndpoint(edge.deps.config(), (req.url ?? '').split('?', 1)[0] ?? '');
  if (found === undefined) {
    answerError(openExchange(edge, req, res), unknownUrl(req));
    return;
  }
  const access = found.endpoint.auth ? 'key' : 'public';
  const serve = endpoint(edge, { access, handler: passThroughEndpoint, method: 'all', paths: [found.endpoint.path] });
  void serve(req as Request, res as Response, () => undefined);
}

function unknownUrl({ method = '', url = '' }: IncomingMessage): Refusal {
  const path = (url.split('?', 1)[0] ?? '').slice(0, MAX_SHOWN_CHARACTERS);
  return new Refusal(edgeFailure('not_found', `Invalid URL (${method} ${path})`));
}

const MAX_SHOWN_CHARACTERS = 200;

function openExchange(
  { deps, limits, openApiJson }: Edge,
  req: IncomingMessage,
  res: ServerResponse,
  speaks: Speaks = 'openai',
): Exchange {
  const id = createRequestId();
  return {
    deps,
    limits,
    openApiJson,
    req,
    res,
    id,
    callId: callIdOf(req.headers['x-litellm-call-id'], id),
    startedAtMs: performance.now(),
    speaks,
  };
}

/** The access rule comes before anything of the request is read but its headers. */
function endpoint(
  edge: Edge,
  route: Pick<Route, 'access' | 'handler' | 'speaks' | 'method' | 'paths' | 'reads'>,
): RequestHandler {
  const { access, handler, speaks } = route;
  return async (req, res) => {
    const exchange = openExchange(edge, req, res, speaks);
    try {
      let caller = NOBODY;
      if (access !== 'public') {
        const found = edge.authenticate(keyHeaders(req, speaks));
        caller = found instanceof Promise ? await found : found;
        permit(route, caller, pathname(req.url));
      }
      await handler(exchange, caller, req.params);
    } catch (error) {
      answerError(exchange, error);
    }
  };
}

/** Google's clients may send their key in the query; nobody else's key is looked for there, where every proxy's log keeps it. */
function keyHeaders({ headers, url = '' }: IncomingMessage, speaks: Speaks | undefined): IncomingHttpHeaders {
  const at = url.indexOf('?');
  const key = speaks === 'google' && at !== -1 ? new URLSearchParams(url.slice(at)).get('key') : null;
  return key === null || key === '' || headers['x-goog-api-key'] !== undefined
    ? headers
    : { ...headers, 'x-goog-api-key': key };
}

function pathname(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

function methodsByPath(routes: readonly Route[]): ReadonlyMap<string, string> {
  const methods = new Map<string, string>();
  for (const { method, paths } of routes) {
    if (method === 'all') continue;
    for (const path of paths) {
      const known = methods.get(path);
      methods.set(
        path,
        `${known === undefined ? '' : `${known}, `}${method === 'get' ? 'GET, HEAD' : method.toUpperCase()}`,
      );
    }
  }
  return methods;
}

function otherMethod(edge: Edge, allow: string): RequestHandler {
  return (req, res) => {
    const exchange = openExchange(edge, req, res);
    const headers = { ...commonHeaders(exchange), allow };
    if (req.method === 'OPTIONS') {
      sendText(exchange, 204, '', headers);
      return;
    }
    sendFailure(exchange, edgeFailure('method_not_allowed', `Not allowed to ${req.method} on this URL.`), headers);
  };
}
