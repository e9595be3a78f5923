/** Finds out who asks. Every route names its access rule in the route table; there is no route without one. */
import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../dispatch.ts';
import { edgeFailure, Refusal } from './refusal.ts';

const MASTER: Caller = { tenant: 'operator', operator: true, alias: 'master' };
/** Longer than any key: what is longer is not hashed. */
const MAX_KEY_CHARACTERS = 4_096;

export type Authenticate = (headers: IncomingHttpHeaders) => Caller | Promise<Caller>;

/** Resolves the caller, or throws a 401. Digests are compared, so that neither length nor prefix of the key can be timed. */
export function createAuthenticate(
  masterKey: string,
  resolveKey?: (key: string) => Promise<Caller | undefined>,
): Authenticate {
  // HMACs and digests of an empty key compare equal to an empty header: an open door instead of a locked one.
  if (masterKey === '') throw new Error('the master key must not be empty');
  const master = digest(masterKey);
  return (headers) => {
    const key = presentedKey(headers);
    if (key === undefined) {
      throw unauthorised(
        'auth_error',
        'Authentication Error, No api key passed in. Send it in an Authorization header with Bearer auth: `Authorization: Bearer YOUR_KEY`.',
      );
    }
    if (key.length <= MAX_KEY_CHARACTERS) {
      if (timingSafeEqual(digest(key), master)) return MASTER;
      if (resolveKey !== undefined) return resolveKey(key).then((caller) => caller ?? fail(incorrect(key)));
    }
    throw incorrect(key);
  };
}

/** The key is not repeated, not even in part: error messages end up in logs. */
function incorrect(key: string): Refusal {
  return key.startsWith('sk-')
    ? unauthorised('invalid_api_key', 'Authentication Error, Invalid proxy server token passed.')
    : unauthorised('auth_error', "Authentication Error, the key is expected to start with 'sk-'.");
}

function fail(refusal: Refusal): never {
  throw refusal;
}

function digest(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

function unauthorised(code: 'auth_error' | 'invalid_api_key', message: string): Refusal {
  return new Refusal(edgeFailure(code, message));
}

const BEARER = /^bearer +/i;

/** Amazon's clients sign their requests: the key is where the name of the access key would be, `Bearer ` before it or not. */
const AMAZON = /^AWS4-HMAC-SHA256 +Credential=(?:Bearer +)?([^/,\s]+)/i;

/** LiteLLM's own header first, so that it works beside an `Authorization` meant for a proxy in between; then OpenAI's, Azure's, Anthropic's and Google's. */
function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const own = headers['x-litellm-api-key'];
  if (typeof own === 'string' && own !== '') return own.replace(BEARER, '').trim();
  const { authorization } = headers;
  if (authorization !== undefined) {
    const bearer = BEARER.exec(authorization);
    if (bearer !== null && authorization.length > bearer[0].length) return authorization.slice(bearer[0].length).trim();
    const signed = AMAZON.exec(authorization)?.[1];
    if (signed !== undefined) return signed;
  }
  for (const name of ['api-key', 'x-api-key', 'x-goog-api-key'] as const) {
    const key = headers[name];
    if (typeof key === 'string' && key !== '') return key;
  }
  return undefined;
}
