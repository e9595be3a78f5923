/** Google's kinds of credentials: key files, tokens, API keys, and whatever the machine itself has been given. */
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { GoogleAuth } from 'google-auth-library';
import { isObject, parseJson, textOf, type JsonObject } from '../../providers/protocol/json.ts';
import { CallFailed } from './client.ts';
import type { Credentials } from './credentials.ts';
import { accessToken } from './tokens.ts';

const TOKEN_URL = 'https://oauth2.googleapis.com/token';
const SERVICE = "Google's identity service";
/** Google's limit for signed assertions. */
const ASSERTION_LIFE_S = 3600;

type Headers = Readonly<Record<string, string>>;

type Credential =
  | { readonly kind: 'token'; readonly token: string }
  /** Express mode: an API key stands for project and location. */
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'json'; readonly json: JsonObject }
  /** Application Default Credentials: what `gcloud`, the environment or the metadata server of this machine give. */
  | { readonly kind: 'default' };

function unusable(message: string, cause?: unknown): CallFailed {
  return new CallFailed({ code: 'provider_auth_failed', message, billed: 'no' }, cause);
}

/** How long a file is remembered: a rotated credential is noticed within a minute, and no call waits for the disk. */
const FILE_LIFE_MS = 60_000;
const files = new Map<string, { readonly json: Promise<JsonObject>; readonly readAtMs: number }>();

async function readCredential(path: string): Promise<JsonObject> {
  let text: string;
  try {
    text = await readFile(path.replace(/^~(?=\/)/, homedir()), 'utf8');
  } catch (error) {
    throw unusable('The file with the Google credential cannot be read.', error);
  }
  const json = parseJson(text);
  if (isObject(json)) return json;
  throw unusable('The file with the Google credential holds no JSON object.');
}

async function fromFile(path: string): Promise<JsonObject> {
  const nowMs = Date.now();
  const known = files.get(path);
  if (known !== undefined && nowMs - known.readAtMs < FILE_LIFE_MS) return known.json;
  const json = readCredential(path);
  files.set(path, { json, readAtMs: nowMs });
  try {
    return await json;
  } catch (error) {
    // The next call looks again.
    files.delete(path);
    throw error;
  }
}

function isPath(text: string): boolean {
  return /^([/\\~.]|[A-Za-z]:[\\/])/.test(text) || text.endsWith('.json');
}

/** `vertex_credentials`, else the API key, in any of the forms they come in. */
async function credentialOf({ apiKey, settings }: Credentials): Promise<Credential> {
  const given = settings['vertex_credentials'] ?? settings['vertex_ai_credentials'] ?? apiKey;
  if (isObject(given)) return { kind: 'json', json: given };
  const text = textOf(given)?.trim();
  if (text === undefined) return { kind: 'default' };
  if (text.startsWith('{')) {
    const json = parseJson(text);
    if (!isObject(json)) throw unusable('The Google credential of this deployment is no valid JSON.');
    return { kind: 'json', json };
  }
  if (text.startsWith('ya29.')) return { kind: 'token', token: text };
  if (/^(AIza|AQ\.)/.test(text)) return { kind: 'key', key: text };
  return isPath(text) ? { kind: 'json', json: await fromFile(text) } : { kind: 'token', token: text };
}

function required(json: JsonObject, field: string): string {
  const value = textOf(json[field]);
  if (value === undefined) throw unusable(`The Google credential has no ${field}.`);
  return value;
}

function base64Url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** RFC 7523: the service account says who it is, and signs it. */
function assertion(json: JsonObject, scope: string, tokenUrl: string): string {
  const issuedAt = Math.floor(Date.now() / 1000);
  const keyId = textOf(json['private_key_id']);
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) };
  const claims = {
    iss: required(json, 'client_email'),
    scope,
    aud: tokenUrl,
    iat: issuedAt,
    exp: issuedAt + ASSERTION_LIFE_S,
  };
  const content = `${base64Url(header)}.${base64Url(claims)}`;
  try {
    const key = createPrivateKey(required(json, 'private_key'));
    return `${content}.${sign('RSA-SHA256', Buffer.from(content), key).toString('base64url')}`;
  } catch (error) {
    if (error instanceof CallFailed) throw error;
    // What the library says of a broken key may show parts of it.
    throw unusable('The private_key of the Google credential cannot be used.');
  }
}

async function serviceAccountToken(json: JsonObject, scope: string): Promise<string> {
  const url = textOf(json['token_uri']) ?? TOKEN_URL;
  return accessToken({
    service: SERVICE,
    url,
    identity: [json['client_email'], json['private_key'], scope],
    form: () => ({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: assertion(json, scope, url),
    }),
  });
}

