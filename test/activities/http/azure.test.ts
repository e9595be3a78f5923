/** Azure's credentials, with an identity service over a real socket. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { authorize } from '../../../activities/http/credentials.ts';
import type { Auth } from '../../../providers/provider.ts';
import { failureOf, startIdentityService, wireTo, type IdentityService } from './identity-service.ts';

const azure: Auth = { kind: 'azure', foreignHosts: 'api-key' };
const catalogue: Auth = { kind: 'azure', foreignHosts: 'bearer' };
const OWN = wireTo('https://mine.openai.azure.com/openai/deployments/x/chat/completions?api-version=1');

let service: IdentityService;

beforeAll(async () => {
  service = await startIdentityService();
});

afterAll(() => {
  service.close();
});

beforeEach(() => {
  service.seen.length = 0;
  service.answer = (n) => ({ status: 200, body: { access_token: `token-${n}`, expires_in: 3600 } });
});

/** Tokens are kept for the whole process; each test is a client of its own. */
let clients = 0;
function principal(extra: Record<string, unknown> = {}): Record<string, unknown> {
  clients += 1;
  return {
    tenant_id: 't',
    client_id: `client-${clients}`,
    client_secret: 's',
    azure_authority_host: service.origin,
    ...extra,
  };
}

describe('a key', () => {
  it('goes into api-key on Azure’s hosts, and elsewhere as the provider says', async () => {
    const key = { apiKey: 'k', settings: {} };
    const foreign = wireTo('https://m.eastus2.models.ai.azure.com/chat/completions');
    expect(await authorize(azure, OWN, key)).toEqual({ 'api-key': 'k' });
    expect(await authorize(azure, wireTo('https://proxy.test/openai'), key)).toEqual({ 'api-key': 'k' });
    expect(await authorize(catalogue, foreign, key)).toEqual({ authorization: 'Bearer k' });
    expect(await authorize(catalogue, wireTo('https://f.services.ai.azure.com/models'), key)).toEqual({
      'api-key': 'k',
    });
    expect(await authorize(catalogue, wireTo('https://f.services.ai.azure.com/anthropic/v1/messages'), key)).toEqual({
      'x-api-key': 'k',
    });
  });
});

describe('a token', () => {
  it('is sent as it is given', async () => {
    expect(await authorize(azure, OWN, { settings: { azure_ad_token: 'given' } })).toEqual({
      authorization: 'Bearer given',
    });
    expect(service.seen).toEqual([]);
  });

  it('is asked for once for client credentials, by however many calls', async () => {
    const settings = principal();
    const headers = await Promise.all([1, 2, 3].map(async () => authorize(azure, OWN, { settings })));
    expect(headers).toEqual([1, 2, 3].map(() => ({ authorization: 'Bearer token-1' })));
    expect(await authorize(azure, OWN, { settings })).toEqual({ authorization: 'Bearer token-1' });
    expect(service.seen).toHaveLength(1);
    expect(service.seen[0]?.url).toBe('/t/oauth2/v2.0/token');
    expect(service.seen[0]?.form).toEqual({
      grant_type: 'client_credentials',
      client_id: settings['client_id'],
      client_secret: 's',
      scope: 'https://cognitiveservices.azure.com/.default',
    });
  });

  it('is asked for with a user’s password where there is no secret', async () => {
    const settings = principal({
      client_secret: undefined,
      azure_username: 'u',
      azure_password: 'p',
      azure_scope: 'x',
    });
    await authorize(azure, OWN, { settings });
    expect(service.seen[0]?.form).toMatchObject({
      grant_type: 'password',
      username: 'u',
      scope: 'x',
    });
  });

  it('is asked for again when it has expired, and when it could not be had', async () => {
    const settings = principal();
    service.answer = (n) =>
      n === 1
        ? { status: 503, body: {} }
        : { status: 200, body: { access_token: `token-${n}`, expires_in: n === 2 ? 0.000_001 : 3600 } };
    expect((await failureOf(authorize(azure, OWN, { settings }))).failure).toMatchObject({
      code: 'provider_unavailable',
      billed: 'no',
    });
    expect(await authorize(azure, OWN, { settings })).toEqual({ authorization: 'Bearer token-2' });
    expect(await authorize(azure, OWN, { settings })).toEqual({ authorization: 'Bearer token-3' });
    expect(await authorize(azure, OWN, { settings })).toEqual({ authorization: 'Bearer token-3' });
  });

  it('that is refused fails the call without a word of the secret', async () => {
    service.answer = () => ({ status: 401, body: { error: 'invalid_client', error_description: 'secret s is wrong' } });
    const { failure } = await failureOf(authorize(azure, OWN, { settings: principal() }));
    expect(failure).toEqual({
      code: 'provider_auth_failed',
      message: "Microsoft Entra ID refused the gateway's credential (HTTP 401).",
      billed: 'no',
    });
  });

  it('of a service that cannot be reached fails the call as unreachable', async () => {
    const settings = principal({ azure_authority_host: 'http://127.0.0.1:1' });
    expect((await failureOf(authorize(azure, OWN, { settings }))).failure.code).toBe('provider_unreachable');
  });

  it('cannot be had without a credential, or by naming a provider of tokens', async () => {
    expect((await failureOf(authorize(azure, OWN, { settings: {} }))).failure.message).toContain('client_secret');
    const oidc = { settings: { azure_ad_token: 'oidc/google' } };
    expect((await failureOf(authorize(azure, OWN, oidc))).failure.code).toBe('provider_auth_failed');
  });
});
