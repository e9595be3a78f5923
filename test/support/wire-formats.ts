/** One deployment for each wire format of the scripted provider, under the same names in every test of a client. */
import { JSON_TOOL } from '../../providers/anthropic/structured-output.ts';
import type { Upstream } from './upstream.ts';

export const FORMATS = ['openai-format', 'anthropic-format', 'gemini-format', 'bedrock-format'] as const;

export type Format = (typeof FORMATS)[number];

/** Also `mock`, which needs no provider and can do everything that is not chat. */
export function wireFormats(upstream: Upstream): Readonly<Record<string, unknown>> {
  const deployment = (name: Format, params: object): object => ({ model_name: name, litellm_params: params });
  return {
    model_list: [
      // A model that thinks, so that the same requests fit all four.
      deployment('openai-format', { model: 'openai/gpt-5', api_base: upstream.openaiUrl, api_key: 'sk-provider-a' }),
      deployment('anthropic-format', {
        model: 'anthropic/claude-sonnet-4-5',
        api_base: upstream.url,
        api_key: 'sk-provider-b',
      }),
      deployment('gemini-format', {
        model: 'gemini/gemini-3-pro-preview',
        api_base: upstream.url,
        api_key: 'sk-provider-c',
      }),
      deployment('bedrock-format', {
        model: 'bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
        api_base: upstream.url,
        aws_access_key_id: 'AKID',
        aws_secret_access_key: 'sk-provider-d',
        aws_region_name: 'eu-west-1',
      }),
      { model_name: 'mock', litellm_params: { model: 'mock/plain' } },
    ],
    // What the provider says must come through as it is, the first time.
    router_settings: { num_retries: 0, disable_cooldowns: true },
  };
}

/** The two formats that a client's first tests are asked in, by models that do not think. */
export function twoFormats(upstream: Upstream): Readonly<Record<string, unknown>> {
  return {
    model_list: [
      {
        model_name: 'openai-format',
        litellm_params: { model: 'openai/gpt-4o-mini', api_base: upstream.openaiUrl, api_key: 'sk-provider-a' },
      },
      {
        model_name: 'anthropic-format',
        litellm_params: { model: 'anthropic/claude-sonnet-4-5', api_base: upstream.url, api_key: 'sk-provider-b' },
      },
    ],
    // What the provider says must come through as it is, the first time.
    router_settings: { num_retries: 0, disable_cooldowns: true },
  };
}

/** What a structured output is answered with: as text, or through the tool that a provider without schemas is forced to call. */
export function structured(
  body: unknown,
  json: string,
): { readonly text: string } | { readonly toolCalls: [{ name: string; arguments: string }] } {
  // Only among tools: OpenAI's format names its schema as well.
  const { tools, toolConfig } = body as { readonly tools?: unknown; readonly toolConfig?: unknown };
  const forced = new RegExp(`"name":"(${JSON_TOOL}|answer)"`).exec(JSON.stringify([tools, toolConfig]))?.[1];
  return forced === undefined ? { text: json } : { toolCalls: [{ name: forced, arguments: json }] };
}
