/** Settings of a provider that the environment may give, and what may be fetched for callers. */
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../activities/config/load.ts';
import type { Env } from './files.ts';
import { loadGood, MODEL, writeFiles } from './files.ts';

const PROVIDERS = {
  clouds: { keyVariables: ['CLOUDS_KEY'], settingVariables: { clouds_project: ['CLOUDS_PROJECT', 'PROJECT'] } },
};

const ENTRY = 'model_list:\n  - model_name: a\n    litellm_params:\n      model: clouds/a\n';

function settingsOf(text: string | undefined, env: Env): unknown {
  const path = text === undefined ? {} : { path: `${writeFiles({ 'config.yaml': text })}/config.yaml` };
  const result = loadConfig({ ...path, env, providers: PROVIDERS });
  return result.ok ? result.config.deployments[0]?.settings : result.problems;
}

describe('a setting with a variable', () => {
  it('is taken from the first variable that is set, with and without a file', () => {
    expect(settingsOf(ENTRY, { PROJECT: 'b' })).toEqual({ clouds_project: 'b' });
    expect(settingsOf(ENTRY, { PROJECT: 'b', CLOUDS_PROJECT: ' c ' })).toEqual({ clouds_project: 'c' });
    expect(settingsOf(undefined, { PROJECT: 'b', CLOUDS_KEY: 'k' })).toEqual({ clouds_project: 'b' });
    expect(settingsOf(ENTRY, {})).toEqual({});
  });

  it('gives way to the deployment', () => {
    expect(settingsOf(`${ENTRY}      clouds_project: mine\n`, { PROJECT: 'b' })).toEqual({ clouds_project: 'mine' });
  });
});

describe('what messages point to', () => {
  it('is validated unless the file says otherwise', () => {
    expect(loadGood(MODEL).config.userUrls).toEqual({ validate: true, allowedHosts: [] });
    const open = loadGood(
      `${MODEL}litellm_settings: {user_url_validation: false, user_url_allowed_hosts: [files.test]}`,
    );
    expect(open.config.userUrls).toEqual({ validate: false, allowedHosts: ['files.test'] });
    expect(open.warnings).toEqual([]);
  });
});
