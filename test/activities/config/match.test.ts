import { describe, expect, it } from '@jest/globals';
import { createMatcher, findGroup, listModels, nearestModel } from '../../../activities/config/match.ts';
import { loadGood } from './files.ts';

const { config } = loadGood(
  `
model_list:
  - {model_name: gpt-4o, litellm_params: {model: openai/gpt-4o, api_key: a}, model_info: {id: first}}
  - {model_name: gpt-4o, litellm_params: {model: openai/gpt-4o-2024, api_key: b}, model_info: {id: second}}
  - {model_name: claude, litellm_params: {model: anthropic/claude-sonnet-4-5}}
  - {model_name: "openai/*", litellm_params: {model: "openai/*"}}
  - {model_name: "openai/ft-*", litellm_params: {model: "openai/ft:*"}}
  - {model_name: "*-at-*", litellm_params: {model: "hosted_vllm/*/*"}}
  - {model_name: "pinned-*", litellm_params: {model: groq/llama}}
router_settings:
  model_group_alias:
    gpt-4: gpt-4o
    claude: gpt-4o
    nick: openai/o3
    secret: {model: claude, hidden: true}
`,
);

describe('finding the deployments of a name', () => {
  it('finds a group with all its deployments, in the order of the file', () => {
    expect(findGroup(config, 'gpt-4o')).toMatchObject({
      group: 'gpt-4o',
      deployments: [{ id: 'first' }, { id: 'second' }],
    });
    expect(findGroup(config, 'gpt-4o')).not.toHaveProperty('pattern');
  });

  it('finds a single deployment by its id', () => {
    expect(findGroup(config, 'second')).toMatchObject({ group: 'gpt-4o', deployments: [{ id: 'second' }] });
    expect(findGroup(config, 'second')?.deployments).toHaveLength(1);
  });

  it('follows an alias, also before a group of the same name, and to a name that a wildcard serves', () => {
    expect(findGroup(config, 'gpt-4')?.group).toBe('gpt-4o');
    expect(findGroup(config, 'claude')?.group).toBe('gpt-4o');
    expect(findGroup(config, 'nick')).toMatchObject({
      group: 'openai/o3',
      pattern: 'openai/*',
      deployments: [{ model: 'o3' }],
    });
  });

  it('takes the most specific wildcard and puts what it captured into the upstream name', () => {
    expect(findGroup(config, 'openai/gpt-5')).toMatchObject({
      group: 'openai/gpt-5',
      pattern: 'openai/*',
      deployments: [{ model: 'gpt-5' }],
    });
    expect(findGroup(config, 'openai/ft-x')).toMatchObject({
      pattern: 'openai/ft-*',
      deployments: [{ model: 'ft:x' }],
    });
    expect(findGroup(config, 'llama-at-eu')).toMatchObject({
      deployments: [{ provider: 'hosted_vllm', model: 'llama/eu' }],
    });
    expect(findGroup(config, 'pinned-anything')).toMatchObject({ deployments: [{ provider: 'groq', model: 'llama' }] });
  });

  it('finds nothing for a name that nobody serves', () => {
    for (const name of ['gpt-5', '', 'openai/', 'constructor', '__proto__', 'OPENAI/gpt-4o']) {
      expect(findGroup(config, name)).toBeUndefined();
    }
  });

  it('serves "*" by the provider that the name says, and bare names by the one everybody knows', () => {
    const everything = loadGood('model_list:\n  - {model_name: "*", litellm_params: {model: "*"}}\n', {
      OPENAI_API_KEY: 'o',
      ANTHROPIC_API_KEY: 'a',
    }).config;
    const found = (name: string): unknown => {
      const deployment = findGroup(everything, name)?.deployments[0];
      return deployment && [deployment.provider, deployment.model, deployment.apiKey];
    };
    expect(found('openai/gpt-4o')).toEqual(['openai', 'gpt-4o', 'o']);
    expect(found('anthropic/claude-x')).toEqual(['anthropic', 'claude-x', 'a']);
    expect(found('claude-opus-4-1')).toEqual(['anthropic', 'claude-opus-4-1', 'a']);
    expect(found('o1')).toEqual(['openai', 'o1', 'o']);
    expect(found('groq/llama')).toBeUndefined();
    expect(new Set(everything.deployments.map(({ id }) => id)).size).toBe(everything.deployments.length);
  });
});

describe('the list of models', () => {
  it('has groups, visible aliases, and wildcards as they are written when their models are not known', () => {
    expect(listModels(config).map(({ id }) => id)).toEqual([
      'gpt-4o',
      'claude',
      'gpt-4',
      'nick',
      'openai/ft-*',
      'openai/*',
      'pinned-*',
      '*-at-*',
    ]);
  });

  it('has the known models of a wildcard in its place', () => {
    const known = (provider: string): string[] => (provider === 'openai' ? ['gpt-4o', 'o3', 'ft:mine'] : []);
    const ids = listModels(config, known).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['openai/gpt-4o', 'openai/o3', 'openai/ft-mine', 'pinned-*']));
    expect(ids).not.toContain('openai/*');
    expect(listModels(config, known).find(({ id }) => id === 'openai/o3')).toEqual({
      id: 'openai/o3',
      provider: 'openai',
    });
  });
});

describe('suggestions', () => {
  it('names the nearest group or alias, and nothing far-fetched', () => {
    expect(nearestModel(config, 'gpt-4oo')).toBe('gpt-4o');
    expect(nearestModel(config, 'GPT-4O')).toBe('gpt-4o');
    expect(nearestModel(config, 'gemini-2.5-pro')).toBeUndefined();
  });
});

it('builds the index of a configuration once', () => {
  expect(createMatcher(config)).not.toBe(createMatcher(config));
  expect(findGroup(config, 'gpt-4o')).toBe(findGroup(config, 'gpt-4o'));
});
