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

describe('GigaChat', () => {
  const gigachat = { kind: 'gigachat' } as const;
  const settings = () => ({ gigachat_auth_url: `${service.origin}/api/v2/oauth`, gigachat_scope: 'GIGACHAT_API_CORP' });

  it('exchanges a pair for a token, whose end is a time', async () => {
    service.answer = (n) => ({ status: 200, body: { access_token: `giga-${n}`, expires_at: Date.now() + 1_800_000 } });
    for (let call = 0; call < 2; call += 1)
      expect(await authorize(gigachat, anywhere, { apiKey: 'cGFpcg==', settings: settings() })).toEqual({
        authorization: 'Bearer giga-1',
      });
    expect(service.seen).toEqual([
      { url: '/api/v2/oauth', form: { scope: 'GIGACHAT_API_CORP' }, authorization: 'Basic cGFpcg==' },
    ]);
  });

  it('says what is missing', async () => {
    expect((await failureOf(authorize(gigachat, anywhere, { settings: {} }))).failure.message).toContain('api_key');
  });
});

describe('SAP AI Core', () => {
  const sap = { kind: 'sap' } as const;
  const key = (fields: object) =>
    JSON.stringify({ clientid: 'id', clientsecret: 'secret', url: service.origin, ...fields });

  it('exchanges the client of a service key for a token', async () => {
    service.answer = (n) => ({ status: 200, body: { access_token: `sap-${n}`, expires_in: 3600 } });
    expect(await authorize(sap, anywhere, { apiKey: key({}), settings: {} })).toEqual({
      authorization: 'Bearer sap-1',
    });
    expect(service.seen).toEqual([
      {
        url: '/oauth/token',
        form: { grant_type: 'client_credentials' },
        authorization: `Basic ${Buffer.from('id:secret').toString('base64')}`,
      },
    ]);
  });

  it('says what a service key is, and repeats nothing of it', async () => {
    for (const apiKey of ['my-secret', key({ url: 'nonsense' }), '{}']) {
      const { failure } = await failureOf(authorize(sap, anywhere, { apiKey, settings: {} }));
      expect(failure.code).toBe('provider_auth_failed');
      expect(failure.message).not.toMatch(/my-secret|nonsense/);
    }
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
