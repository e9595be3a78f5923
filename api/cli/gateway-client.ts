/** Speaks to a running gateway over its API, as any other caller does. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readEnvironment } from '../../activities/config/environment.ts';
import type { Context } from './context.ts';
import { placeOf } from './start.ts';

export type ClientFlags = {
  readonly url?: string;
  readonly key?: string;
  readonly home?: string;
  readonly json?: boolean;
};

/** The gateway refused, or could not be asked; the message is for people. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

export type GatewayClient = {
  get(path: string): Promise<Json>;
  post(path: string, body: unknown): Promise<Json>;
  upload(path: string, form: FormData): Promise<Json>;
  download(path: string): Promise<Readable>;
};

export type Json = Readonly<Record<string, unknown>>;

export async function createGatewayClient(flags: ClientFlags, context: Context): Promise<GatewayClient> {
  const { environment } = readEnvironment(context.env);
  const { port, host, home } = placeOf(flags, context);
  const own = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const url = (flags.url ?? environment.gatewayUrl ?? own).replace(/\/+$/, '');
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
    throw new CommandFailed(`"${url}" is no URL such as http://127.0.0.1:4000`);
  const key = flags.key ?? environment.apiKey ?? environment.masterKey ?? (await storedKey(url, home));
  if (key === undefined)
    throw new CommandFailed(
      'No key: give --key, or set HOLDFAST_API_KEY. The master key is printed by `holdfast start`.',
    );

  const call = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${key}`);
    let response: Response;
    try {
      response = await fetch(url + path, { ...init, headers, signal: context.stop });
    } catch (error) {
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      const { code } = cause as { code?: unknown };
      throw new CommandFailed(`${url} cannot be reached${typeof code === 'string' ? ` (${code})` : ''}. Does it run?`);
    }
    if (response.ok) return response;
    const text = await response.text();
    throw new CommandFailed(`${response.status}: ${wordsOf(text)}`);
  };
  const json = async (path: string, init: RequestInit = {}): Promise<Json> =>
    (await (await call(path, init)).json()) as Json;
  return {
    get: json,
    post: async (path, body) =>
      json(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    upload: async (path, form) => json(path, { method: 'POST', body: form }),
    download: async (path) => {
      const { body } = await call(path, {});
      return Readable.from(body ?? []);
    },
  };
}

/** The key that a gateway of this very folder made for itself; it is shown to nobody but this machine. */
async function storedKey(url: string, home: string): Promise<string | undefined> {
  const { hostname } = new URL(url);
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) return undefined;
  try {
    return (await readFile(join(home, 'master-key'), 'utf8')).trim();
  } catch {
    return undefined;
  }
}

function wordsOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } };
    if (typeof error?.message === 'string') return error.message;
  } catch {
    // A proxy in between speaks its own language.
  }
  return text.slice(0, 300);
}
