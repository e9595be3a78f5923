/** Azure's two kinds of credentials: a resource's key, or a token of Microsoft Entra ID. */
import { textOf } from '../../providers/protocol/json.ts';
import type { Auth, WireRequest } from '../../providers/provider.ts';
import type { Credentials } from './credentials.ts';
import { accessToken, unusable } from './tokens.ts';

const AUTHORITY = 'https://login.microsoftonline.com';
const SCOPE = 'https://cognitiveservices.azure.com/.default';

const AZURE_HOSTS: readonly string[] = ['.openai.azure.com', '.services.ai.azure.com', '.cognitiveservices.azure.com'];

type Headers = Readonly<Record<string, string>>;

function withKey(auth: Extract<Auth, { kind: 'azure' }>, wire: WireRequest, apiKey: string): Headers {
  const { hostname, pathname } = new URL(wire.url);
  const own = AZURE_HOSTS.some((suffix) => hostname.endsWith(suffix));
  // Claude on Azure keeps the header of Anthropic's protocol.
  if (pathname.includes('/anthropic/')) return { 'x-api-key': apiKey };
  return own || auth.foreignHosts === 'api-key' ? { 'api-key': apiKey } : { authorization: `Bearer ${apiKey}` };
}

async function entraToken(settings: Credentials['settings']): Promise<string | undefined> {
  const given = textOf(settings['azure_ad_token']);
  if (given?.startsWith('oidc/') === true)
    throw unusable(
      'azure_ad_token cannot name an OIDC provider; give a token, or tenant_id, client_id and client_secret.',
    );
  if (given !== undefined) return given;
  const tenant = textOf(settings['tenant_id']);
  const client = textOf(settings['client_id']);
  const secret = textOf(settings['client_secret']);
  const username = textOf(settings['azure_username']);
  const password = textOf(settings['azure_password']);
  if (tenant === undefined || client === undefined) return undefined;
  const grant: Record<string, string> | undefined =
    secret !== undefined
      ? { grant_type: 'client_credentials', client_secret: secret }
      : username !== undefined && password !== undefined
        ? { grant_type: 'password', username, password }
        : undefined;
  if (grant === undefined) return undefined;
  const authority = (textOf(settings['azure_authority_host']) ?? AUTHORITY).replace(/\/+$/, '');
  return accessToken({
    service: 'Microsoft Entra ID',
    url: `${/^https?:/.test(authority) ? authority : `https://${authority}`}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`,
    form: { ...grant, client_id: client, scope: textOf(settings['azure_scope']) ?? SCOPE },
  });
}

/** Errors: `CallFailed` when there is no credential or Entra ID refuses it. */
export async function authorizeAzure(
  auth: Extract<Auth, { kind: 'azure' }>,
  wire: WireRequest,
  { apiKey, settings }: Credentials,
): Promise<Headers> {
  if (apiKey !== undefined) return withKey(auth, wire, apiKey);
  const token = await entraToken(settings);
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  throw unusable(
    'Azure needs a credential: set api_key, azure_ad_token, or tenant_id, client_id and client_secret on the deployment.',
  );
}