async function userToken(json: JsonObject): Promise<string> {
  return accessToken({
    service: SERVICE,
    url: textOf(json['token_uri']) ?? TOKEN_URL,
    form: {
      grant_type: 'refresh_token',
      client_id: required(json, 'client_id'),
      client_secret: required(json, 'client_secret'),
      refresh_token: required(json, 'refresh_token'),
    },
  });
}

/** Clients of Google's library keep their tokens until they expire. Keyed by a hash, so that no secret is kept twice. */
const clients = new Map<string, Promise<GoogleAuth>>();

async function createClient(json: JsonObject | undefined, scope: string): Promise<GoogleAuth> {
  // Loaded when the first credential needs it: most gateways never do.
  const { GoogleAuth: Client } = await import('google-auth-library');
  return new Client({ scopes: [scope], ...(json === undefined ? {} : { credentials: { ...json } }) });
}

async function clientOf(json: JsonObject | undefined, scope: string): Promise<GoogleAuth> {
  const key = createHash('sha256')
    .update(JSON.stringify([json ?? null, scope]))
    .digest('base64');
  const client = clients.get(key) ?? createClient(json, scope);
  clients.set(key, client);
  return client;
}

function explain(error: unknown): CallFailed {
  const { status, code, message } = error as { status?: unknown; code?: unknown; message?: unknown };
  if (typeof status === 'number' && (status === 429 || status >= 500)) {
    const failure = {
      code: 'provider_unavailable',
      message: `${SERVICE} gave no access token (HTTP ${status}).`,
    } as const;
    return new CallFailed({ ...failure, billed: 'no' }, error);
  }
  if (typeof status === 'number')
    return unusable(`${SERVICE} refused the gateway's credential (HTTP ${status}).`, error);
  if (typeof message === 'string' && message.includes('default credentials')) {
    return unusable(
      'There is no Google credential: set vertex_credentials or GOOGLE_APPLICATION_CREDENTIALS, or run inside Google Cloud.',
      error,
    );
  }
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) {
    const failure = { code: 'provider_unreachable', message: `${SERVICE} cannot be reached (${code}).` } as const;
    return new CallFailed({ ...failure, billed: 'no' }, error);
  }
  return unusable('The Google credential cannot be used.', error);
}

async function libraryHeaders(json: JsonObject | undefined, scope: string): Promise<Headers> {
  try {
    const client = await clientOf(json, scope);
    const headers = await client.getRequestHeaders();
    return Object.fromEntries(headers.entries());
  } catch (error) {
    throw explain(error);
  }
}

async function headersOf(json: JsonObject, scope: string): Promise<Headers> {
  const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
  switch (json['type']) {
    case 'service_account':
      return bearer(await serviceAccountToken(json, scope));
    case 'authorized_user': {
      const project = textOf(json['quota_project_id']);
      return { ...bearer(await userToken(json)), ...(project === undefined ? {} : { 'x-goog-user-project': project }) };
    }
    default:
      // Workload identity, impersonation and the kinds still to come.
      return libraryHeaders(json, scope);
  }
}

/** Errors: {@link CallFailed}; its message holds no part of the credential. */
export async function authorizeGoogle(scope: string, credentials: Credentials): Promise<Headers> {
  const credential = await credentialOf(credentials);
  switch (credential.kind) {
    case 'token':
      return { authorization: `Bearer ${credential.token}` };
    case 'key':
      return { 'x-goog-api-key': credential.key };
    case 'json':
      return headersOf(credential.json, scope);
    case 'default':
      return libraryHeaders(undefined, scope);
    default:
      return credential satisfies never;
  }
}

async function defaultProject(scope: string): Promise<string | undefined> {
  try {
    const client = await clientOf(undefined, scope);
    return await client.getProjectId();
  } catch {
    return undefined;
  }
}

/**
 * The project that a credential belongs to, for deployments that name none; nothing where an API key stands for it.
 * Errors: {@link CallFailed} when nobody knows the project.
 */
export async function googleProject(scope: string, credentials: Credentials): Promise<string | undefined> {
  const credential = await credentialOf(credentials);
  if (credential.kind === 'key') return undefined;
  const project =
    credential.kind === 'json'
      ? (textOf(credential.json['project_id']) ?? textOf(credential.json['quota_project_id']))
      : credential.kind === 'default'
        ? await defaultProject(scope)
        : undefined;
  if (project !== undefined) return project;
  throw unusable('Vertex AI needs a project: set vertex_project on the deployment, or VERTEXAI_PROJECT.');
}
