/** The keys LiteLLM's users rely on most: each one does its work (other tests say which) or is reported, never passed over. */
import { describe, expect, it } from '@jest/globals';
import { loadGood, MODEL } from './files.ts';

const UNSERVED: Readonly<Record<string, readonly string[]>> = {
  litellm_settings: [
    'callbacks',
    'success_callback',
    'failure_callback',
    'service_callbacks',
    'cache',
    'cache_params',
    'max_budget',
    'budget_duration',
  ],
  general_settings: [
    'database_connection_pool_limit',
    'database_connection_pool_timeout',
    'database_connection_timeout',
    'store_model_in_db',
    'supported_db_objects',
    'disable_spend_logs',
    'disable_spend_updates',
    'disable_error_logs',
    'store_prompts_in_spend_logs',
    'proxy_batch_write_at',
    'allow_requests_on_db_unavailable',
    'alerting',
    'alerting_threshold',
    'alert_types',
    'alerting_args',
    'alert_to_webhook_url',
    'background_health_checks',
    'health_check_interval',
    'use_shared_health_check',
    'enable_health_check_routing',
  ],
};

describe('essential keys without effect', () => {
  for (const [section, keys] of Object.entries(UNSERVED)) {
    it(`are reported in ${section}`, () => {
      const text = keys.map((key) => `  ${key}: true\n`).join('');
      const { warnings } = loadGood(`${MODEL}${section}:\n${text}`);
      expect(warnings.map(({ kind, path, line }) => [kind, path, line])).toEqual(
        keys.map((key, n) => ['not_served', `${section}.${key}`, n + 8]),
      );
    });
  }

  it('are not reported when they ask for nothing', () => {
    const off = `${MODEL}litellm_settings: {cache: false, callbacks: [], cache_params: {}, ssl_verify: true}
router_settings: {routing_strategy: simple-shuffle, enable_pre_call_checks: false}
general_settings: {store_model_in_db: off, alerting: null}
guardrails: []
`;
    expect(loadGood(off).warnings.map(({ path }) => path)).toEqual([]);
  });

  it('are reported where they are words of a list that is served', () => {
    const text = `${MODEL}router_settings:\n  optional_pre_call_checks: [session_affinity, router_budget_limiting]\n`;
    expect(loadGood(text).warnings.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'not_served router_settings.optional_pre_call_checks[1]',
    ]);
  });

  it('are reported in the environment', () => {
    const { warnings } = loadGood(MODEL, {
      STORE_MODEL_IN_DB: 'True',
      LITELLM_MODIFY_PARAMS: 'false',
      SSL_VERIFY: 'False',
    });
    expect(warnings.map(({ file, path }) => `${file} ${path}`)).toEqual([
      'environment STORE_MODEL_IN_DB',
      'environment SSL_VERIFY',
    ]);
  });
});
