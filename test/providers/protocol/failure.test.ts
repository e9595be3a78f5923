/** Which row of the error table a provider's answer becomes. */
import { describe, expect, it } from '@jest/globals';
import { catalog } from '../../../providers/catalog.ts';
import { ERRORS, type ErrorCode, type Failure } from '../../../providers/protocol/errors.ts';

function failure(status: number, body: unknown, headers: Record<string, string> = {}, id = 'openai'): Failure {
  const provider = catalog[id];
  if (provider === undefined) throw new Error(`no provider ${id}`);
  return provider.fromError(status, body, headers);
}

const error = (fields: object): object => ({
  error: { message: 'words', type: 'invalid_request_error', param: null, code: null, ...fields },
});

describe('the error table', () => {
  it.each(Object.entries(ERRORS))('%s has a status and a type a client understands', (_code, row) => {
    expect(row.status).toBeGreaterThanOrEqual(400);
    expect(row.status).toBeLessThan(600);
    // OpenAI's types, and those by which LiteLLM's callers tell what a key lacks.
    expect(row.type).toMatch(
      /^([a-z_]+_error|token_not_found_in_db|expired_key|(key|team|user|org)_model_access_denied)$/,
    );
    // A failure of the caller's never speaks against a deployment.
    if (row.retry === 'never') expect(row.cooldown).toBe(false);
  });
});

describe('an error of OpenAI', () => {
  it.each<[number, object, ErrorCode]>([
    [400, {}, 'invalid_request'],
    [400, { code: 'context_length_exceeded' }, 'context_length_exceeded'],
    [400, { message: "This model's maximum context length is 8192 tokens." }, 'context_length_exceeded'],
    [
      400,
      {
        message: "Invalid 'user': string too long. Expected a string with maximum length 64",
        code: 'string_above_max_length',
      },
      'invalid_request',
    ],
    [400, { code: 'content_policy_violation' }, 'content_policy_violation'],
    [400, { code: 'unsupported_parameter', param: 'max_tokens' }, 'unsupported_parameter'],
    [401, { code: 'invalid_api_key' }, 'provider_auth_failed'],
    [402, {}, 'provider_auth_failed'],
    [403, {}, 'provider_auth_failed'],
    [404, { code: 'model_not_found' }, 'provider_model_not_found'],
    [408, {}, 'provider_timeout'],
    [413, {}, 'request_too_large'],
    [
      413,
      { code: 'rate_limit_exceeded', message: 'Request too large for model on tokens per minute (TPM)' },
      'rate_limit_exceeded',
    ],
    [422, {}, 'unprocessable'],
    [429, {}, 'rate_limit_exceeded'],
    [429, { code: 'insufficient_quota', type: 'insufficient_quota' }, 'rate_limit_exceeded'],
    [498, {}, 'provider_overloaded'],
    [500, { type: 'server_error' }, 'provider_error'],
    [502, {}, 'provider_bad_gateway'],
    [503, {}, 'provider_unavailable'],
    [503, { message: 'The engine is currently overloaded' }, 'provider_overloaded'],
    [504, {}, 'provider_timeout'],
    [529, {}, 'provider_overloaded'],
    [418, {}, 'invalid_request'],
    [302, {}, 'provider_invalid_response'],
  ])('%i %j is %s', (status, fields, code) => {
    expect(failure(status, error(fields))).toMatchObject({ code, providerStatus: status });
  });

  it('keeps the provider’s words, field and code', () => {
    expect(failure(400, error({ message: 'bad', param: 'messages[0]', code: 'oops' }))).toEqual({
      code: 'invalid_request',
      message: 'bad',
      param: 'messages[0]',
      providerStatus: 400,
      providerCode: 'oops',
      billed: 'no',
    });
  });

  it.each<[unknown, string]>([
    [{ error: 'plain' }, 'plain'],
    [{ message: 'flat', code: 'x' }, 'flat'],
    [{ detail: 'fast' }, 'fast'],
    [{ detail: [{ loc: ['body', 'n'], msg: 'too small', type: 'v' }] }, 'body.n: too small'],
    [[{ error: { message: 'listed' } }], 'listed'],
    [{ errors: [{ message: 'several' }] }, 'several'],
    ['just text', 'just text'],
    ['<html><body>Bad gateway</body></html>', 'OpenAI answered with HTTP 400.'],
    [undefined, 'OpenAI answered with HTTP 400.'],
    [{}, 'OpenAI answered with HTTP 400.'],
  ])('reads %j', (body, message) => {
    expect(failure(400, body).message).toBe(message);
  });

  it('never repeats a credential', () => {
    const key = 'sk-proj-abcdefghijklmnop1234567890';
    expect(JSON.stringify(failure(401, error({ message: `Incorrect API key provided: ${key}` })))).not.toContain(
      'abcdefghijkl',
    );
    expect(failure(400, error({ message: `no access with ${key} or Bearer abcdefghijklmnop` })).message).toBe(
      'no access with [redacted] or Bearer [redacted]',
    );
  });

  it('shortens endless messages', () => {
    expect(failure(400, error({ message: 'x'.repeat(100_000) })).message).toHaveLength(2000);
  });

  it('says who may bill: nobody for a refusal, perhaps when a proxy gave up', () => {
    expect(failure(429, {}).billed).toBe('no');
    expect(failure(500, {}).billed).toBe('no');
    for (const status of [408, 502, 504, 524]) expect(failure(status, {}).billed).toBe('maybe');
  });

  it.each<[Record<string, string>, number | undefined]>([
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after-ms': '350' }, 350],
    [{ 'retry-after-ms': '350', 'retry-after': '1' }, 350],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:10 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 10_000],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:10 GMT' }, undefined],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': '99999999' }, 86_400_000],
    [{ 'x-ratelimit-reset-tokens': '6m0s', 'x-ratelimit-remaining-tokens': '0' }, 360_000],
    [{ 'x-ratelimit-reset-requests': '120ms', 'x-ratelimit-remaining-requests': '5' }, undefined],
    [
      {
        'anthropic-ratelimit-input-tokens-reset': '2026-10-21T07:28:30Z',
        'anthropic-ratelimit-input-tokens-remaining': '0',
        date: 'Wed, 21 Oct 2026 07:28:00 GMT',
      },
      30_000,
    ],
    [{}, undefined],
  ])('reads %j as %s ms', (headers, expected) => {
    expect(failure(429, {}, headers).retryAfterMs).toBe(expected);
  });
});

