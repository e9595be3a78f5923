/** Whole configurations as LiteLLM's users have them. */
import { describe, expect, it } from '@jest/globals';
import { findGroup } from '../../../activities/config/match.ts';
import { line, loadGood } from './files.ts';

const LOAD_BALANCED = `
# One group over three accounts, with fallbacks and cooldowns
model_list:
  - model_name: gpt-4o
    litellm_params: &openai
      model: openai/gpt-4o
      api_base: https://eu.api.openai.com/v1/
      api_key: os.environ/OPENAI_KEY_EU
      rpm: 6
      tpm: 60000
      temperature: 0.2
    model_info: &info
      id: openai-eu
      base_model: gpt-4o-2024-08-06
      mode: chat
      supports_vision: true
  - model_name: gpt-4o
    litellm_params:
      <<: *openai
      api_base: https://us.api.openai.com/v1
      api_key: os.environ/OPENAI_KEY_US
      order: 2
    model_info:
      <<: *info
      id: openai-us
  - model_name: claude-sonnet
    litellm_params:
      model: anthropic/claude-sonnet-4-5
      api_key: os.environ/ANTHROPIC_API_KEY
      max_tokens: 4096
      timeout: 120
      stream_timeout: 10s
      num_retries: 1
      cooldown_time: 30
      tags: [eu, premium]
  - model_name: fast
    litellm_params:
      model: groq/llama-3.3-70b-versatile
      api_key: os.environ/GROQ_API_KEY
      input_cost_per_token: 0.00000059
      output_cost_per_token: 7.9e-7

router_settings:
  routing_strategy: simple-shuffle
  num_retries: 3
  timeout: 300
  stream_timeout: 60
  retry_after: 1
  allowed_fails: 3
  cooldown_time: 60
  fallbacks: [{"gpt-4o": ["claude-sonnet", "fast"]}, {"claude-sonnet": "gpt-4o"}]
  context_window_fallbacks: [{"fast": ["claude-sonnet"]}]
  content_policy_fallbacks: [{"claude-sonnet": ["gpt-4o"]}]
  default_fallbacks: ["fast"]
  max_fallbacks: 3
  retry_policy:
    BadRequestErrorRetries: 0
    TimeoutErrorRetries: 2
    RateLimitErrorRetries: 4
    DefaultRetries: 1
  model_group_retry_policy:
    fast: {InternalServerErrorRetries: 5}
  allowed_fails_policy:
    RateLimitErrorAllowedFails: 100
  model_group_alias:
    gpt-4: gpt-4o
    secret-gpt: {model: gpt-4o, hidden: true}

litellm_settings:
  drop_params: True
  set_verbose: False
  num_retries: 7
  fallbacks: [{"fast": ["gpt-4o"]}]

general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  database_url: os.environ/DATABASE_URL
`;

const LOAD_BALANCED_ENV = {
  OPENAI_KEY_EU: 'sk-eu',
  OPENAI_KEY_US: 'sk-us',
  ANTHROPIC_API_KEY: 'sk-ant',
  GROQ_API_KEY: 'gsk',
  LITELLM_MASTER_KEY: 'sk-0123456789abcdefghij',
  DATABASE_URL: 'postgresql://llm:secret@db:5432/litellm',
};

const WILDCARDS = `
model_list:
  - model_name: "*"
    litellm_params: {model: "groq/*", api_key: os.environ/GROQ_API_KEY}
  - model_name: "openai/*"
    litellm_params: {model: "openai/*", litellm_credential_name: main}
  - model_name: "my-*"
    litellm_params:
      model: openai/gpt-*
      litellm_credential_name: main
      api_base: http://10.0.0.7:8000/v1
  - model_name: claude-3-5
    litellm_params:
      model: claude-3-5-sonnet-20241022   # a bare name says its provider
      weight: 2
  - model_name: local
    litellm_params:
      model: meta-llama/Llama-3.3-70B-Instruct
      custom_llm_provider: hosted_vllm
      api_base: http://vllm.internal:8000/v1
      max_completion_tokens: os.environ/MAX_TOKENS
      extra_headers: {x-team: platform}
      extra_body:
        guided_decoding_backend: null

credential_list:
  - credential_name: main
    credential_values:
      api_key: os.environ/OPENAI_API_KEY
      api_base: https://proxy.example.com/v1
      organization: org-1
    credential_info:
      description: paid by platform

environment_variables:
  GROQ_API_KEY: gsk-from-the-file
  REDIS_HOST: cache.internal
  REDIS_PASSWORD: os.environ/CACHE_PASSWORD

litellm_settings:
  request_timeout: 90
  default_fallbacks: local
  callbacks: []
  cache: false
`;

