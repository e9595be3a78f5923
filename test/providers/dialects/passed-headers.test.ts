import { describe, expect, it } from '@jest/globals';
import { answeredHeaders, passedHeaders } from '../../../providers/dialects/passed-headers.ts';

describe('headers that pass a door', () => {
  it('are the caller’s, without its credentials, its connection’s and the gateway’s', () => {
    const passed = passedHeaders({
      host: 'gateway',
      connection: 'keep-alive, x-hop',
      'x-hop': '1',
      'content-length': '5',
      'transfer-encoding': 'chunked',
      'accept-encoding': 'gzip',
      authorization: 'Bearer sk-1',
      'api-key': 'sk-1',
      'x-api-key': 'sk-1',
      'x-goog-api-key': 'sk-1',
      'ocp-apim-subscription-key': 'sk-1',
      cookie: 'a=b',
      'x-amz-date': '20260101T000000Z',
      'x-amz-security-token': 'x',
      'x-amz-content-sha256': 'x',
      'x-litellm-tags': 'a',
      'x-forwarded-for': '10.0.0.1',
      'idempotency-key': 'k',
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'a,b',
      'openai-organization': 'org',
      'x-stainless-lang': 'js',
      'x-keyboard': 'qwertz',
      'x-max-tokens-hint': '5',
    });
    expect(passed).toEqual({
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'a,b',
      'openai-organization': 'org',
      'x-stainless-lang': 'js',
      'x-keyboard': 'qwertz',
      'x-max-tokens-hint': '5',
    });
  });

  it('come back without cookies and lengths, the provider’s id beside ours', () => {
    const back = answeredHeaders({
      'content-type': 'text/event-stream',
      'content-length': '5',
      'set-cookie': 'a=b',
      'x-request-id': 'upstream-1',
      'x-ratelimit-remaining-tokens': '7',
      'access-control-allow-origin': '*',
      'x-evil': 'a\u0100',
    });
    expect(back).toEqual({
      'content-type': 'text/event-stream',
      'llm_provider-x-request-id': 'upstream-1',
      'x-ratelimit-remaining-tokens': '7',
    });
  });
});
