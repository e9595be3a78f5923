/** Databricks' credentials: a personal access token, or a service principal whose token the workspace itself gives. */
import { textOf } from '../../providers/protocol/json.ts';
import type { WireRequest } from '../../providers/provider.ts';
import type { Credentials } from './credentials.ts';
import { accessToken, unusable } from './tokens.ts';

/** Errors: `CallFailed` when there is no credential or the workspace refuses it. */
export async function authorizeDatabricks(
  wire: WireRequest,
  { apiKey, settings }: Credentials,
): Promise<Readonly<Record<string, string>>> {
  if (apiKey !== undefined) return { authorization: `Bearer ${apiKey}` };
  const id = textOf(settings['databricks_client_id']);
  const secret = textOf(settings['databricks_client_secret']);
  if (id === undefined || secret === undefined)
    throw unusable(
      'Databricks needs a credential: set api_key, or databricks_client_id and databricks_client_secret on the deployment.',
    );
  const token = await accessToken({
    service: 'Databricks',
    url: `${new URL(wire.url).origin}/oidc/v1/token`,
    form: { grant_type: 'client_credentials', scope: 'all-apis' },
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
  });
  return { authorization: `Bearer ${token}` };
}
