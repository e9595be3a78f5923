/** Each parameter of OpenAI's chat, at each provider: sent, translated, or refused by its name; and what a deployment may say about it. */
import { describe, expect, it } from '@jest/globals';
import { catalog } from '../../providers/catalog.ts';
import type { ChatRequest } from '../../providers/protocol/chat.ts';
import { ask, chatOf, targetOf } from './streams.ts';

const TOOL = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } } as const;
const OTHER = { type: 'function', function: { name: 'find', parameters: { type: 'object', properties: {} } } } as const;

/** A value that asks for something, and what must be there for it to mean anything. */
const PARAMETERS: Readonly<Record<string, { readonly value: unknown; readonly beside?: Partial<ChatRequest> }>> = {
  temperature: { value: 0.25 },
  top_p: { value: 0.97 },
  n: { value: 2 },
  max_tokens: { value: 4321 },
  max_completion_tokens: { value: 4321 },
  stop: { value: ['END'] },
  presence_penalty: { value: 0.5 },
  frequency_penalty: { value: 0.5 },
  logit_bias: { value: { 50256: -100 } },
  logprobs: { value: true },
  top_logprobs: { value: 3, beside: { logprobs: true } },
  seed: { value: 7 },
  user: { value: 'user-7' },
  tools: { value: [TOOL] },
  tool_choice: { value: 'required', beside: { tools: [TOOL] } },
  parallel_tool_calls: { value: false, beside: { tools: [TOOL, OTHER] } },
  functions: { value: [TOOL.function] },
  function_call: { value: { name: 'look' }, beside: { functions: [TOOL.function] } },
  response_format: {
    value: {
      type: 'json_schema',
      json_schema: { name: 'a', strict: true, schema: { type: 'object', properties: {} } },
    },
  },
  reasoning_effort: { value: 'high' },
  thinking: { value: { type: 'enabled', budget_tokens: 2048 } },
  verbosity: { value: 'low' },
  modalities: { value: ['text', 'audio'] },
  audio: { value: { voice: 'alloy', format: 'wav' } },
  prediction: { value: { type: 'content', content: 'x' } },
  web_search_options: { value: { search_context_size: 'low' } },
  service_tier: { value: 'flex' },
  safety_identifier: { value: 'someone' },
  prompt_cache_key: { value: 'a-key' },
  prompt_cache_retention: { value: '24h' },
  store: { value: true },
  metadata: { value: { a: 'b' } },
};

const SETTINGS = {
  project_id: 'p',
  account_id: 'acc',
  vertex_project: 'p',
  vertex_location: 'us-central1',
  api_version: '2025-04-01-preview',
};
const MODELS: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['claude-sonnet-4-5', 'claude-opus-4-6'],
  azure: ['gpt-4o', 'gpt-5'],
  bedrock: [
    'anthropic.claude-sonnet-4-5-20250929-v1:0',
    'amazon.nova-pro-v1:0',
    'invoke/anthropic.claude-3-7-sonnet-20250219-v1:0',
    'invoke/meta.llama3-70b-instruct-v1:0',
    'invoke/openai.gpt-oss-120b-1:0',
  ],
  gemini: ['gemini-2.5-pro', 'gemini-3-pro-preview'],
  mistral: ['mistral-large-latest', 'magistral-medium-2507'],
  openai: ['gpt-4o', 'gpt-5', 'o3'],
  snowflake: ['claude-sonnet-4-6', 'openai-gpt-5'],
  databricks: ['databricks-claude-sonnet-4', 'databricks-llama-4-maverick'],
  vertex_ai: ['gemini-2.5-pro', 'claude-sonnet-4-5@20250929', 'mistral-large-2411', 'meta/llama-4-maverick'],
};

/** The mock answers whatever it is asked, and ended services refuse everything. */
const NOT_ASKED: ReadonlySet<string> = new Set(['mock']);

/** What one parameter is lost to without a word, and why that is right. */
const SILENT: Readonly<Record<string, string>> = {
  stream_options: 'the gateway counts by itself',
  metadata: 'the gateway keeps it with the request; a provider is given it only with store',
};

