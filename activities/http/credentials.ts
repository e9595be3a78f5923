/** A provider's authentication as data, plus the deployment's secrets, becomes headers of one request. */
import type { Auth, WireRequest } from '../../providers/provider.ts';
import { authorizeAws } from './aws.ts';
import { authorizeAzure } from './azure.ts';
import { authorizeGigaChat } from './gigachat.ts';
import { authorizeGoogle } from './google.ts';
import { authorizeDatabricks } from './databricks.ts';
import { authorizeIbm } from './ibm.ts';
import { authorizeSap } from './sap.ts';
import { authorizeSnowflake } from './snowflake.ts';

export type Credentials = {
  /** The deployment's `api_key`. */
  readonly apiKey?: string;
  /** Its other settings, secrets included (`aws_secret_access_key`, `vertex_credentials`, …). */
  readonly settings: Readonly<Record<string, unknown>>;
};

/** Headers that authorise exactly this request. Errors: the credential cannot be used; the message holds no part of it. */
export async function authorize(
  auth: Auth,
  wire: WireRequest,
  credentials: Credentials,
): Promise<Readonly<Record<string, string>>> {
  const { apiKey } = credentials;
  switch (auth.kind) {
    case 'none':
      return {};
    case 'bearer':
      return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    case 'header':
      if (apiKey === undefined) return {};
      // Some providers hand out two sorts of credentials under one name.
      if (auth.bearerPrefixes?.some((prefix) => apiKey.startsWith(prefix)) === true)
        return { authorization: `Bearer ${apiKey}` };
      return { [auth.name]: `${auth.prefix ?? ''}${apiKey}` };
    case 'azure':
      return authorizeAzure(auth, wire, credentials);
    case 'ibm-iam':
      return authorizeIbm(credentials);
    case 'databricks':
      return authorizeDatabricks(wire, credentials);
    case 'snowflake':
      return authorizeSnowflake(credentials);
    case 'gigachat':
      return authorizeGigaChat(credentials);
    case 'sap':
      return authorizeSap(credentials);
    case 'google-oauth':
      return authorizeGoogle(auth.scope, credentials);
    case 'sigv4':
      return authorizeAws(auth, wire, credentials);
    default:
      return auth satisfies never;
  }
}
