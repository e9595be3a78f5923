import { describe, expect, it } from '@jest/globals';
import { loadConfig, type LoadResult } from '../../../activities/config/load.ts';
import { findGroup } from '../../../activities/config/match.ts';
import { load, MODEL, PROVIDERS, writeFiles, type Env } from './files.ts';

function start(env: Env, model?: string): LoadResult {
  return loadConfig({ env, providers: PROVIDERS, ...(model !== undefined && { model }) });
}

describe('a start without a file', () => {
  it('serves the mock provider and every provider whose key or address is in the environment', () => {
    const result = start({
      ANTHROPIC_API_KEY: 'sk-ant',
      HOSTED_VLLM_API_BASE: 'http://vllm:8000/v1/',
      GROQ_API_KEY: '',
    });
    expect(result).toMatchObject({
      ok: true,
      warnings: [],
      config: {
        deployments: [
          { id: 'anthropic/*', group: 'anthropic/*', provider: 'anthropic', model: '*', apiKey: 'sk-ant' },
          { group: 'hosted_vllm/*', baseUrl: 'http://vllm:8000/v1' },
          { group: 'mock/*', provider: 'mock' },
        ],
      },
    });
    const config = result.ok ? result.config : undefined;
    expect(config && findGroup(config, 'mock/delay-2000')?.deployments).toMatchObject([{ model: 'delay-2000' }]);
    expect(config && findGroup(config, 'groq/llama')).toBeUndefined();
  });

  it('serves a provider for whose account the environment speaks, without taking half a credential for one', () => {
    const providers = { amazon: { keyVariables: ['AMAZON_TOKEN'], accountVariables: ['AMAZON_ID'] } };
    const found = (env: Env) => {
      const result = loadConfig({ env, providers });
      return result.ok ? result.config.deployments : [];
    };
    expect(found({ AMAZON_ID: 'AKID' })).toMatchObject([{ group: 'amazon/*', provider: 'amazon' }]);
    expect(found({ AMAZON_ID: 'AKID' })[0]).not.toHaveProperty('apiKey');
    expect(found({ AMAZON_ID: 'AKID', AMAZON_TOKEN: 't' })).toMatchObject([{ apiKey: 't' }]);
    expect(found({})).toEqual([]);
  });

  it('serves one model under its whole and its bare name when asked to', () => {
    const result = start({ OPENAI_API_KEY: 'sk' }, 'openai/gpt-4o');
    if (!result.ok) throw new Error('expected a configuration');
    for (const name of ['openai/gpt-4o', 'gpt-4o']) {
      expect(findGroup(result.config, name)?.deployments).toMatchObject([
        { provider: 'openai', model: 'gpt-4o', apiKey: 'sk' },
      ]);
    }
    expect(result.config.deployments).toHaveLength(1);
  });

  it('refuses a model that nobody serves, with what to write', () => {
    expect(start({}, 'opnai/gpt-4o')).toMatchObject({
      ok: false,
      problems: [{ file: '--model', hint: 'Did you mean "openai/gpt-4o"?' }],
    });
    expect(start({}, 'bedrock/x')).toMatchObject({
      ok: false,
      problems: [{ message: 'the provider "bedrock" is not served yet' }],
    });
    expect(start({}, 'openai/*')).toMatchObject({
      ok: false,
      problems: [{ message: '"openai/*" holds *, expected one model' }],
    });
  });

  it('refuses a file and a model together', () => {
    const path = `${writeFiles({ 'config.yaml': MODEL })}/config.yaml`;
    expect(loadConfig({ path, model: 'openai/gpt-4o', env: {}, providers: PROVIDERS })).toMatchObject({ ok: false });
  });

  it('takes a file without model_list as settings for the same deployments', () => {
    const result = load('router_settings:\n  num_retries: 0\n  fallbacks: [{"openai/a": ["openai/b"]}]\n', {
      OPENAI_API_KEY: 'sk',
    });
    expect(result).toMatchObject({
      ok: true,
      warnings: [],
      config: { router: { numRetries: 0 }, deployments: [{ group: 'openai/*' }, { group: 'mock/*' }] },
    });
  });
});
