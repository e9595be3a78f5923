import { describe, expect, it } from '@jest/globals';
import { checkRest } from '../../../providers/dialects/passed-path.ts';
import { addressOf, joined } from '../../../providers/pass-through/address.ts';
import type { Target } from '../../../providers/provider.ts';

function target(baseUrl: string, settings: Record<string, unknown> = {}): Target {
  return { model: '', baseUrl, settings, id: 'chatcmpl-1', created: 1 };
}

function reached(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as Error).name;
  }
}

describe('the address behind a door', () => {
  it.each([
    ['https://api.openai.com/v1', 'v1/models', 'https://api.openai.com/v1/models'],
    ['https://api.openai.com/v1', 'models', 'https://api.openai.com/v1/models'],
    ['https://api.anthropic.com', 'v1/messages', 'https://api.anthropic.com/v1/messages'],
    ['https://openrouter.ai/api/v1', 'api/v1/credits', 'https://openrouter.ai/api/v1/credits'],
    ['https://openrouter.ai/api/v1', 'v1/credits', 'https://openrouter.ai/api/v1/credits'],
    ['http://127.0.0.1:9/v1', 'v1/models/a%2Fb', 'http://127.0.0.1:9/v1/models/a%2Fb'],
  ])('of %s and %s says the version once', (base, path, url) => {
    expect(joined(base, path)).toBe(url);
  });

  it.each([
    '../x',
    'v1/../../x',
    'v1/%2e%2e/x',
    'v1/%252e%252e/x',
    'v1/.%2e/x',
    'v1/..%2fx',
    'v1\\..\\x',
    'v1/..;a/x',
    'v1/%5c..%5cx',
    'a b',
    'v1/\u0000',
  ])('is none for %j', (path) => {
    expect(reached(() => checkRest(path))).toBe('Refused');
  });

  it.each(['//evil.example/x', '@evil.example/x', ':80@evil.example', 'http://evil.example/x', '.evil.example/x'])(
    'stays at the provider for %j',
    (path) => {
      const url = reached(() => addressOf('openai', path, target('https://api.openai.com/v1')).url);
      if (url !== 'Refused') expect(new URL(String(url)).host).toBe('api.openai.com');
    },
  );

  it('keeps the query as it was written', () => {
    const { url } = addressOf('openai', 'v1/files?limit=2&after=a%20b', target('https://api.openai.com/v1'));
    expect(url).toBe('https://api.openai.com/v1/files?limit=2&after=a%20b');
  });

  it('is at the location that a path of Vertex AI names', () => {
    const base = target('https://aiplatform.googleapis.com');
    const path = (location: string): string =>
      `v1/projects/p/locations/${location}/publishers/google/models/gemini-2.5-pro:generateContent`;
    expect(addressOf('vertex_ai', path('europe-west4'), base).url).toBe(
      `https://europe-west4-aiplatform.googleapis.com/${path('europe-west4')}`,
    );
    expect(addressOf('vertex_ai', path('global'), base).url).toBe(
      `https://aiplatform.googleapis.com/${path('global')}`,
    );
    expect(reached(() => addressOf('vertex_ai', path('evil.example%2F'), base))).toBe('Refused');
    expect(addressOf('vertex_ai', 'discovery/v1/projects/p', base).url).toBe(
      'https://discoveryengine.googleapis.com/v1/projects/p',
    );
  });

  it('is in the region of the settings, or of the model, on Bedrock, and at the service that has the operation', () => {
    const base = target('https://bedrock-runtime.us-west-2.amazonaws.com', { aws_region_name: 'eu-west-1' });
    expect(addressOf('bedrock', 'model/anthropic.claude-3%3A0/converse', base)).toEqual({
      url: 'https://bedrock-runtime.eu-west-1.amazonaws.com/model/anthropic.claude-3%3A0/converse',
      signingRegion: 'eu-west-1',
    });
    expect(addressOf('bedrock', 'knowledgebases/kb/retrieve', base).url).toBe(
      'https://bedrock-agent-runtime.eu-west-1.amazonaws.com/knowledgebases/kb/retrieve',
    );
    const arn = 'model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aprompt-router%2Fx/converse';
    expect(addressOf('bedrock', arn, base)).toMatchObject({ signingRegion: 'us-east-1' });
  });

  it('is missing where nobody configured one', () => {
    expect(reached(() => addressOf('azure', 'openai/models', target('')))).toBe('Refused');
  });
});
