import { describe, expect, it } from '@jest/globals';
import { asksForStream, endpointOf, modelAsked } from '../../../providers/dialects/passed-endpoints.ts';

describe('an endpoint behind a door', () => {
  it.each([
    ['v1/chat/completions', { answers: 'chat' }],
    ['openai/deployments/my%20gpt/chat/completions', { answers: 'chat', model: 'my gpt' }],
    ['v1/messages', { answers: 'anthropic' }],
    ['v1/responses', { answers: 'responses' }],
    ['v1beta/models/gemini-2.5-pro:streamGenerateContent', { answers: 'google', model: 'gemini-2.5-pro' }],
    [
      'v1/projects/p/locations/l/publishers/anthropic/models/claude-opus-4@20250514:rawPredict',
      { answers: 'google', by: 'anthropic', model: 'claude-opus-4@20250514' },
    ],
    [
      'model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Ax%2Fy/converse-stream',
      { answers: 'bedrock', by: 'converse-stream', model: 'arn:aws:bedrock:us-east-1::x/y' },
    ],
    ['v2/chat', { answers: 'cohere' }],
    ['v1/embeddings', { answers: 'embeddings' }],
    ['v1/messages/count_tokens', { answers: 'free' }],
    ['v1beta/models/g:countTokens', { answers: 'free', model: 'g' }],
    ['v1/images/generations', { answers: 'unread' }],
  ])('%s generates, and is read as %j', (path, endpoint) => {
    expect(endpointOf('POST', `/${path}`)).toEqual(endpoint);
    expect(endpointOf('GET', path)).toBeUndefined();
  });

  it.each([
    'v1/files',
    'v1/fine_tuning/jobs',
    'v1/messages/batches',
    'v1/organization/admin_api_keys',
    'v1/responses/resp_1/cancel',
    'v1beta/cachedContents',
    'model-invocation-jobs',
    'v1/chat/completions/../../files',
    'files?x=/v1/chat/completions'.split('?')[0] ?? '',
  ])('%s does not: it is the provider’s account', (path) => {
    expect(endpointOf('POST', path)).toBeUndefined();
  });

  it('asks for the model of its path, else of its body, and for none that is no name', () => {
    expect(modelAsked({ answers: 'google', model: 'a' }, { model: 'b' })).toBe('a');
    expect(modelAsked({ answers: 'chat' }, { model: 'b' })).toBe('b');
    expect(modelAsked({ answers: 'chat' }, { model: 'x y\u0000' })).toBeUndefined();
    expect(modelAsked({ answers: 'chat' }, 'text')).toBeUndefined();
  });

  it('is streamed by its path or by its body', () => {
    expect(asksForStream('v1beta/models/g:streamGenerateContent', {})).toBe(true);
    expect(asksForStream('model/m/invoke-with-response-stream', undefined)).toBe(true);
    expect(asksForStream('v1/messages', { stream: true })).toBe(true);
    expect(asksForStream('v1/streams/messages', { stream: false })).toBe(false);
  });
});
