/** Credentials of IBM, Databricks and Snowflake, with an identity service over a real socket. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { authorize } from '../../../activities/http/credentials.ts';
import { failureOf, startIdentityService, wireTo, type IdentityService } from './identity-service.ts';

let service: IdentityService;

beforeAll(async () => {
  service = await startIdentityService();
});

afterAll(() => {
  service.close();
});

beforeEach(() => {
  service.seen.length = 0;
});

const anywhere = wireTo('https://provider.test/x');

describe('IBM', () => {
  const ibm = { kind: 'ibm-iam' } as const;

  it('exchanges a key for a token, once', async () => {
    const credentials = { apiKey: 'ibm-key', settings: { iam_url: `${service.origin}/identity/token` } };
    for (let call = 0; call < 2; call += 1)
      expect(await authorize(ibm, anywhere, credentials)).toEqual({ authorization: 'Bearer token-1' });
    expect(service.seen).toEqual([
      {
        url: '/identity/token',
        form: { grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: 'ibm-key' },
        authorization: undefined,
      },
    ]);
  });

  it('takes a token or the key of an installation of one’s own as it is', async () => {
    expect(await authorize(ibm, anywhere, { apiKey: 'k', settings: { token: 't' } })).toEqual({
      authorization: 'Bearer t',
    });
    expect(await authorize(ibm, anywhere, { settings: { zen_api_key: 'z' } })).toEqual({
      authorization: 'ZenApiKey z',
    });
    expect((await failureOf(authorize(ibm, anywhere, { settings: {} }))).failure.code).toBe('provider_auth_failed');
  });
});

describe('Databricks', () => {
  const databricks = { kind: 'databricks' } as const;

  it('asks the workspace for a service principal’s token', async () => {
    const wire = wireTo(`${service.origin}/serving-endpoints/chat/completions`);
    const settings = { databricks_client_id: 'id', databricks_client_secret: 'secret' };
    expect(await authorize(databricks, wire, { settings })).toEqual({ authorization: 'Bearer token-1' });
    expect(service.seen).toEqual([
      {
        url: '/oidc/v1/token',
        form: { grant_type: 'client_credentials', scope: 'all-apis' },
        authorization: `Basic ${Buffer.from('id:secret').toString('base64')}`,
      },
    ]);
  });

  it('sends a personal token as it is, and says what is missing', async () => {
    expect(await authorize(databricks, anywhere, { apiKey: 'dapi', settings: {} })).toEqual({
      authorization: 'Bearer dapi',
    });
    const { failure } = await failureOf(authorize(databricks, anywhere, { settings: {} }));
    expect(failure.message).toContain('databricks_client_id');
  });
});

describe('Snowflake', () => {
  const snowflake = { kind: 'snowflake' } as const;

  it.each([
    ['a.b.c', 'a.b.c', 'KEYPAIR_JWT'],
    ['pat/secret', 'secret', 'PROGRAMMATIC_ACCESS_TOKEN'],
    ['oauth/secret', 'secret', 'OAUTH'],
  ])('sends %s with its kind', async (apiKey, token, kind) => {
    expect(await authorize(snowflake, anywhere, { apiKey, settings: {} })).toEqual({
      authorization: `Bearer ${token}`,
      'x-snowflake-authorization-token-type': kind,
    });
  });

  it('needs one', async () => {
    expect((await failureOf(authorize(snowflake, anywhere, { settings: {} }))).failure.billed).toBe('no');
  });
});
