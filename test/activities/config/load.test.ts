import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { formatProblems, loadConfig } from '../../../activities/config/load.ts';
import { line, load, loadGood, MODEL, problemsOf, PROVIDERS, writeFiles } from './files.ts';

/** The problem of a file that is MODEL and then `text`; MODEL has six lines. */
function problemsBelow(text: string, env = {}): string[] {
  return problemsOf(MODEL + text, env);
}

function warningsBelow(text: string, env = {}): string[] {
  return loadGood(MODEL + text, env).warnings.map(line);
}

describe('the places of problems', () => {
  it('shows a wrong value with its line, column, path, what was expected and what was found', () => {
    const result = load(`${MODEL}router_settings:\n    num_retries: three\n`);
    expect(result.ok).toBe(false);
    const [problem] = result.ok ? [] : result.problems;
    expect(problem).toMatchObject({ line: 8, column: 5, path: 'router_settings.num_retries' });
    expect(formatProblems(result.ok ? [] : result.problems)).toMatch(
      /config\.yaml:8:5 router_settings\.num_retries: expected a whole number ≥ 0, found "three"$/,
    );
  });

  it('reports every problem of the file at once, from top to bottom', () => {
    const text = `
model_list:
  - model_name: a
    litellm_params: {model: opnai/gpt-4o}
  - litellm_params: {model: openai/gpt-4o, rpm: -1}
router_settings:
  cooldown_time: soon
  fallbacks: [{a: [b]}]
  retry_policy: {RateLimitRetries: 3}
general_settings: []
holdfast: {drian: 30s}
`;
    expect(problemsOf(text)).toEqual([
      '4:22 model_list[0].litellm_params.model: there is no provider "opnai" (Did you mean "openai/gpt-4o"?)',
      '5:5 model_list[1].model_name: is missing, expected text that is not empty',
      '5:44 model_list[1].litellm_params.rpm: expected a whole number ≥ 0, found -1',
      '7:3 router_settings.cooldown_time: expected seconds, or a duration such as "30s", "10m", "1h", "30d", found "soon"',
      '8:20 router_settings.fallbacks[0].a[0]: there is no model group "b" (Did you mean "a"?)',
      '9:18 router_settings.retry_policy.RateLimitRetries: unknown key (Did you mean "RateLimitErrorRetries"?)',
      '10:1 general_settings: expected a map of settings, found a list',
      '11:12 holdfast.drian: unknown key (Did you mean "drain"?)',
    ]);
  });

  it('keeps places through anchors, merges and strings of several lines', () => {
    const text = `
common: &common
  model: openai/gpt-4o
  rpm: many
model_list:
  - model_name: >-
      gpt
      4o
    litellm_params:
      <<: *common
      tpm: few
`;
    expect(problemsOf(text)).toEqual([
      '4:3 model_list[0].litellm_params.rpm: expected a whole number ≥ 0, found "many"',
      '11:7 model_list[0].litellm_params.tpm: expected a whole number ≥ 0, found "few"',
    ]);
  });

  it('refuses a key that is given twice', () => {
    expect(problemsBelow('router_settings:\n  num_retries: 1\n  num_retries: 2\n')).toEqual([
      '9:3 : this key is already given above in the same map',
    ]);
  });

  it('says where text stops being YAML', () => {
    const [problem] = problemsOf('model_list:\n  - model_name: "gpt\n');
    expect(problem).toMatch(/^\d+:\d+ : not valid YAML: Missing closing "quote/);
  });

  it('refuses a second document, a list, and an anchor within itself', () => {
    expect(problemsOf('model_list: []\n---\nmodel_list: []\n')).toEqual([
      expect.stringMatching(/a configuration is one YAML document/),
    ]);
    expect(problemsOf('- a\n- b\n')).toEqual(['1:1 : expected a map with keys such as model_list']);
    expect(problemsOf('model_list: &a [*a]\n')).toEqual(['1:17 : an anchor must not contain itself']);
  });

  it('refuses anchors that multiply without end', () => {
    const levels = Array.from(
      { length: 8 },
      (_, n) => `l${n + 1}: &l${n + 1} [${Array(10).fill(`*l${n}`).join(', ')}]`,
    );
    expect(problemsOf(`l0: &l0 [a, b, c]\n${levels.join('\n')}\n`)).toEqual([
      expect.stringMatching(/more than 200000 values/),
    ]);
  });

  it('names a file that is missing, a folder, and one that is not text', () => {
    const folder = writeFiles({});
    mkdirSync(join(folder, 'sub'));
    for (const [name, message] of [
      ['none.yaml', 'no such file'],
      ['sub', 'this is a folder, expected a file'],
    ] as const) {
      const result = loadConfig({ path: join(folder, name), env: {}, providers: PROVIDERS });
      expect(result).toMatchObject({ ok: false, problems: [{ message, line: 0 }] });
      expect(formatProblems(result.ok ? [] : result.problems)).toBe(`${join(folder, name)} ${message}`);
    }
  });
});

describe('unknown keys', () => {
  it('are warned of with the nearest key, at every level', () => {
    const text = `
modell_list: []
model_list:
  - model_name: a
    litellm_params: {model: openai/gpt-4o, api_kye: x}
    model_inf: {}
router_settings:
  num_retrys: 2
general_settings:
  masterkey: 1
litellm_settings:
  zzzzzzz: 1
`;
    expect(loadGood(text).warnings.map(line)).toEqual([
      '2:1 modell_list: is not a known key and has no effect (Did you mean "model_list"?)',
      `5:44 model_list[0].litellm_params.api_kye: is not a known key and is passed on to the provider's translation as it is (Did you mean "api_key"?)`,
      '6:5 model_list[0].model_inf: is not a known key and has no effect (Did you mean "model_info"?)',
      '8:3 router_settings.num_retrys: is not a known key and has no effect (Did you mean "num_retries"?)',
      '10:3 general_settings.masterkey: is not a known key and has no effect (Did you mean "master_key"?)',
      '12:3 litellm_settings.zzzzzzz: is not a known key and has no effect',
    ]);
  });

  it('are sent to the section they belong into', () => {
    expect(warningsBelow('router_settings: {drop_params: true}\n')).toEqual([
      '7:19 router_settings.drop_params: is not a known key and has no effect ("drop_params" belongs into litellm_settings.)',
    ]);
  });

  it('of a deployment reach its settings all the same, and any price is known', () => {
    const { config, warnings } = loadGood(`
model_list:
  - model_name: a
    litellm_params: {model: openai/a, my_option: 7, input_cost_per_token_above_200k_tokens: 0.001, output_cost_per_reasoning_token: 1}
    model_info: {anything: goes}
`);
    expect(warnings.map(({ path }) => path)).toEqual(['model_list[0].litellm_params.my_option']);
    expect(config.deployments[0]?.settings).toEqual({
      my_option: 7,
      input_cost_per_token_above_200k_tokens: 0.001,
      output_cost_per_reasoning_token: 1,
    });
  });
});

describe('os.environ/NAME', () => {
  it('leaves out what is not set and names variable and place', () => {
    const { config, warnings } = loadGood(
      `
model_list:
  - model_name: a
    litellm_params:
      model: openai/a
      api_key: os.environ/NO_SUCH_KEY
      tags: [os.environ/NO_SUCH_TAG, os.environ/TAG]
      extra_headers: {x: os.environ/EMPTY}
`,
      { TAG: 'blue', EMPTY: '' },
    );
    expect(warnings.map(line)).toEqual([
      '6:7 model_list[0].litellm_params.api_key: the environment variable NO_SUCH_KEY is not set, so this is left out',
      '7:14 model_list[0].litellm_params.tags[0]: the environment variable NO_SUCH_TAG is not set, so this is left out',
      '8:23 model_list[0].litellm_params.extra_headers.x: the environment variable EMPTY is empty, so this is left out',
    ]);
    expect(config.deployments).toMatchObject([{ tags: ['blue'], settings: { extra_headers: {} } }]);
    expect(config.deployments[0]).not.toHaveProperty('apiKey');
  });

  it('is an error where the value is needed', () => {
    expect(problemsOf('model_list:\n  - model_name: a\n    litellm_params: {model: os.environ/MODEL}\n')).toEqual([
      '3:22 model_list[0].litellm_params.model: is missing, expected text that is not empty',
    ]);
  });

  it('gives numbers and flags as well as text', () => {
    const { config } = loadGood(
      `${MODEL}router_settings: {num_retries: os.environ/N, disable_cooldowns: os.environ/F, timeout: os.environ/T}\n`,
      { N: '4', F: 'True', T: '10m' },
    );
    expect(config.router).toMatchObject({ numRetries: 4, disableCooldowns: true, timeoutMs: 600_000 });
  });

  it('never shows the value of a variable, nor a secret that is written out', () => {
    const text = `
model_list:
  - model_name: a
    litellm_params:
      model: openai/a
      api_key: [sk-written-out]
      rpm: os.environ/WRONG
      api_base: os.environ/WRONG
general_settings:
  master_key: hunter2-written-out
  database_url: mysql://root:hunter2@db/x
`;
    const result = load(text, { WRONG: 'hunter2-from-the-environment' });
    const shown = JSON.stringify(result) + formatProblems(result.ok ? [] : result.problems);
    expect(shown).not.toMatch(/hunter2|written-out/);
    expect(result.ok ? [] : result.problems.map(({ path }) => path)).toEqual([
      'model_list[0].litellm_params.api_key',
      'model_list[0].litellm_params.rpm',
      'model_list[0].litellm_params.api_base',
      'general_settings.master_key',
      'general_settings.database_url',
    ]);
    expect(shown).toContain('found the value of the environment variable WRONG');
  });
});

describe('include', () => {
  it('appends lists, updates maps, and says what was overridden', () => {
    const { config, warnings } = loadGood(
      `
include: [models.yaml, router.yaml]
model_list:
  - model_name: a
    litellm_params: {model: openai/a, api_key: x}
router_settings:
  num_retries: 1
  cooldown_time: 9
`,
      {},
      {
        'models.yaml': 'model_list:\n  - model_name: b\n    litellm_params: {model: groq/b, api_key: y}\n',
        'router.yaml': 'router_settings:\n  num_retries: 5\n  fallbacks: [{a: [b]}]\n',
      },
    );
    expect(config.deployments.map(({ group }) => group)).toEqual(['a', 'b']);
    expect(config.router).toMatchObject({ numRetries: 5, cooldownTimeMs: 9_000, fallbacks: { a: ['b'] } });
    expect(warnings.map(line)).toEqual([
      expect.stringMatching(
        /^7:3 router_settings\.num_retries: has no effect: the included .*router\.yaml:2:3 sets it as well$/,
      ),
    ]);
  });

  it('shows problems at their place in the included file', () => {
    const result = load(
      'include: [more.yaml]\n',
      {},
      { 'more.yaml': '\nmodel_list:\n  - model_name: b\n    litellm_params: {model: nope/b}\n' },
    );
    expect(result).toMatchObject({
      ok: false,
      problems: [
        { file: expect.stringMatching(/more\.yaml$/), line: 4, column: 22, path: 'model_list[0].litellm_params.model' },
      ],
    });
  });

  it('names a file that is missing and one that includes itself', () => {
    expect(problemsOf('include:\n  - gone.yaml\n')).toEqual([
      expect.stringMatching(/^2:5 include\[0\]: .*gone\.yaml: no such file$/),
    ]);
    expect(problemsOf('include: [a.yaml]\n', {}, { 'a.yaml': 'include: [config.yaml]\n' })).toEqual([
      '1:11 include[0]: a file must not include itself',
    ]);
  });
});

describe('references between the parts', () => {
  it('refuses fallbacks and aliases to groups that do not exist', () => {
    const text = `router_settings:
  context_window_fallbacks: [{gpt-4o: [gpt-4]}]
  default_fallbacks: [gpt-5o]
  model_group_alias: {x: gpt-40, y: {model: nothing-like-it}}
litellm_settings:
  fallbacks: {gpt-4o: claude}
`;
    expect(problemsBelow(text)).toEqual([
      '8:40 router_settings.context_window_fallbacks[0].gpt-4o[0]: there is no model group "gpt-4" (Did you mean "gpt-4o"?)',
      '9:23 router_settings.default_fallbacks[0]: there is no model group "gpt-5o" (Did you mean "gpt-4o"?)',
      '10:23 router_settings.model_group_alias.x: there is no model group "gpt-40" (Did you mean "gpt-4o"?)',
      '10:34 router_settings.model_group_alias.y: there is no model group "nothing-like-it"',
      '12:15 litellm_settings.fallbacks.gpt-4o: there is no model group "claude"',
    ]);
  });

  it('takes aliases, ids and names that a wildcard serves', () => {
    const text = `
model_list:
  - model_name: a
    litellm_params: {model: openai/a, api_key: x}
    model_info: {id: the-first}
  - {model_name: "openai/*", litellm_params: {model: "openai/*", api_key: x}}
router_settings:
  fallbacks: [{a: [nick, the-first, openai/gpt-4o]}, {"openai/gpt-4o": [a]}]
  model_group_alias: {nick: openai/o3}
`;
    expect(loadGood(text).warnings).toEqual([]);
  });

  it('warns of fallbacks and policies for groups that do not exist', () => {
    const text =
      'router_settings:\n  fallbacks: [{gpt4o: [gpt-4o]}]\n  model_group_retry_policy: {gpt4o: {DefaultRetries: 1}}\n';
    expect(warningsBelow(text)).toEqual([
      '8:16 router_settings.fallbacks[0].gpt4o: has no effect: there is no model group "gpt4o" (Did you mean "gpt-4o"?)',
      '9:30 router_settings.model_group_retry_policy.gpt4o: has no effect: there is no model group "gpt4o" (Did you mean "gpt-4o"?)',
    ]);
  });

  it('refuses an id that is given twice and a credential that does not exist', () => {
    const text = `
model_list:
  - {model_name: a, litellm_params: {model: openai/a}, model_info: {id: one}}
  - {model_name: b, litellm_params: {model: openai/b, litellm_credential_name: mian}, model_info: {id: one}}
credential_list:
  - {credential_name: main, credential_values: {api_key: x}}
`;
    expect(problemsOf(text)).toEqual([
      '4:55 model_list[1].litellm_params.litellm_credential_name: there is no credential "mian" in credential_list (Did you mean "main"?)',
      '4:100 model_list[1].model_info.id: "one" is already the id of model_list[0]',
    ]);
  });

  it('checks the values of a credential like those of a deployment', () => {
    expect(
      problemsBelow('credential_list:\n  - {credential_name: c, credential_values: {rpm: secret-or-not}}\n'),
    ).toEqual([
      '8:46 credential_list[0].credential_values.rpm: expected a whole number ≥ 0, found something else (not shown here)',
    ]);
  });
});

describe('providers', () => {
  const one = (model: string, more = ''): string =>
    `model_list:\n  - {model_name: a, litellm_params: {model: "${model}"${more}}}\n`;

  it('leaves out a deployment of a provider that LiteLLM has and Holdfast has not', () => {
    const { config, warnings } = loadGood(
      `${one('bedrock/claude')}  - {model_name: b, litellm_params: {model: groq/b}}\n`,
    );
    expect(config.deployments.map(({ group }) => group)).toEqual(['b']);
    expect(warnings.map(line)).toEqual([
      `2:38 model_list[0].litellm_params.model: LiteLLM's provider "bedrock" is not served yet; this deployment is left out`,
    ]);
  });

  it('refuses a name that says no provider, with what to write', () => {
    expect(problemsOf(one('my-model'))).toEqual([
      '2:38 model_list[0].litellm_params.model: "my-model" does not say its provider (Write provider/model, for example openai/my-model.)',
    ]);
    expect(problemsOf(one('some-vendor-we-do-not-know/m'))).toEqual([
      expect.stringContaining('write openai/some-vendor-we-do-not-know/m and give its api_base'),
    ]);
    expect(problemsOf(one('openai/'))).toEqual([expect.stringContaining('names no model')]);
    expect(problemsOf(one('openai/*'))).toEqual([expect.stringContaining('nothing says what * stands for')]);
  });

  it('takes custom_llm_provider before the prefix', () => {
    const { config } = loadGood(one('openai/gpt-oss', ', custom_llm_provider: groq'));
    expect(config.deployments).toMatchObject([{ provider: 'groq', model: 'openai/gpt-oss' }]);
  });

  it('takes the other prefixes of a protocol', () => {
    expect(loadGood(one('custom_openai/m')).config.deployments).toMatchObject([{ provider: 'openai', model: 'm' }]);
  });
});

describe('deployment ids', () => {
  const idsOf = (text: string, env = {}): string[] => loadGood(text, env).config.deployments.map(({ id }) => id);
  const entry = (key: string, more = ''): string =>
    `  - {model_name: a, litellm_params: {model: openai/a, api_key: ${key}${more}}}\n`;

  it('stay the same when a key is rotated, in the file or in the environment', () => {
    const [before] = idsOf(`model_list:\n${entry('sk-one')}`);
    expect(before).toMatch(/^[0-9a-f]{16}$/);
    expect(idsOf(`model_list:\n${entry('sk-two')}`)).toEqual([before]);
    const text = `model_list:\n${entry('os.environ/KEY')}`;
    expect(idsOf(text, { KEY: 'one' })).toEqual(idsOf(text, { KEY: 'two' }));
  });

  it('tell two keys of one model apart', () => {
    const ids = idsOf(
      `model_list:\n${entry('sk-one')}${entry('sk-two')}${entry('os.environ/A')}${entry('os.environ/B')}`,
      { A: 'a', B: 'b' },
    );
    expect(new Set(ids).size).toBe(4);
  });

  it('change with anything else', () => {
    expect(idsOf(`model_list:\n${entry('x', ', rpm: 1')}`)).not.toEqual(
      idsOf(`model_list:\n${entry('x', ', rpm: 2')}`),
    );
  });
});

describe('the settings of the environment', () => {
  it('fill in where the file is silent', () => {
    const { config } = loadGood(MODEL, {
      LITELLM_DROP_PARAMS: 'True',
      REQUEST_TIMEOUT: '30',
      HOLDFAST_MASTER_KEY: 'sk-0123456789abcdefghij',
      DATABASE_HOST: 'db:5433',
      DATABASE_USERNAME: 'me',
      DATABASE_PASSWORD: 'a/b',
      DATABASE_NAME: 'llm',
      TEMPORAL_ADDRESS: 'temporal:7233',
      TEMPORAL_NAMESPACE: 'ns',
      REDIS_HOST: 'redis',
      REDIS_SSL: 'true',
      REDIS_DB: '2',
    });
    expect(config).toMatchObject({
      dropParams: true,
      router: { timeoutMs: 30_000 },
      masterKey: 'sk-0123456789abcdefghij',
      databaseUrl: 'postgresql://me:a%2Fb@db:5433/llm',
      redisUrl: 'rediss://redis:6379/2',
      holdfast: { temporal: { address: 'temporal:7233', namespace: 'ns', tls: false } },
    });
  });

  it('give way to the file', () => {
    const text = `${MODEL}litellm_settings: {drop_params: false}
general_settings: {database_url: "postgres://file/db"}
holdfast: {temporal: {address: "file:7233"}}
`;
    const env = { LITELLM_DROP_PARAMS: 'true', DATABASE_URL: 'postgres://env/db', TEMPORAL_ADDRESS: 'env:7233' };
    expect(loadGood(text, env).config).toMatchObject({
      dropParams: false,
      databaseUrl: 'postgres://file/db',
      holdfast: { temporal: { address: 'file:7233' } },
    });
  });

  it('are checked, without being shown', () => {
    const result = load(MODEL, {
      DATABASE_URL: 'mysql://root:hunter2@db',
      PORT: 'eighty',
      LITELLM_DROP_PARAMS: 'maybe',
    });
    expect(formatProblems(result.ok ? [] : result.problems)).toBe(
      [
        'environment PORT: expected a port number, 0 to 65535',
        'environment LITELLM_DROP_PARAMS: expected true or false',
        'environment DATABASE_URL: expected a PostgreSQL URL such as postgresql://user:password@host:5432/name (not shown here)',
      ].join('\n'),
    );
  });

  it('name the file when nothing else does', () => {
    const folder = writeFiles({ 'from-env.yaml': MODEL });
    const result = loadConfig({ env: { CONFIG_FILE_PATH: join(folder, 'from-env.yaml') }, providers: PROVIDERS });
    expect(result).toMatchObject({
      ok: true,
      config: { source: join(folder, 'from-env.yaml'), deployments: [{ group: 'gpt-4o' }] },
    });
  });
});

describe('the loaded configuration', () => {
  it('has defaults for everything that the file does not say', () => {
    expect(loadGood(MODEL).config).toMatchObject({
      router: {
        strategy: 'simple-shuffle',
        numRetries: 2,
        retryAfterMs: 0,
        maxFallbacks: 5,
        timeoutMs: 600_000,
        cooldownTimeMs: 5_000,
        disableCooldowns: false,
        defaultFallbacks: [],
      },
      dropParams: false,
      holdfast: {
        workflows: 'auto',
        temporalDown: 'fail',
        maxUnsettled: 2_000,
        maxQueueMs: 5_000,
        drainMs: 60_000,
        leaseMs: 10_000,
        retentionMs: 604_800_000,
        streamRetentionMs: 172_800_000,
        maxBodyBytes: 33_554_432,
        delivery: 'at_least_once',
        cancelOnDisconnect: false,
        temporal: { namespace: 'default', taskQueue: 'holdfast', tls: false },
      },
    });
  });

  it('is frozen to its depths', () => {
    const { config } = loadGood(MODEL);
    expect(Object.isFrozen(config.deployments[0]?.defaults)).toBe(true);
    expect(() => Object.assign(config.router, { numRetries: 9 })).toThrow(TypeError);
  });

  it('survives names that are words of the language', () => {
    const text = `
model_list:
  - {model_name: constructor, litellm_params: {model: openai/a}}
  - {model_name: __proto__, litellm_params: {model: openai/b}}
router_settings:
  fallbacks: [{constructor: [__proto__]}]
`;
    const { config } = loadGood(text);
    expect(config.router.fallbacks['constructor']).toEqual(['__proto__']);
    expect(config.router.fallbacks['toString']).toBeUndefined();
    expect(config.router.contextWindowFallbacks['toString']).toBeUndefined();
  });

  it('treats an empty file, and sections without anything, as no settings', () => {
    for (const text of ['', '# nothing\n', 'router_settings:\nmodel_list:\ngeneral_settings:\n  master_key:\n']) {
      expect(loadGood(text).config.deployments).toMatchObject([{ group: 'mock/*' }]);
    }
  });
});
