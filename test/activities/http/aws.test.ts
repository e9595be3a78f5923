/** Amazon's credentials, judged as Amazon does: the receiving side computes the signature again from what arrived. */
import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CallFailed, createHttpClient } from '../../../activities/http/client.ts';
import { authorize } from '../../../activities/http/credentials.ts';
import type { Auth, WireRequest } from '../../../providers/provider.ts';

const bedrock: Auth = { kind: 'sigv4', service: 'bedrock' };

type Seen = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};
type Answer = { readonly status: number; readonly body: string };

let server: Server;
let origin = '';
let folder = '';
const seen: Seen[] = [];
let answer: (n: number) => Answer;
const http = createHttpClient();

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-aws-'));
  server = createServer((request, response) => {
    void read(request).then((body) => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      seen.push({ method: request.method ?? '', path: request.url ?? '', headers, body });
      const given = answer(seen.length);
      response.writeHead(given.status, { 'content-type': 'text/xml' }).end(given.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await http.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  seen.length = 0;
  answer = (n) => ({ status: 200, body: keysXml(n) });
});

function keysXml(n: number, lifeMs = 3_600_000): string {
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
    <AccessKeyId>ASIAROLE${n}</AccessKeyId><SecretAccessKey>role-secret-${n}</SecretAccessKey>
    <SessionToken>role-token-${n}</SessionToken><Expiration>${new Date(Date.now() + lifeMs).toISOString()}</Expiration>
  </Credentials></AssumeRoleResult></AssumeRoleResponse>`;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The signature that should have come with this request, by Amazon's description of version 4. */
function expectedSignature({ method, path, headers, body }: Seen, secret: string): string {
  const [, date = '', region = '', service = '', signed = ''] =
    /Credential=[^/]+\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+)/.exec(
      headers['authorization'] ?? '',
    ) ?? [];
  const [pathname = '', query = ''] = path.split('?');
  // Every service but S3 encodes the path that was sent once more.
  const canonicalPath = pathname.split('/').map(encodeURIComponent).join('/');
  const lines = signed.split(';').map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/\s+/g, ' ')}\n`);
  const canonical = [method, canonicalPath, query, lines.join(''), signed, sha256(body)].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), 'aws4_request');
  return hmac(key, text).toString('hex');
}

function signatureOf({ headers }: Seen): string | undefined {
  return /Signature=([0-9a-f]{64})$/.exec(headers['authorization'] ?? '')?.[1];
}

function scopeOf({ headers }: Seen): string | undefined {
  return /Credential=([^,]+),/.exec(headers['authorization'] ?? '')?.[1];
}

const ARN = 'arn:aws:bedrock:eu-west-1:123:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0';

function wire(extra: Partial<WireRequest> = {}): WireRequest {
  return {
    method: 'POST',
    url: `${origin}/model/${encodeURIComponent(ARN)}/converse`,
    headers: { 'content-type': 'application/json', 'x-amzn-bedrock-trace': 'ENABLED  twice' },
    body: '{"messages":[{"role":"user","content":[{"text":"grüße"}]}]}',
    dropped: [],
    ...extra,
  };
}

async function arrive(request: WireRequest, settings: Record<string, unknown>): Promise<Seen> {
  const headers = await authorize(bedrock, request, { settings });
  const reply = await http.call({
    method: request.method,
    url: request.url,
    headers: { ...request.headers, ...headers, 'x-holdfast-attempt': 'req_1.1' },
    body: request.body,
    limits: { firstByteMs: 10_000, idleMs: 10_000 },
    signal: new AbortController().signal,
  });
  reply.discard();
  const last = seen.at(-1);
  if (last === undefined) throw new Error('nothing arrived');
  return last;
}

