/** Where Amazon's access keys come from: the configuration, a role, a profile, or whatever the machine offers. */
import { createHash } from 'node:crypto';
import { textOf } from '../../providers/protocol/json.ts';
import type { AwsKeys } from './aws-signature.ts';
import { assumeRole, type Role, type StsKeys } from './aws-sts.ts';
import { CallFailed } from './client.ts';

type Settings = Readonly<Record<string, unknown>>;

function unusable(message: string, cause?: unknown): CallFailed {
  return new CallFailed({ code: 'provider_auth_failed', message, billed: 'no' }, cause);
}

function configuredKeys(settings: Settings): AwsKeys | undefined {
  const accessKeyId = textOf(settings['aws_access_key_id']);
  const secretAccessKey = textOf(settings['aws_secret_access_key']);
  const sessionToken = textOf(settings['aws_session_token']);
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw unusable('aws_access_key_id and aws_secret_access_key belong together: the deployment has only one of them.');
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

type Chain = () => Promise<AwsKeys>;

/** One per profile; each remembers its keys and renews them in time. */
const chains = new Map<string, Promise<Chain>>();

/** Loaded when a deployment needs it: it brings a client for every service of Amazon's that hands out keys. */
async function createChain(profile: string): Promise<Chain> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  return defaultProvider(profile === '' ? {} : { profile });
}

async function chainKeys(profile: string | undefined): Promise<AwsKeys> {
  const name = profile ?? '';
  const known = chains.get(name) ?? createChain(name);
  chains.set(name, known);
  const chain = await known;
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await chain();
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  } catch (error) {
    const where = profile === undefined ? '' : ` in the profile ${profile}`;
    throw unusable(
      `No AWS credential was found${where}: set aws_access_key_id and aws_secret_access_key, aws_profile_name or aws_role_name ` +
        'on the deployment, or give this machine one.',
      error,
    );
  }
}

function roleOf(settings: Settings, region: string): Role | undefined {
  const arn = textOf(settings['aws_role_name']);
  if (arn === undefined) return undefined;
  const externalId = textOf(settings['aws_external_id']);
  const webIdentity = textOf(settings['aws_web_identity_token']);
  const endpoint = textOf(settings['aws_sts_endpoint']);
  return {
    arn,
    region,
    sessionName: textOf(settings['aws_session_name']) ?? 'holdfast',
    ...(externalId === undefined ? {} : { externalId }),
    ...(webIdentity === undefined ? {} : { webIdentity }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

type Assumed = { readonly keys: Promise<StsKeys>; expiresAtMs: number };

/** A request signed just now must still be valid when it arrives, after waits and on clocks that differ. */
const MARGIN_MS = 300_000;

const assumed = new Map<string, Assumed>();

function dropExpired(nowMs: number): void {
  for (const [key, { expiresAtMs }] of assumed) if (expiresAtMs <= nowMs) assumed.delete(key);
}

/** Asked for once, shared by all who wait for it, kept until shortly before it expires. */
async function roleKeys(role: Role, settings: Settings, base: () => Promise<AwsKeys>): Promise<AwsKeys> {
  const identity = [
    role,
    settings['aws_access_key_id'],
    settings['aws_secret_access_key'],
    settings['aws_profile_name'],
  ];
  const key = createHash('sha256').update(JSON.stringify(identity)).digest('base64');
  const nowMs = Date.now();
  const known = assumed.get(key);
  if (known !== undefined && known.expiresAtMs > nowMs) return known.keys;
  dropExpired(nowMs);
  const entry: Assumed = { keys: assumeRole(role, base), expiresAtMs: Infinity };
  assumed.set(key, entry);
  try {
    const { expiresAtMs } = await entry.keys;
    entry.expiresAtMs = expiresAtMs - Math.min(MARGIN_MS, Math.max(0, expiresAtMs - nowMs) / 2);
  } catch {
    // The next call asks again; those who waited for this one see its failure below.
    if (assumed.get(key) === entry) assumed.delete(key);
  }
  return entry.keys;
}

/** Errors: {@link CallFailed}; its message holds no part of a credential. */
export async function awsKeys(settings: Settings, region: string): Promise<AwsKeys> {
  const profile = textOf(settings['aws_profile_name']);
  const base = async (): Promise<AwsKeys> => configuredKeys(settings) ?? chainKeys(profile);
  const role = roleOf(settings, region);
  return role === undefined ? base() : roleKeys(role, settings, base);
}
