/** `/openapi.json`, and `/docs`: an API browser from files of our own, so that it works without internet access. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { SECURITY_HEADERS } from '../middleware/security-headers.ts';
import { commonHeaders, sendJson, sendText } from '../middleware/reply.ts';
import { refuse } from '../middleware/refusal.ts';
import type { Caller } from '../dispatch.ts';
import type { Exchange, Params } from './exchange.ts';
import { pathOf } from './params.ts';

/** A day: the files change with the version of the gateway only, and a reload fetches them again. */
const CACHE = 'public, max-age=86400';

export const rootSchema = z.object({ name: z.string(), version: z.string(), docs: z.string(), openapi: z.string() });

export function openApi(exchange: Exchange): void {
  const headers = commonHeaders(exchange);
  headers['content-type'] = 'application/json';
  sendText(exchange, 200, exchange.openApiJson(), headers);
}

export function docs(exchange: Exchange): void {
  sendText(exchange, 200, PAGE, {
    ...commonHeaders(exchange),
    ...SECURITY_HEADERS,
    'content-type': 'text/html; charset=utf-8',
  });
}

export function root(exchange: Exchange): void {
  if (exchange.req.headers.accept?.includes('text/html') === true) {
    sendText(exchange, 302, '', { ...commonHeaders(exchange), location: '/docs' });
    return;
  }
  sendJson(exchange, 200, {
    name: 'holdfast',
    version: exchange.deps.version,
    docs: '/docs',
    openapi: '/openapi.json',
  });
}

export async function docsFile(exchange: Exchange, _caller: Caller, params: Params): Promise<void> {
  const name = pathOf(params['file']) ?? '';
  const headers = { ...commonHeaders(exchange), ...SECURITY_HEADERS, 'cache-control': CACHE };
  if (name === 'start.js') {
    sendText(exchange, 200, START, { ...headers, 'content-type': 'text/javascript; charset=utf-8' });
    return;
  }
  // A fixed list, not a path below a folder: nothing a caller writes reaches the file system.
  const contentType = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (contentType === undefined) return refuse('not_found', `No such file: ${name.slice(0, 100)}.`);
  sendText(exchange, 200, await readFile(join(folder(), name), 'utf8'), { ...headers, 'content-type': contentType });
}

const FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

function folder(): string {
  return join(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'), '..');
}

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Holdfast API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, persistAuthorization: false });
`;
