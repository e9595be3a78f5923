/** IBM's credentials: a key of IBM Cloud is exchanged for a token, an installation of one's own takes its key as it is. */
import { textOf } from '../../providers/protocol/json.ts';
import type { Credentials } from './credentials.ts';
import { accessToken, unusable } from './tokens.ts';

const IAM_URL = 'https://iam.cloud.ibm.com/identity/token';

/** Errors: `CallFailed` when there is no credential or IBM refuses it. */
export async function authorizeIbm({ apiKey, settings }: Credentials): Promise<Readonly<Record<string, string>>> {
  const token = textOf(settings['token']);
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  const zen = textOf(settings['zen_api_key']);
  if (zen !== undefined) return { authorization: `ZenApiKey ${zen}` };
  if (apiKey === undefined)
    throw unusable('watsonx needs a credential: set api_key, token or zen_api_key on the deployment.');
  const bearer = await accessToken({
    service: 'IBM Cloud IAM',
    url: textOf(settings['iam_url']) ?? IAM_URL,
    form: { grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: apiKey },
  });
  return { authorization: `Bearer ${bearer}` };
}
