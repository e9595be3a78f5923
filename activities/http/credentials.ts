/** A provider's authentication as data, plus the deployment's secret, becomes headers. */
import type { Auth } from '../../providers/provider.ts';

export function toAuthHeaders(auth: Auth, apiKey: string | undefined): Readonly<Record<string, string>> {
  if (apiKey === undefined) return {};
  switch (auth.kind) {
    case 'none':
      return {};
    case 'bearer':
      return { authorization: `Bearer ${apiKey}` };
    case 'header':
      // Some providers hand out two sorts of credentials under one name.
      if (auth.bearerPrefixes?.some((prefix) => apiKey.startsWith(prefix)) === true)
        return { authorization: `Bearer ${apiKey}` };
      return { [auth.name]: `${auth.prefix ?? ''}${apiKey}` };
    case 'sigv4':
    case 'google-oauth':
      // Deployments of these kinds are refused when the configuration is loaded.
      throw new Error(`Authentication by ${auth.kind} is not available.`);
    default:
      return auth satisfies never;
  }
}
