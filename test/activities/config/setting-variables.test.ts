/** Settings of a provider that the environment gives. */
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../activities/config/load.ts';
import { join } from 'node:path';
import { writeFiles, type Env } from './files.ts';

const PROVIDERS = {
  azure: { keyVariables: ['AZURE_API_KEY'], settingVariables: { api_version: ['AZURE_API_VERSION', 'OTHER_VERSION'] } },
};

function settings(params: string, env: Env): Readonly<Record<string, unknown>> | undefined {
  const text = `model_list:\n  - model_name: gpt\n    litellm_params: { model: azure/gpt${params} }\n`;
  const path = join(writeFiles({ 'config.yaml': text }), 'config.yaml');
  const result = loadConfig({ path, env, providers: PROVIDERS });
  return result.ok ? result.config.deployments[0]?.settings : undefined;
}

describe('a setting that a variable can give', () => {
  it('comes from the configuration first, then from the first variable that is set', () => {
    expect(settings('', { OTHER_VERSION: 'b' })).toEqual({ api_version: 'b' });
    expect(settings('', { AZURE_API_VERSION: 'a', OTHER_VERSION: 'b' })).toEqual({ api_version: 'a' });
    expect(settings('', { AZURE_API_VERSION: '' })).toEqual({});
    expect(settings(', api_version: c', { AZURE_API_VERSION: 'a' })).toEqual({ api_version: 'c' });
  });

  it('holds without a file, too', () => {
    const result = loadConfig({ env: { AZURE_API_KEY: 'k', AZURE_API_VERSION: 'a' }, providers: PROVIDERS });
    expect(result.ok && result.config.deployments.map((deployment) => deployment.settings)).toEqual([
      { api_version: 'a' },
    ]);
  });
});