const BASES: Readonly<Record<string, string>> = {
  azure: 'https://x.openai.azure.com',
  azure_ai: 'https://x.services.ai.azure.com',
  databricks: 'https://x.cloud.databricks.com/serving-endpoints',
};

const CASES = Object.values(catalog).flatMap((provider) =>
  provider.chat === undefined || NOT_ASKED.has(provider.id)
    ? []
    : (MODELS[provider.id] ?? ['some-model']).map((model) => [provider.id, model] as const),
);

function translate(id: string, model: string, fields: Partial<ChatRequest>, settings: Record<string, unknown> = {}) {
  const provider = catalog[id];
  const base = BASES[id] ?? 'https://upstream.test/v1';
  const wire = chatOf(provider).toRequest(
    { ...ask(fields), model },
    targetOf(model, { ...SETTINGS, ...settings }, base),
  );
  if ('refused' in wire) return { refused: wire.refused };
  return { said: [wire.body, wire.url, JSON.stringify(wire.headers)].join('\n'), dropped: wire.dropped };
}

const isNamed = (names: readonly string[], name: string): boolean =>
  names.some((dropped) => dropped === name || dropped.startsWith(`${name}.`));

describe.each(CASES)('%s, model %s', (id, model) => {
  it('sends, translates or refuses by name every parameter', () => {
    for (const [name, { value, beside }] of Object.entries(PARAMETERS)) {
      if (SILENT[name] !== undefined) continue;
      const without = translate(id, model, beside ?? {});
      const result = translate(id, model, { ...beside, [name]: value });
      if ('refused' in result) {
        expect([name, result.refused?.code]).toEqual([name, 'unsupported_parameter']);
        expect(result.refused?.message).toContain(String(result.refused?.param));
        continue;
      }
      const kept = result.said !== without.said;
      expect([name, kept || isNamed(result.dropped, name)]).toEqual([name, true]);
    }
  });

  it('leaves out with drop_params what it would refuse, and says so', () => {
    for (const [name, { value, beside }] of Object.entries(PARAMETERS)) {
      const refused = translate(id, model, { ...beside, [name]: value });
      if (!('refused' in refused)) continue;
      const result = translate(id, model, { ...beside, [name]: value }, { drop_params: true });
      expect([name, 'refused' in result]).toEqual([name, false]);
      if (!('refused' in result)) expect([name, isNamed(result.dropped, name)]).toEqual([name, true]);
    }
  });

  it('leaves out what additional_drop_params names, as if nobody had asked', () => {
    for (const [name, { value, beside }] of Object.entries(PARAMETERS)) {
      const settings = { additional_drop_params: [name], drop_params: true };
      const result = translate(id, model, { ...beside, [name]: value }, settings);
      const without = translate(id, model, beside ?? {}, { drop_params: true });
      expect([name, 'said' in result && result.said]).toEqual([name, without.said]);
      expect([name, isNamed(result.dropped ?? [], name)]).toEqual([name, true]);
    }
  });

  it('refuses nothing that allowed_openai_params names', () => {
    for (const [name, { value, beside }] of Object.entries(PARAMETERS)) {
      const settings = { allowed_openai_params: [name, ...Object.keys(beside ?? {})] };
      const result = translate(id, model, { ...beside, [name]: value }, settings);
      expect([name, 'refused' in result ? result.refused?.message : undefined]).toEqual([name, undefined]);
    }
  });

  it('takes the name that a refusal gives, in allowed_openai_params', () => {
    for (const [name, { value, beside }] of Object.entries(PARAMETERS)) {
      const refused = translate(id, model, { ...beside, [name]: value });
      if (!('refused' in refused)) continue;
      const param = refused.refused?.param ?? '';
      const settings = { allowed_openai_params: [param, ...Object.keys(beside ?? {})] };
      const result = translate(id, model, { ...beside, [name]: value }, settings);
      expect([name, 'refused' in result ? result.refused?.param : undefined]).not.toEqual([name, param]);
    }
  });

  it('sends what extra_body adds', () => {
    const result = translate(id, model, {}, { extra_body: { something_new: 'of tomorrow' } });
    // As JSON, or as a form.
    expect('said' in result && result.said).toMatch(/"something_new":"of tomorrow"|&something_new=of\+tomorrow/);
  });
});
