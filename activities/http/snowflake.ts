/** Snowflake's credentials. Every kind is a bearer token, and a header says which kind it is. */
import type { Credentials } from './credentials.ts';
import { unusable } from './tokens.ts';

const KINDS: readonly (readonly [prefix: string, kind: string])[] = [
  ['pat/', 'PROGRAMMATIC_ACCESS_TOKEN'],
  ['oauth/', 'OAUTH'],
];

/** Errors: `CallFailed` without a credential. */
export function authorizeSnowflake({ apiKey }: Credentials): Readonly<Record<string, string>> {
  if (apiKey === undefined) throw unusable('Snowflake needs a credential: set api_key on the deployment.');
  const [prefix, kind] = KINDS.find(([start]) => apiKey.startsWith(start)) ?? ['', 'KEYPAIR_JWT'];
  return {
    authorization: `Bearer ${apiKey.slice(prefix.length)}`,
    'x-snowflake-authorization-token-type': kind,
  };
}