const OPERATIONS = `
model_list:
  - model_name: gpt-4o-mini
    litellm_params:
      model: gpt-4o-mini
      api_key: os.environ/OPENAI_API_KEY
      max_parallel_requests: 10
      mock_response: null

litellm_settings:
  success_callback: ["langfuse", "prometheus"]
  failure_callback: ["sentry"]
  cache: true
  cache_params:
    type: redis
    host: os.environ/REDIS_HOST
    ttl: 600
    supported_call_types: ["acompletion", "completion"]
  max_budget: 100
  budget_duration: 30d
  modify_params: true
  ssl_verify: false

router_settings:
  routing_strategy: latency-based-routing
  routing_strategy_args: {ttl: 10}
  enable_pre_call_checks: true
  redis_host: os.environ/REDIS_HOST
  redis_port: os.environ/REDIS_PORT
  redis_password: os.environ/REDIS_PASSWORD

general_settings:
  master_key: sk-9f8e7d6c5b4a39281706
  database_connection_pool_limit: 10
  database_connection_timeout: 60
  store_model_in_db: true
  store_prompts_in_spend_logs: false
  proxy_batch_write_at: 60
  allow_requests_on_db_unavailable: true
  disable_spend_logs: true
  disable_error_logs: true
  alerting: ["slack"]
  alerting_threshold: 300
  background_health_checks: true
  health_check_interval: 300
  max_request_size_mb: 8
  cancel_on_disconnect: true
  pass_through_endpoints:
    - path: /v1/rerank
      target: https://api.cohere.com/v1/rerank

guardrails:
  - guardrail_name: pii
    litellm_params: {guardrail: presidio, mode: pre_call}

callback_settings:
  otel: {message_logging: false}

holdfast:
  workflows: per_request
  temporal_down: journal
  max_unsettled: 500
  batches:
    concurrency: 40
  webhooks:
    secret: os.environ/HOOK_SECRET
    allowed_networks: [10.0.0.0/8]
  max_queue: 2s
  drain: 1m
  lease: 5000
  retention: 30d
  max_body_mb: 4
  delivery: at_most_once
  temporal:
    address: temporal.internal:7233
    namespace: gateway
    task_queue: llm
    ui_url: https://temporal.example.com/
    api_key: os.environ/TEMPORAL_KEY
`;

describe('a load-balanced configuration', () => {
  const { config, warnings } = loadGood(LOAD_BALANCED, LOAD_BALANCED_ENV);

  it('has each entry as a deployment with its own key, address and limits', () => {
    expect(
      config.deployments.map(({ id, group, provider, model, baseUrl, apiKey }) => [
        id,
        group,
        provider,
        model,
        baseUrl,
        apiKey,
      ]),
    ).toEqual([
      ['openai-eu', 'gpt-4o', 'openai', 'gpt-4o', 'https://eu.api.openai.com/v1', 'sk-eu'],
      ['openai-us', 'gpt-4o', 'openai', 'gpt-4o', 'https://us.api.openai.com/v1', 'sk-us'],
      [expect.stringMatching(/^[0-9a-f]{16}$/), 'claude-sonnet', 'anthropic', 'claude-sonnet-4-5', undefined, 'sk-ant'],
      [expect.stringMatching(/^[0-9a-f]{16}$/), 'fast', 'groq', 'llama-3.3-70b-versatile', undefined, 'gsk'],
    ]);
    expect(config.deployments[0]).toMatchObject({ rpm: 6, tpm: 60_000, defaults: { temperature: 0.2 } });
    expect(config.deployments[1]).toMatchObject({
      rpm: 6,
      order: 2,
      modelInfo: { id: 'openai-us', mode: 'chat', supports_vision: true },
    });
    expect(config.deployments[2]).toMatchObject({
      timeoutMs: 120_000,
      streamTimeoutMs: 10_000,
      numRetries: 1,
      cooldownTimeMs: 30_000,
      tags: ['eu', 'premium'],
      defaults: { max_tokens: 4096 },
      settings: {},
    });
    expect(config.deployments[3]?.settings).toEqual({ input_cost_per_token: 5.9e-7, output_cost_per_token: 7.9e-7 });
  });

  it('takes the settings of the router, which win over those of litellm_settings', () => {
    expect(config.router).toMatchObject({
      strategy: 'simple-shuffle',
      numRetries: 3,
      timeoutMs: 300_000,
      streamTimeoutMs: 60_000,
      retryAfterMs: 1_000,
      allowedFails: 3,
      cooldownTimeMs: 60_000,
      fallbacks: { 'gpt-4o': ['claude-sonnet', 'fast'], 'claude-sonnet': ['gpt-4o'] },
      contextWindowFallbacks: { fast: ['claude-sonnet'] },
      contentPolicyFallbacks: { 'claude-sonnet': ['gpt-4o'] },
      defaultFallbacks: ['fast'],
      maxFallbacks: 3,
      retryPolicy: { BadRequest: 0, Timeout: 2, RateLimit: 4, Default: 1 },
      groupRetryPolicy: { fast: { InternalServer: 5 } },
      allowedFailsPolicy: { RateLimit: 100 },
      modelGroupAlias: { 'gpt-4': { group: 'gpt-4o', hidden: false }, 'secret-gpt': { group: 'gpt-4o', hidden: true } },
    });
    expect(config.router.fallbacks).not.toHaveProperty('fast');
  });

  it('has the secrets from the environment and nothing to warn of but the renamed key', () => {
    expect(config.dropParams).toBe(true);
    expect(config.masterKey).toBe('sk-0123456789abcdefghij');
    expect(config.databaseUrl).toBe('postgresql://llm:secret@db:5432/litellm');
    expect(warnings.map(line)).toEqual([
      expect.stringMatching(
        /^\d+:3 litellm_settings\.set_verbose: has no effect \(Write instead: the environment variable LITELLM_LOG=DEBUG\)$/,
      ),
    ]);
  });
});

