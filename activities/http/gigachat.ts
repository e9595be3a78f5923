/** GigaChat's credential: a pair of id and secret in base64, exchanged for a token of half an hour. */
import { randomUUID } from 'node:crypto';
import { textOf } from '../../providers/protocol/json.ts';
import type { Credentials } from './credentials.ts';
import { accessToken, unusable } from './tokens.ts';

const OAUTH_URL = 'https://ngw.devices.sberbank.ru:9443/api/v2/oauth';
const DEFAULT_SCOPE = 'GIGACHAT_API_PERS';

/** Errors: `CallFailed` when there is no credential or the service refuses it. */
export async function authorizeGigaChat({ apiKey, settings }: Credentials): Promise<Readonly<Record<string, string>>> {
  if (apiKey === undefined) throw unusable('GigaChat needs a credential: set api_key on the deployment.');
  const token = await accessToken({
    service: 'GigaChat',
    url: textOf(settings['gigachat_auth_url']) ?? OAUTH_URL,
    form: { scope: textOf(settings['gigachat_scope']) ?? DEFAULT_SCOPE },
    headers: { authorization: `Basic ${apiKey}` },
    // It refuses a request without one.
    freshHeaders: () => ({ rquid: randomUUID() }),
  });
  return { authorization: `Bearer ${token}` };
}
