/** Access tokens of identity services: asked for once, shared by all who wait for them, kept until shortly before they expire. */
import { createHash } from 'node:crypto';
import { request } from 'undici';
import type { ErrorCode } from '../../providers/protocol/errors.ts';
import { isObject, parseJson, textOf, type JsonObject } from '../../providers/protocol/json.ts';
import { CallFailed } from './client.ts';

type Form = Readonly<Record<string, string>>;

export type TokenRequest = {
  /** For people, in errors. */
  readonly service: string;
  readonly url: string;
  /** A function where it differs each time, such as a signed time. */
  readonly form: Form | (() => Form);
  /** What tells this credential from others, where the form is a function. */
  readonly identity?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers that differ each time. */
  readonly freshHeaders?: () => Readonly<Record<string, string>>;
};

type Token = { readonly value: Promise<string>; expiresAtMs: number };

/** A call that begins with the token must still find it valid when the provider reads it. */
const MARGIN_MS = 60_000;
const TIMEOUT_MS = 10_000;
/** Where a service does not say how long its token lives. */
const UNSTATED_LIFE_S = 300;

const tokens = new Map<string, Token>();

/** The secrets of a request are its identity; only their hash is kept. */
function keyOf(wanted: TokenRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([wanted.url, wanted.identity ?? wanted.form, wanted.headers]))
    .digest('base64');
}

function failed(code: ErrorCode, message: string, cause?: unknown): CallFailed {
  return new CallFailed({ code, message, billed: 'no' }, cause);
}

/** A call that cannot be made for want of a credential. The message tells the operator what to set. */
export function unusable(message: string): CallFailed {
  return failed('provider_auth_failed', message);
}

async function fetchToken(wanted: TokenRequest): Promise<{ readonly token: string; readonly lifeS: number }> {
  const form = typeof wanted.form === 'function' ? wanted.form() : wanted.form;
  let status: number;
  let body: unknown;
  try {
    const reply = await request(wanted.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        ...wanted.headers,
        ...wanted.freshHeaders?.(),
      },
      body: new URLSearchParams(form).toString(),
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      // One call an hour needs no open connection.
      reset: true,
    });
    status = reply.statusCode;
    body = parseJson(await reply.body.text());
  } catch (error) {
    throw failed('provider_unreachable', `${wanted.service} cannot be reached for an access token.`, error);
  }
  if (status === 429 || status >= 500)
    throw failed('provider_unavailable', `${wanted.service} gave no access token (HTTP ${status}).`);
  const token = isObject(body) ? textOf(body['access_token']) : undefined;
  // What the service says about a refused credential can repeat parts of it.
  if (status !== 200 || token === undefined)
    throw failed('provider_auth_failed', `${wanted.service} refused the gateway's credential (HTTP ${status}).`);
  const life = isObject(body) ? lifeOf(body) : Number.NaN;
  return { token, lifeS: Number.isFinite(life) && life > 0 ? life : UNSTATED_LIFE_S };
}

/** Seconds. Some say when it ends instead, in milliseconds since 1970. */
function lifeOf(body: JsonObject): number {
  if (body['expires_in'] === undefined && typeof body['expires_at'] === 'number')
    return (body['expires_at'] - Date.now()) / 1000;
  return Number(body['expires_in']);
}

function dropExpired(nowMs: number): void {
  for (const [key, token] of tokens) if (token.expiresAtMs <= nowMs) tokens.delete(key);
}

/** Errors: {@link CallFailed}; its message holds no part of the credential. */
export async function accessToken(wanted: TokenRequest): Promise<string> {
  const nowMs = Date.now();
  const key = keyOf(wanted);
  const known = tokens.get(key);
  if (known !== undefined && known.expiresAtMs > nowMs) return known.value;
  dropExpired(nowMs);
  const answer = fetchToken(wanted);
  const token: Token = { value: answer.then((given) => given.token), expiresAtMs: Infinity };
  tokens.set(key, token);
  try {
    const { lifeS } = await answer;
    token.expiresAtMs = nowMs + lifeS * 1000 - Math.min(MARGIN_MS, lifeS * 500);
  } catch {
    // The next call asks again; those who waited for this one see its failure below.
    if (tokens.get(key) === token) tokens.delete(key);
  }
  return token.value;
}
