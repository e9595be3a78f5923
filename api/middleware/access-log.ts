/** One line per response, by an allow-list of fields: no header, no body, no query string, hence no secret. */
import type { Exchange } from '../routes/exchange.ts';

/** Successes are `debug`: at a thousand requests a second the line would cost more than the route. */
export function logAccess(exchange: Exchange, status: number): void {
  const { log } = exchange.deps;
  const level = status >= 500 ? 'warn' : status >= 400 ? 'info' : 'debug';
  if (!log.isLevelEnabled(level)) return;
  const { method, url = '' } = exchange.req;
  const query = url.indexOf('?');
  log[level](
    {
      request_id: exchange.id,
      method,
      path: query === -1 ? url : url.slice(0, query),
      status,
      duration_ms: Math.round((performance.now() - exchange.startedAtMs) * 100) / 100,
    },
    'request',
  );
}