const KEYS = { aws_access_key_id: 'AKIDEXAMPLE', aws_secret_access_key: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

async function failureOf(promise: Promise<unknown>): Promise<CallFailed> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof CallFailed) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('a signature', () => {
  it('is the one that the receiver computes, for an ARN in the path', async () => {
    const request = await arrive(wire(), { ...KEYS, aws_region_name: 'eu-central-1' });
    expect(request.path).toContain('arn%3Aaws%3Abedrock');
    expect(signatureOf(request)).toBe(expectedSignature(request, KEYS.aws_secret_access_key));
    expect(scopeOf(request)).toMatch(/^AKIDEXAMPLE\/\d{8}\/eu-central-1\/bedrock\/aws4_request$/);
    expect(request.headers['x-amz-security-token']).toBeUndefined();
  });

  it('covers the body: one byte more and it is another', async () => {
    const request = await arrive(wire(), KEYS);
    expect(expectedSignature({ ...request, body: `${request.body} ` }, KEYS.aws_secret_access_key)).not.toBe(
      signatureOf(request),
    );
  });

  it('covers the session token, and bodies of bytes', async () => {
    const body = new TextEncoder().encode('{"a":1}');
    const request = await arrive(wire({ body }), { ...KEYS, aws_session_token: 'temporary/token==' });
    expect(request.headers['x-amz-security-token']).toBe('temporary/token==');
    expect(request.headers['authorization']).toContain('x-amz-security-token');
    expect(signatureOf(request)).toBe(expectedSignature(request, KEYS.aws_secret_access_key));
  });

  it.each([
    [{ signingRegion: 'ap-southeast-2' }, { aws_region_name: 'eu-central-1' }, 'ap-southeast-2'],
    [{}, { aws_region_name: 'eu-central-1' }, 'eu-central-1'],
    [{}, {}, 'us-west-2'],
  ])('is made for the region of the request, else of the deployment (%j, %j)', async (extra, settings, region) => {
    expect(scopeOf(await arrive(wire(extra), { ...KEYS, ...settings }))).toContain(`/${region}/bedrock/`);
  });

  it('needs both halves of the keys', async () => {
    const { failure } = await failureOf(authorize(bedrock, wire(), { settings: { aws_access_key_id: 'AKID' } }));
    expect(failure).toMatchObject({ code: 'provider_auth_failed', billed: 'no' });
    expect(failure.message).toContain('aws_secret_access_key');
  });
});

describe('an API key', () => {
  it('is sent as a bearer token', async () => {
    expect(await authorize(bedrock, wire(), { apiKey: 'ABSKkey', settings: KEYS })).toEqual({
      authorization: 'Bearer ABSKkey',
    });
  });
});

let roles = 0;
function role(extra: Record<string, unknown> = {}): Record<string, unknown> {
  roles += 1;
  return { ...KEYS, aws_role_name: `arn:aws:iam::123:role/r${roles}`, aws_sts_endpoint: origin, ...extra };
}