describe('an error of Anthropic', () => {
  it.each<[number, string, string, ErrorCode]>([
    [400, 'invalid_request_error', 'messages: at least one', 'invalid_request'],
    [400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum', 'context_length_exceeded'],
    [400, 'invalid_request_error', 'Output blocked by content filtering policy', 'content_policy_violation'],
    [
      400,
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API',
      'provider_auth_failed',
    ],
    [401, 'authentication_error', 'invalid x-api-key', 'provider_auth_failed'],
    [402, 'billing_error', 'pay', 'provider_auth_failed'],
    [403, 'permission_error', 'no', 'provider_auth_failed'],
    [404, 'not_found_error', 'model: claude-9', 'provider_model_not_found'],
    [413, 'request_too_large', 'big', 'request_too_large'],
    [429, 'rate_limit_error', 'slow', 'rate_limit_exceeded'],
    [500, 'api_error', 'oops', 'provider_error'],
    [504, 'timeout_error', 'late', 'provider_timeout'],
    [529, 'overloaded_error', 'Overloaded', 'provider_overloaded'],
  ])('%i %s “%s” is %s', (status, type, message, code) => {
    const body = { type: 'error', error: { type, message }, request_id: 'req_1' };
    expect(failure(status, body, {}, 'anthropic')).toMatchObject({
      code,
      providerStatus: status,
      providerCode: type,
      billed: code === 'provider_timeout' ? 'maybe' : 'no',
    });
  });
});
