/** SAP AI Core's credential: a service key, which names the client, its secret, and who gives tokens for them. */
import { isObject, parseJson, textOf } from '../../providers/protocol/json.ts';
import type { Credentials } from './credentials.ts';
import { accessToken, unusable } from './tokens.ts';

/** Errors: `CallFailed` when there is no service key, it is not one, or the service refuses it. */
export async function authorizeSap({ apiKey }: Credentials): Promise<Readonly<Record<string, string>>> {
  const parsed = parseJson(apiKey ?? '');
  const key = isObject(parsed) ? parsed : {};
  const id = textOf(key['clientid']);
  const secret = textOf(key['clientsecret']);
  const url = textOf(key['url']);
  if (id === undefined || secret === undefined || url === undefined || !URL.canParse(url))
    throw unusable('SAP AI Core needs a service key: set api_key (AICORE_SERVICE_KEY) to its JSON text.');
  const token = await accessToken({
    service: 'SAP AI Core',
    url: `${url.replace(/\/+$/, '')}/oauth/token`,
    form: { grant_type: 'client_credentials' },
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
  });
  return { authorization: `Bearer ${token}` };
}
