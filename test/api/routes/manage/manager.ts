/** A gateway to manage: two processes of one installation, and plain HTTP with any key. */
import { MASTER_KEY, startGateway, type Gateway } from '../../../support/gateway.ts';

export type Json = Record<string, unknown>;
export type Said = { readonly status: number; readonly body: Json; readonly text: string };

export const PEPPER = { HOLDFAST_KEY_PEPPER: 'pepper-of-the-suite-0123456789' };

export const CONFIG = {
  model_list: [
    { model_name: 'gpt-4o', litellm_params: { model: 'mock/gpt-4o' } },
    {
      model_name: 'gpt-4o-mini',
      litellm_params: { model: 'mock/gpt-4o-mini' },
      model_info: { access_groups: ['small'] },
    },
    { model_name: 'claude', litellm_params: { model: 'mock/claude' }, model_info: { id: 'claude-1' } },
    { model_name: 'mock/*', litellm_params: { model: 'mock/*' } },
  ],
} as const;

export async function startManaged(config: Json = CONFIG): Promise<Gateway> {
  return startGateway({ config, env: PEPPER });
}

export async function call(
  url: string,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  options: { readonly key?: string; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Said> {
  const { key = MASTER_KEY, body, headers } = options;
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = {};
  }
  return { status: response.status, body: parsed as Json, text };
}

/** As `call`, and anything but 200 is an error with the answer in it. */
export async function must(...given: Parameters<typeof call>): Promise<Json> {
  const { status, body, text } = await call(...given);
  if (status !== 200) throw new Error(`${given[1]} ${given[2]}: ${status} ${text}`);
  return body;
}

export async function newKey(url: string, fields: Json = {}, key: string = MASTER_KEY): Promise<string> {
  return String((await must(url, 'POST', '/key/generate', { key, body: fields }))['key']);
}

export async function chatWith(url: string, key: string, model = 'gpt-4o', more: Json = {}): Promise<Said> {
  return call(url, 'POST', '/v1/chat/completions', {
    key,
    body: { model, messages: [{ role: 'user', content: 'Say it.' }], ...more },
  });
}

export function errorOf({ body }: Said): {
  readonly type?: string;
  readonly code?: string;
  readonly message?: string;
  readonly param?: string;
} {
  return body['error'] ?? {};
}
