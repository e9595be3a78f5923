/** The configuration file that LiteLLM and Holdfast both read: one deployment per model, all on the fake provider. */
import { stringify } from 'yaml';
import type { Surroundings } from './contender.ts';

export const gatewayConfig = ({ models, upstreamPort }: Pick<Surroundings, 'models' | 'upstreamPort'>): string =>
  stringify({
    model_list: models.map((model) => ({
      model_name: model,
      litellm_params: {
        model: `openai/${model}`,
        api_base: `http://127.0.0.1:${upstreamPort}/v1`,
        api_key: 'sk-upstream',
      },
    })),
    // A failure is a failure: retries would hide it and count the time.
    router_settings: { num_retries: 0 },
  });
