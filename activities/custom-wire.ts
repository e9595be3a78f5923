/** A call of one of the operator's own endpoints, as it is sent to its target. */
import { checkRest } from '../providers/dialects/passed-path.ts';
import { joined } from '../providers/pass-through/address.ts';
import type { PassedCall } from '../providers/dialects/passed.ts';
import { isObject } from '../providers/protocol/json.ts';
import { Refused } from '../providers/protocol/refused.ts';
import type { WireRequest } from '../providers/provider.ts';
import type { Deployment } from './config/config.ts';
import { bytesOf } from './passed-content.ts';

/** Throws `Refused` for a path that leaves its target. */
export function customWire({ baseUrl = '', settings }: Deployment, asked: PassedCall): WireRequest {
  const at = asked.rest.indexOf('?');
  const path = checkRest(at === -1 ? asked.rest : asked.rest.slice(0, at));
  if (!URL.canParse(baseUrl)) throw new Refused('provider_unreachable', 'The target of this endpoint is no URL.');
  const target = new URL(baseUrl);
  const bareTarget = `${target.origin}${target.pathname}`.replace(/\/+$/, '');
  const url = new URL(path === '' ? target.origin + target.pathname : joined(bareTarget, path));
  for (const [name, value] of target.searchParams) url.searchParams.set(name, value);
  const { query, headers } = settings;
  for (const [name, value] of Object.entries(isObject(query) ? query : {})) url.searchParams.set(name, String(value));
  // What the caller says wins over what the operator has as a default.
  const said = new URLSearchParams(at === -1 ? '' : asked.rest.slice(at + 1));
  for (const name of new Set(said.keys())) {
    url.searchParams.delete(name);
    for (const value of said.getAll(name)) url.searchParams.append(name, value);
  }
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(isObject(headers) ? headers : {}))
    if (!/[\r\n\0]/.test(String(value))) own[name.toLowerCase()] = String(value);
  return {
    method: asked.method,
    url: url.toString(),
    headers: { ...asked.headers, ...own },
    body: bytesOf(asked),
    dropped: [],
  };
}
