/** Amazon's security token service: temporary keys of a role, for our own keys or for another identity's token. */
import { readFile } from 'node:fs/promises';
import { request } from 'undici';
import { sign, type AwsKeys } from './aws-signature.ts';
import { CallFailed } from './client.ts';

export type Role = {
  readonly arn: string;
  readonly region: string;
  /** Appears in the account's audit log. */
  readonly sessionName: string;
  readonly externalId?: string;
  /** A token, or the path of the file that holds it. */
  readonly webIdentity?: string;
  readonly endpoint?: string;
};

export type StsKeys = AwsKeys & { readonly expiresAtMs: number };

const TIMEOUT_MS = 10_000;
const TITLE = 'AWS STS';

function failed(
  code: 'provider_auth_failed' | 'provider_unreachable' | 'provider_unavailable',
  message: string,
  cause?: unknown,
): CallFailed {
  return new CallFailed({ code, message, billed: 'no' }, cause);
}

/** Kubernetes renews the file: it is read each time. */
async function tokenOf(given: string): Promise<string> {
  const path = /^(?:oidc\/file)?(\/.+)$/.exec(given)?.[1];
  if (path === undefined) {
    if (given.startsWith('oidc/'))
      throw failed(
        'provider_auth_failed',
        'aws_web_identity_token takes a token, or the path of a file that holds one.',
      );
    return given;
  }
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw failed('provider_auth_failed', 'The file that aws_web_identity_token names cannot be read.', error);
  }
}

function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]?.trim();
}

function keysIn(xml: string): StsKeys | undefined {
  const accessKeyId = elementOf(xml, 'AccessKeyId');
  const secretAccessKey = elementOf(xml, 'SecretAccessKey');
  const sessionToken = elementOf(xml, 'SessionToken');
  const expiresAtMs = Date.parse(elementOf(xml, 'Expiration') ?? '');
  if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined) return undefined;
  return Number.isNaN(expiresAtMs) ? undefined : { accessKeyId, secretAccessKey, sessionToken, expiresAtMs };
}

function endpointOf({ endpoint, region }: Role): string {
  return (endpoint ?? `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`).replace(
    /\/*$/,
    '/',
  );
}

async function formOf(role: Role): Promise<Record<string, string>> {
  const common = { Version: '2011-06-15', RoleArn: role.arn, RoleSessionName: role.sessionName };
  if (role.webIdentity !== undefined)
    return { Action: 'AssumeRoleWithWebIdentity', ...common, WebIdentityToken: await tokenOf(role.webIdentity) };
  return { Action: 'AssumeRole', ...common, ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }) };
}

/** Errors: {@link CallFailed}. The role's own words may name accounts; only their code is repeated. */
export async function assumeRole(role: Role, base: () => Promise<AwsKeys>): Promise<StsKeys> {
  const url = endpointOf(role);
  const body = new URLSearchParams(await formOf(role)).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const signing = { url, method: 'POST', headers, body, service: 'sts', region: role.region };
  // The other identity's token is the credential: such a call is not signed.
  const signature = role.webIdentity === undefined ? await sign(await base(), signing) : {};
  let status: number;
  let text: string;
  try {
    const reply = await request(url, {
      method: 'POST',
      headers: { ...headers, ...signature },
      body,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      // One call an hour needs no open connection.
      reset: true,
    });
    status = reply.statusCode;
    text = await reply.body.text();
  } catch (error) {
    throw failed('provider_unreachable', `${TITLE} cannot be reached for the role's keys.`, error);
  }
  if (status === 429 || status >= 500) throw failed('provider_unavailable', `${TITLE} gave no keys (HTTP ${status}).`);
  const keys = status === 200 ? keysIn(text) : undefined;
  if (keys !== undefined) return keys;
  const code = /<Code>(\w{1,64})<\/Code>/.exec(text)?.[1];
  throw failed(
    'provider_auth_failed',
    `${TITLE} refused the role (HTTP ${status}${code === undefined ? '' : `, ${code}`}).`,
  );
}