describe('a configuration with wildcards and credentials', () => {
  const env = {
    OPENAI_API_KEY: 'sk-main',
    ANTHROPIC_API_KEY: 'sk-ant',
    GROQ_API_KEY: 'gsk',
    MAX_TOKENS: '512',
    CACHE_PASSWORD: 'p@ss',
  };
  const { config, warnings } = loadGood(WILDCARDS, env);

  it('merges a credential below the keys of the entry', () => {
    const match = findGroup(config, 'my-4o');
    expect(match?.deployments).toMatchObject([
      { model: 'gpt-4o', apiKey: 'sk-main', baseUrl: 'http://10.0.0.7:8000/v1', settings: { organization: 'org-1' } },
    ]);
    expect(findGroup(config, 'openai/o3')?.deployments).toMatchObject([
      { model: 'o3', baseUrl: 'https://proxy.example.com/v1' },
    ]);
  });

  it('takes environment_variables before the environment', () => {
    expect(findGroup(config, 'anything')?.deployments).toMatchObject([
      { provider: 'groq', model: 'anything', apiKey: 'gsk-from-the-file' },
    ]);
    expect(config.redisUrl).toBe('redis://:p%40ss@cache.internal:6379');
  });

  it('takes the key of a provider from its own variable when the entry has none', () => {
    expect(findGroup(config, 'claude-3-5')?.deployments).toMatchObject([
      { provider: 'anthropic', model: 'claude-3-5-sonnet-20241022', apiKey: 'sk-ant', weight: 2 },
    ]);
  });

  it('keeps what is meant for the provider as it is written, numbers from the environment as numbers', () => {
    expect(findGroup(config, 'local')?.deployments).toMatchObject([
      {
        provider: 'hosted_vllm',
        model: 'meta-llama/Llama-3.3-70B-Instruct',
        defaults: { max_completion_tokens: 512 },
        settings: { extra_headers: { 'x-team': 'platform' }, extra_body: { guided_decoding_backend: null } },
      },
    ]);
  });

  it('has nothing to warn of', () => {
    expect(warnings).toEqual([]);
    expect(config.router).toMatchObject({ timeoutMs: 90_000, defaultFallbacks: ['local'] });
  });
});

describe('a configuration that asks for more than is served', () => {
  const env = {
    OPENAI_API_KEY: 'sk-main',
    REDIS_HOST: 'redis',
    REDIS_PORT: '6380',
    REDIS_PASSWORD: 'pw',
    TEMPORAL_KEY: 'temporal-secret',
    HOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  };
  const { config, warnings } = loadGood(OPERATIONS, env);

  it('names every key without effect, and only those', () => {
    const unserved = warnings.filter(({ kind }) => kind === 'not_served').map(({ path }) => path);
    expect(unserved).toEqual([
      'litellm_settings.success_callback',
      'litellm_settings.failure_callback',
      'litellm_settings.cache',
      'litellm_settings.cache_params',
      'litellm_settings.max_budget',
      'litellm_settings.budget_duration',
      'litellm_settings.modify_params',
      'litellm_settings.ssl_verify',
      'general_settings.database_connection_pool_limit',
      'general_settings.database_connection_timeout',
      'general_settings.store_model_in_db',
      'general_settings.proxy_batch_write_at',
      'general_settings.allow_requests_on_db_unavailable',
      'general_settings.disable_spend_logs',
      'general_settings.disable_error_logs',
      'general_settings.alerting',
      'general_settings.alerting_threshold',
      'general_settings.background_health_checks',
      'general_settings.health_check_interval',
      'guardrails',
      'callback_settings',
    ]);
    expect(warnings.filter(({ kind }) => kind !== 'not_served')).toEqual([]);
  });

  it('reads the settings of Holdfast, durations in words or milliseconds', () => {
    expect(config.holdfast).toEqual({
      workflows: 'per_request',
      temporalDown: 'journal',
      maxUnsettled: 500,
      maxQueueMs: 2_000,
      drainMs: 60_000,
      leaseMs: 5_000,
      retentionMs: 2_592_000_000,
      streamRetentionMs: 172_800_000,
      maxBodyBytes: 4 * 1024 * 1024,
      delivery: 'at_most_once',
      cancelOnDisconnect: true,
      batches: { concurrency: 40 },
      webhooks: { secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], allowedNetworks: ['10.0.0.0/8'] },
      temporal: {
        address: 'temporal.internal:7233',
        namespace: 'gateway',
        taskQueue: 'llm',
        uiUrl: 'https://temporal.example.com',
        apiKey: 'temporal-secret',
        tls: true,
      },
    });
    expect(config.redisUrl).toBe('redis://:pw@redis:6380');
  });
});
