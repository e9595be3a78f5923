/** Amazon's credentials on a request: a signature (version 4) by access keys, or a Bedrock API key as a bearer token. */
import { textOf } from '../../providers/protocol/json.ts';
import type { Auth, WireRequest } from '../../providers/provider.ts';
import { awsKeys } from './aws-keys.ts';
import { sign } from './aws-signature.ts';
import type { Credentials } from './credentials.ts';

/** Where LiteLLM looks when nobody says where. */
const DEFAULT_REGION = 'us-west-2';

/** Errors: `CallFailed` when there is no credential, or the service that gives one refuses or cannot be reached. */
export async function authorizeAws(
  auth: Extract<Auth, { kind: 'sigv4' }>,
  wire: WireRequest,
  { apiKey, settings }: Credentials,
): Promise<Readonly<Record<string, string>>> {
  if (apiKey !== undefined) return { authorization: `Bearer ${apiKey}` };
  const region = wire.signingRegion ?? textOf(settings['aws_region_name']) ?? DEFAULT_REGION;
  const keys = await awsKeys(settings, region);
  const { url, method, headers, body } = wire;
  return sign(keys, { url, method, headers, body, service: auth.service, region });
}
