/** Mistral AI, and its code models at an address of their own: OpenAI's wire with stricter rules for messages. */
import { createOpenAiProvider, type OpenAiWire } from '../openai/create.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { withoutRefs } from '../protocol/inline-refs.ts';
import { isObject } from '../protocol/json.ts';
import type { ChatTranslation, Provider, Target, WireHeaders } from '../provider.ts';
import { toMistralMessages } from './messages.ts';

/** Models that think when their prompt mode says so; the newer ones take an effort. */
function hasPromptMode(model: string): boolean {
  return model.startsWith('magistral');
}

function setThinking(body: ChatRequest, target: Target): void {
  if (!hasPromptMode(target.model) || body['reasoning_effort'] === undefined) return;
  if (body['reasoning_effort'] !== 'none') body['prompt_mode'] ??= 'reasoning';
  delete body['reasoning_effort'];
}

function adapt(body: ChatRequest, target: Target): void {
  body.messages = toMistralMessages(body.messages);
  setThinking(body, target);
  if (!body.tools) return;
  body.tools = body.tools.map((tool) =>
    tool.function?.parameters === undefined
      ? tool
      : { ...tool, function: { ...tool.function, parameters: { ...withoutRefs(tool.function.parameters) } } },
  );
}

function withVersion(_model: string, baseUrl: string): string {
  return /\/v\d+(\/|$)/.test(baseUrl) ? baseUrl : `${baseUrl}/v1`;
}

/** Code models fill in between a prompt and a suffix: https://docs.mistral.ai/capabilities/code_generation */
const FILL_IN = { serves: (model: string) => model.startsWith('codestral'), path: '/fim/completions' };

const shared = {
  completions: FILL_IN,
  auth: { kind: 'bearer' },
  unsupported: [
    'logit_bias',
    'logprobs',
    'top_logprobs',
    'user',
    'functions',
    'function_call',
    'verbosity',
    'modalities',
    'audio',
    'web_search_options',
    'service_tier',
    'safety_identifier',
    'prompt_cache_key',
    'prompt_cache_retention',
    'store',
  ],
  maxTokens: 'max_tokens',
  reasoning: 'effort',
  // Mistral's models think or do not.
  efforts: { minimal: 'none', low: 'high', medium: 'high', xhigh: 'high', max: 'high' },
  rename: { seed: 'random_seed' },
  toolChoice: { required: 'any' },
  streamUsage: false,
  keeps: [],
  stripNulls: true,
  noNames: true,
  adapt,
  address: withVersion,
} as const satisfies Partial<OpenAiWire>;

/** FastAPI's list of what is wrong comes inside `message` when Mistral's own front answers. */
function unwrapped(body: unknown): unknown {
  return isObject(body) && isObject(body['message'])
    ? { ...body['message'], type: body['type'], code: body['code'] }
    : body;
}

function create(
  wire: Pick<OpenAiWire, 'id' | 'title' | 'baseUrl' | 'baseUrlVariables' | 'keyVariables' | 'also'>,
): Provider & { readonly chat: ChatTranslation } {
  const base = createOpenAiProvider({ ...shared, ...wire });
  return {
    ...base,
    fromError: (status: number, body: unknown, headers: WireHeaders) =>
      base.fromError(status, unwrapped(body), headers),
  };
}

export const mistral = create({
  id: 'mistral',
  title: 'Mistral AI',
  baseUrl: 'https://api.mistral.ai/v1',
  baseUrlVariables: ['MISTRAL_API_BASE', 'MISTRAL_AZURE_API_BASE'],
  keyVariables: ['MISTRAL_API_KEY', 'MISTRAL_AZURE_API_KEY'],
  also: ['embeddings', 'moderation', 'transcription'],
});

export const codestral = create({
  id: 'codestral',
  title: 'Codestral',
  baseUrl: 'https://codestral.mistral.ai/v1',
  baseUrlVariables: ['CODESTRAL_API_BASE'],
  keyVariables: ['CODESTRAL_API_KEY'],
});