describe('a role', () => {
  it('is taken on once, by a signed call, and its keys sign', async () => {
    const settings = role({ aws_external_id: 'ext', aws_session_name: 'me', aws_region_name: 'eu-west-1' });
    const [request] = await Promise.all([arrive(wire(), settings), arrive(wire(), settings)]);
    await arrive(wire(), settings);
    const assumed = seen.filter(({ path }) => path === '/');
    expect(assumed).toHaveLength(1);
    const [call] = assumed;
    if (call === undefined) throw new Error('no call');
    expect(Object.fromEntries(new URLSearchParams(call.body))).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: settings['aws_role_name'],
      RoleSessionName: 'me',
      ExternalId: 'ext',
    });
    expect(scopeOf(call)).toMatch(/^AKIDEXAMPLE\/\d{8}\/eu-west-1\/sts\/aws4_request$/);
    expect(signatureOf(call)).toBe(expectedSignature(call, KEYS.aws_secret_access_key));
    expect(request.headers['x-amz-security-token']).toBe('role-token-1');
    expect(signatureOf(request)).toBe(expectedSignature(request, 'role-secret-1'));
  });

  it('is taken on again when its keys have expired', async () => {
    answer = (n) => ({ status: 200, body: keysXml(n, -1000) });
    const settings = role();
    await authorize(bedrock, wire(), { settings });
    await authorize(bedrock, wire(), { settings });
    expect(seen).toHaveLength(2);
  });

  it('is taken on with another identity’s token, from a file that is read each time, unsigned', async () => {
    const path = join(folder, 'token');
    writeFileSync(path, 'first\n');
    await authorize(bedrock, wire(), { settings: role({ aws_web_identity_token: path }) });
    writeFileSync(path, 'second\n');
    await authorize(bedrock, wire(), { settings: role({ aws_web_identity_token: `oidc/file${path}` }) });
    await authorize(bedrock, wire(), { settings: role({ aws_web_identity_token: 'aa.bb.cc' }) });
    const forms = seen.map(({ body }) => new URLSearchParams(body));
    expect(forms.map((form) => form.get('WebIdentityToken'))).toEqual(['first', 'second', 'aa.bb.cc']);
    expect(forms.map((form) => form.get('Action'))).toEqual(Array(3).fill('AssumeRoleWithWebIdentity'));
    expect(seen.map(({ headers }) => headers['authorization'])).toEqual([undefined, undefined, undefined]);
  });

  it('that is refused fails the call without a word of the account, and is asked for again', async () => {
    const settings = role();
    answer = () => ({
      status: 403,
      body: '<ErrorResponse><Error><Code>AccessDenied</Code><Message>User arn:aws:iam::123:user/x</Message></Error></ErrorResponse>',
    });
    expect((await failureOf(authorize(bedrock, wire(), { settings }))).failure).toEqual({
      code: 'provider_auth_failed',
      message: 'AWS STS refused the role (HTTP 403, AccessDenied).',
      billed: 'no',
    });
    answer = () => ({ status: 503, body: '' });
    expect((await failureOf(authorize(bedrock, wire(), { settings }))).failure.code).toBe('provider_unavailable');
    answer = () => ({ status: 200, body: '<html>' });
    expect((await failureOf(authorize(bedrock, wire(), { settings }))).failure.code).toBe('provider_auth_failed');
    answer = (n) => ({ status: 200, body: keysXml(n) });
    expect(await authorize(bedrock, wire(), { settings })).toMatchObject({ 'x-amz-security-token': 'role-token-4' });
  });

  it('cannot be had from a token that is nowhere, or a service that is not there', async () => {
    for (const token of ['/nowhere/token', 'oidc/github/x'])
      expect(
        (await failureOf(authorize(bedrock, wire(), { settings: role({ aws_web_identity_token: token }) }))).failure
          .code,
      ).toBe('provider_auth_failed');
    const settings = role({ aws_sts_endpoint: 'http://127.0.0.1:1' });
    expect((await failureOf(authorize(bedrock, wire(), { settings }))).failure.code).toBe('provider_unreachable');
  });
});

describe('a profile', () => {
  // The chain reads these where it looks for files; it is another library's code, so this is its only entrance.
  const NAMES = ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE', 'AWS_EC2_METADATA_DISABLED'] as const;
  const before = NAMES.map((name) => process.env[name]);

  beforeAll(() => {
    const path = join(folder, 'credentials');
    writeFileSync(path, '[here]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = profile-secret\n');
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = path;
    process.env['AWS_CONFIG_FILE'] = join(folder, 'no-config');
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  });

  afterAll(() => {
    NAMES.forEach((name, index) => {
      const value = before[index];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    });
  });

  it('signs with its keys', async () => {
    const request = await arrive(wire(), { aws_profile_name: 'here' });
    expect(scopeOf(request)).toMatch(/^AKIDPROFILE\//);
    expect(signatureOf(request)).toBe(expectedSignature(request, 'profile-secret'));
  });

  it('that does not exist fails the call with the ways to give a credential', async () => {
    const { failure } = await failureOf(authorize(bedrock, wire(), { settings: { aws_profile_name: 'gone' } }));
    expect(failure.code).toBe('provider_auth_failed');
    expect(failure.message).toContain('gone');
    expect(failure.message).toContain('aws_role_name');
  });
});
