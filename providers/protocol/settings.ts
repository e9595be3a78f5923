/** Deployment settings that mean the same for every provider. */
import { isObject } from './json.ts';

/** Set by the transport, or credentials: a configured header must not replace them. */
const RESERVED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'authorization',
]);

/** `extra_headers` of a deployment, names in lower case. */
export function extraHeaders(settings: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const configured = settings['extra_headers'];
  if (!isObject(configured)) return {};
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(configured)) {
    const lower = name.toLowerCase();
    // A line break in a value would let configuration text become a header of its own.
    if (typeof value === 'string' && !RESERVED.has(lower) && !/[\r\n\0]/.test(value)) headers[lower] = value;
  }
  return headers;
}

/** `extra_body` of a deployment or a request: fields that are sent as they are, over ours. */
export function extraBody(settings: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const configured = settings['extra_body'];
  return isObject(configured) ? configured : {};
}
