/** Google's credentials, with an identity service over a real socket. */
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CallFailed } from '../../../activities/http/client.ts';
import { authorize } from '../../../activities/http/credentials.ts';
import { googleProject } from '../../../activities/http/google.ts';
import type { Auth, WireRequest } from '../../../providers/provider.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const google: Auth = { kind: 'google-oauth', scope: SCOPE };
const wire: WireRequest = {
  method: 'POST',
  url: 'https://aiplatform.googleapis.com/v1/x',
  headers: {},
  body: '{}',
  dropped: [],
};

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

type Answer = { readonly status: number; readonly body: unknown };

let server: Server;
let url = '';
let folder = '';
const forms: URLSearchParams[] = [];
let answer: (n: number) => Answer;

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-google-'));
  server = createServer((request, response) => {
    void read(request).then((text) => {
      forms.push(new URLSearchParams(text));
      const { status, body } = answer(forms.length);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  forms.length = 0;
  answer = (n) => ({ status: 200, body: { access_token: `token-${n}`, expires_in: 3600, token_type: 'Bearer' } });
});

/** Tokens are kept for the whole process; each test is an account of its own. */
let accounts = 0;
function account(extra: Record<string, unknown> = {}): Record<string, unknown> {
  accounts += 1;
  return {
    type: 'service_account',
    project_id: 'its-project',
    private_key_id: 'kid',
    private_key: privateKey,
    client_email: `a${accounts}@p.iam.gserviceaccount.com`,
    token_uri: url,
    ...extra,
  };
}

const headers = async (settings: Record<string, unknown>, apiKey?: string) =>
  authorize(google, wire, { settings, ...(apiKey === undefined ? {} : { apiKey }) });

async function failure(work: Promise<unknown>) {
  return work.then(
    () => undefined,
    (error: unknown) => (error instanceof CallFailed ? error.failure : error),
  );
}

describe('a service account', () => {
  it('signs who it is and what for, and keeps its token', async () => {
    const json = account();
    expect(await headers({ vertex_credentials: JSON.stringify(json) })).toEqual({ authorization: 'Bearer token-1' });
    expect(await headers({ vertex_credentials: json })).toEqual({ authorization: 'Bearer token-1' });
    expect(forms).toHaveLength(1);
    const [head = '', claims = '', signature = ''] = (forms[0]?.get('assertion') ?? '').split('.');
    expect(forms[0]?.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'kid' });
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, number>;
    expect(said).toMatchObject({ iss: json['client_email'], scope: SCOPE, aud: url });
    expect((said['exp'] ?? 0) - (said['iat'] ?? 0)).toBe(3600);
    expect(createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(publicKey, signature, 'base64url')).toBe(true);
  });

  it('may be a file, named by a setting or by the API key', async () => {
    const path = join(folder, 'key.json');
    writeFileSync(path, JSON.stringify(account()));
    expect(await headers({ vertex_credentials: path })).toEqual({ authorization: 'Bearer token-1' });
    expect(await headers({}, path)).toEqual({ authorization: 'Bearer token-1' });
  });

  it('asks once for all calls that wait', async () => {
    const vertex_credentials = account();
    const all = await Promise.all(Array.from({ length: 20 }, async () => headers({ vertex_credentials })));
    expect(new Set(all.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer token-1']));
    expect(forms).toHaveLength(1);
  });

  it('that is refused is a failure of the gateway’s account, without a word of the credential', async () => {
    answer = () => ({ status: 400, body: { error: 'invalid_grant', error_description: 'secret words' } });
    expect(await failure(headers({ vertex_credentials: account() }))).toEqual({
      code: 'provider_auth_failed',
      message: "Google's identity service refused the gateway's credential (HTTP 400).",
      billed: 'no',
    });
  });

  it.each([
    ['{broken', 'is no valid JSON'],
    ['/nowhere/key.json', 'cannot be read'],
    [{ type: 'service_account', private_key: 'x' }, 'has no client_email'],
    [{ type: 'service_account', client_email: 'a@b', private_key: '-----BEGIN SECRET' }, 'private_key'],
    [{ type: 'authorized_user', client_id: 'a' }, 'has no client_secret'],
    [{ type: 'something_new', secret: 'SECRET' }, 'cannot be used'],
  ])('%j cannot be used, and says why', async (given, words) => {
    const failed = await failure(headers({ vertex_credentials: given }));
    expect(failed).toMatchObject({
      code: 'provider_auth_failed',
      message: expect.stringContaining(words),
      billed: 'no',
    });
    expect(JSON.stringify(failed)).not.toContain('SECRET');
  });
});

describe('other credentials', () => {
  it('of a user are refreshed, with the project that pays', async () => {
    const user = {
      type: 'authorized_user',
      client_id: 'i',
      client_secret: 's',
      refresh_token: 'r',
      token_uri: url,
      quota_project_id: 'q',
    };
    expect(await headers({ vertex_credentials: user })).toEqual({
      authorization: 'Bearer token-1',
      'x-goog-user-project': 'q',
    });
    expect(Object.fromEntries(forms[0] ?? [])).toEqual({
      grant_type: 'refresh_token',
      client_id: 'i',
      client_secret: 's',
      refresh_token: 'r',
    });
  });

  it('of another identity provider are exchanged by Google’s library', async () => {
    const subject = join(folder, 'subject');
    writeFileSync(subject, 'subject-token');
    answer = (n) => ({
      status: 200,
      body: {
        access_token: `sts-${n}`,
        expires_in: 3600,
        token_type: 'Bearer',
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      },
    });
    const external = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: url,
      credential_source: { file: subject },
    };
    expect(await headers({ vertex_credentials: external })).toEqual({ authorization: 'Bearer sts-1' });
    expect(await headers({ vertex_credentials: external })).toEqual({ authorization: 'Bearer sts-1' });
    expect(forms).toHaveLength(1);
    expect(forms[0]?.get('subject_token')).toBe('subject-token');
  });

  it('may be an access token or an API key', async () => {
    expect(await headers({}, 'ya29.a0/b')).toEqual({ authorization: 'Bearer ya29.a0/b' });
    expect(await headers({}, 'opaque')).toEqual({ authorization: 'Bearer opaque' });
    expect(await headers({}, 'AIzaSy')).toEqual({ 'x-goog-api-key': 'AIzaSy' });
    expect(forms).toHaveLength(0);
  });
});

describe('without any credential', () => {
  it('the metadata server of the machine gives token and project', async () => {
    const metadata = createServer((request, response) => {
      const path = request.url ?? '';
      response.setHeader('metadata-flavor', 'Google');
      if (path.includes('/token')) response.end(JSON.stringify({ access_token: 'machine', expires_in: 3600 }));
      else response.end(path.includes('project-id') ? 'machine-project' : 'googleapis.com');
    });
    await new Promise<void>((resolve) => metadata.listen(0, '127.0.0.1', resolve));
    const before = { ...process.env };
    // Google's library reads the environment itself; nothing of the developer's machine may answer instead.
    process.env['GCE_METADATA_HOST'] = `127.0.0.1:${(metadata.address() as AddressInfo).port}`;
    process.env['CLOUDSDK_CONFIG'] = folder;
    process.env['PATH'] = folder;
    for (const name of ['GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT'])
      delete process.env[name];
    try {
      expect(await headers({})).toEqual({ authorization: 'Bearer machine' });
      expect(await googleProject(SCOPE, { settings: {} })).toBe('machine-project');
    } finally {
      Object.assign(process.env, before);
      for (const name of ['GCE_METADATA_HOST', 'CLOUDSDK_CONFIG'])
        if (before[name] === undefined) delete process.env[name];
      metadata.closeAllConnections();
      metadata.close();
    }
  });
});

describe('the project of a deployment that names none', () => {
  it('is its credential’s', async () => {
    expect(await googleProject(SCOPE, { settings: { vertex_credentials: account() } })).toBe('its-project');
  });

  it('is not needed with an API key, and asked for with a token', async () => {
    expect(await googleProject(SCOPE, { settings: {}, apiKey: 'AIzaSy' })).toBeUndefined();
    expect(await failure(googleProject(SCOPE, { settings: {}, apiKey: 'ya29.x' }))).toMatchObject({
      code: 'provider_auth_failed',
      message: expect.stringContaining('vertex_project'),
    });
  });
});
