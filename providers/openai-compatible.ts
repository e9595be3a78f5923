/** One row per OpenAI-compatible provider. Adding one is adding a row; a difference that needs code is a field of `Dialect`. */
import { deepInfraRerank, nvidiaRerank } from './openai-compatible-operations.ts';
import { OWN_ROWS } from './openai-compatible-own.ts';
import { PLAIN_ROWS } from './openai-compatible-plain.ts';
import { deepSeekThoughts, perplexityAnnotations, takeTurns } from './openai-compatible-rules.ts';
import { EVERY_MODEL } from './openai/completion.ts';
import { createOpenAiProvider, type CompatibleRow } from './openai/create.ts';
import { FUNCTIONS, OPENAI_ONLY } from './openai/dialect.ts';
import type { Provider } from './provider.ts';

const TOOLS = ['tools', 'tool_choice', 'parallel_tool_calls'] as const;
const LOGPROBS = ['logprobs', 'top_logprobs'] as const;
const PENALTIES = ['presence_penalty', 'frequency_penalty'] as const;

function isGrok(model: string, families: readonly string[]): boolean {
  return families.some((family) => model.startsWith(family));
}

function fireworksModel(model: string): string {
  if (model.startsWith('accounts/') || model.includes('#')) return model;
  return `accounts/fireworks/${model.endsWith('-fast') || model === 'firerouter' ? 'routers' : 'models'}/${model}`;
}

function clarifaiModel(model: string): string {
  const [user, app, ...name] = model.split('.');
  return name.length === 0 || model.includes('/')
    ? model
    : `https://clarifai.com/${user}/${app}/models/${name.join('.')}`;
}

/** Baseten gives a dedicated deployment an id of eight characters and a host of its own. */
function basetenAddress(model: string, baseUrl: string): string {
  if (baseUrl !== 'https://inference.baseten.co/v1' || !/^[a-z0-9]{8}$/.test(model)) return baseUrl;
  return `https://model-${model}.api.baseten.co/environments/production/sync/v1`;
}

const ROWS: readonly CompatibleRow[] = [
  {
    id: 'meta_llama',
    title: 'Meta Llama API',
    baseUrl: 'https://api.llama.com/compat/v1',
    baseUrlVariables: ['LLAMA_API_BASE'],
    keyVariables: ['LLAMA_API_KEY'],
    unsupported: ['user', 'reasoning_effort', 'verbosity'],
    ended: 'ended its public preview on 2026-07-06. Set api_base to use another server with this protocol.',
  },
  {
    id: 'anyscale',
    title: 'Anyscale Endpoints',
    also: ['embeddings'],
    baseUrl: 'https://api.endpoints.anyscale.com/v1',
    baseUrlVariables: ['ANYSCALE_API_BASE'],
    keyVariables: ['ANYSCALE_API_KEY'],
    unsupported: ['user', 'reasoning_effort', 'verbosity'],
    ended: 'closed its multi-tenant API on 2024-08-01. Set api_base to use a service of your own on Anyscale.',
  },
  {
    id: 'nvidia_nim',
    title: 'NVIDIA NIM',
    also: ['embeddings'],
    own: { rerank: nvidiaRerank },
    baseUrl: 'https://integrate.api.nvidia.com/v1',
    baseUrlVariables: ['NVIDIA_NIM_API_BASE'],
    keyVariables: ['NVIDIA_NIM_API_KEY'],
    unsupported: ['n', 'logit_bias', ...LOGPROBS, 'user', ...FUNCTIONS, 'reasoning_effort', ...OPENAI_ONLY],
    maxTokens: 'max_tokens',
    streamUsage: false,
  },
  {
    id: 'nscale',
    title: 'Nscale',
    also: ['images'],
    baseUrl: 'https://inference.api.nscale.com/v1',
    baseUrlVariables: ['NSCALE_API_BASE'],
    keyVariables: ['NSCALE_API_KEY'],
    unsupported: ['user', 'seed', ...TOOLS, ...FUNCTIONS, 'reasoning_effort', ...OPENAI_ONLY],
    maxTokens: 'max_tokens',
    streamUsage: false,
  },
  {
    id: 'xai',
    title: 'xAI',
    also: ['embeddings', 'images', 'transcription'],
    baseUrl: 'https://api.x.ai/v1',
    baseUrlVariables: ['XAI_API_BASE'],
    keyVariables: ['XAI_API_KEY'],
    unsupported: [...FUNCTIONS, ...OPENAI_ONLY],
    objection: (model, name) => {
      if (name === 'stop' && isGrok(model, ['grok-3-mini', 'grok-4', 'grok-code-fast']))
        return 'the model has no stop sequences';
      if (name === 'frequency_penalty' && isGrok(model, ['grok-4', 'grok-code-fast']))
        return 'the model has no such setting';
      return undefined;
    },
    maxTokens: 'max_tokens',
    reasoning: 'effort',
    noNames: true,
    looseTools: true,
    reasoningBeside: true,
  },
  {
    id: 'lm_studio',
    title: 'LM Studio',
    completions: EVERY_MODEL,
    also: ['embeddings'],
    baseUrl: '',
    baseUrlVariables: ['LM_STUDIO_API_BASE'],
    keyVariables: ['LM_STUDIO_API_KEY'],
    keyOptional: true,
  },
  {
    id: 'cerebras',
    title: 'Cerebras',
    baseUrl: 'https://api.cerebras.ai/v1',
    baseUrlVariables: ['CEREBRAS_API_BASE'],
    keyVariables: ['CEREBRAS_API_KEY'],
    unsupported: ['n', ...PENALTIES, 'logit_bias', ...LOGPROBS, 'parallel_tool_calls', ...FUNCTIONS, ...OPENAI_ONLY],
    maxTokens: 'max_tokens',
    reasoning: 'effort',
    streamUsage: false,
  },
  {
    id: 'volcengine',
    title: 'Volcano Engine Ark',
    also: ['embeddings', 'images'],
    baseUrl: 'https://ark.cn-beijing.volces.com/api/v3',
    baseUrlVariables: ['VOLCENGINE_API_BASE', 'ARK_API_BASE'],
    keyVariables: ['ARK_API_KEY', 'VOLCENGINE_API_KEY'],
    unsupported: ['user', 'response_format', 'parallel_tool_calls', ...OPENAI_ONLY],
    maxTokens: 'max_tokens',
    reasoning: 'switch',
  },
  {
    id: 'perplexity',
    title: 'Perplexity',
    also: ['embeddings'],
    baseUrl: 'https://api.perplexity.ai',
    baseUrlVariables: ['PERPLEXITY_API_BASE'],
    keyVariables: ['PERPLEXITYAI_API_KEY', 'PERPLEXITY_API_KEY'],
    unsupported: [
      'n',
      'stop',
      'logit_bias',
      ...LOGPROBS,
      'user',
      'seed',
      ...TOOLS,
      ...FUNCTIONS,
      ...OPENAI_ONLY.filter((name) => name !== 'web_search_options'),
    ],
    reasoning: 'effort',
    streamUsage: false,
    adapt: takeTurns,
    readFrame: perplexityAnnotations,
  },
  {
    id: 'friendliai',
    title: 'FriendliAI',
    baseUrl: 'https://api.friendli.ai/serverless/v1',
    baseUrlVariables: ['FRIENDLI_API_BASE'],
    keyVariables: ['FRIENDLIAI_API_KEY', 'FRIENDLI_TOKEN'],
    unsupported: ['user', 'reasoning_effort', 'verbosity'],
    maxTokens: 'max_tokens',
  },
  {
    id: 'galadriel',
    title: 'Galadriel',
    // Nobody could tell whether it still answers: its old address is not called unless it is configured.
    baseUrl: '',
    baseUrlVariables: ['GALADRIEL_API_BASE'],
    keyVariables: ['GALADRIEL_API_KEY'],
    unsupported: ['user', 'reasoning_effort', 'verbosity'],
    maxTokens: 'max_tokens',
  },
  {
    id: 'groq',
    title: 'Groq',
    also: ['transcription', 'translation', 'speech'],
    baseUrl: 'https://api.groq.com/openai/v1',
    baseUrlVariables: ['GROQ_API_BASE'],
    keyVariables: ['GROQ_API_KEY'],
    unsupported: ['verbosity', 'web_search_options'],
    reasoning: 'effort',
    stripNulls: true,
  },
  {
    id: 'github',
    title: 'GitHub Models',
    also: ['embeddings'],
    baseUrl: 'https://models.github.ai/inference',
    baseUrlVariables: ['GITHUB_API_BASE'],
    keyVariables: ['GITHUB_API_KEY', 'GITHUB_TOKEN'],
    unsupported: ['user', 'reasoning_effort', 'verbosity'],
    maxTokens: 'max_tokens',
    ended: 'was retired on 2026-07-30. Set api_base to use another server with this protocol.',
  },
  {
    id: 'deepseek',
    title: 'DeepSeek',
    // LiteLLM's default is /beta of the same host, which also serves chat; /v1 is the documented address.
    baseUrl: 'https://api.deepseek.com/v1',
    baseUrlVariables: ['DEEPSEEK_API_BASE'],
    keyVariables: ['DEEPSEEK_API_KEY'],
    unsupported: ['user', 'verbosity'],
    reasoning: 'switch',
    flattenText: true,
    keeps: ['reasoning_content'],
    adapt: deepSeekThoughts,
  },
  {
    id: 'fireworks_ai',
    title: 'Fireworks AI',
    completions: EVERY_MODEL,
    also: ['embeddings', 'rerank'],
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    baseUrlVariables: ['FIREWORKS_API_BASE'],
    keyVariables: ['FIREWORKS_API_KEY', 'FIREWORKS_AI_API_KEY', 'FIREWORKSAI_API_KEY', 'FIREWORKS_AI_TOKEN'],
    unsupported: [
      ...FUNCTIONS,
      'verbosity',
      'modalities',
      'audio',
      'web_search_options',
      'safety_identifier',
      'prompt_cache_retention',
      'store',
    ],
    toolChoice: { required: 'any' },
    upstreamModel: fireworksModel,
    keeps: ['reasoning_content'],
  },
  {
    id: 'clarifai',
    title: 'Clarifai',
    baseUrl: 'https://api.clarifai.com/v2/ext/openai/v1',
    keyVariables: ['CLARIFAI_API_KEY', 'CLARIFAI_PAT'],
    unsupported: [
      ...FUNCTIONS,
      'logit_bias',
      ...LOGPROBS,
      'n',
      'parallel_tool_calls',
      'reasoning_effort',
      'seed',
      'stop',
      'user',
      ...OPENAI_ONLY,
    ],
    upstreamModel: clarifaiModel,
  },
  {
    id: 'hosted_vllm',
    title: 'vLLM',
    completions: EVERY_MODEL,
    also: ['embeddings', 'imageEdits', 'transcription', 'rerank'],
    baseUrl: '',
    baseUrlVariables: ['HOSTED_VLLM_API_BASE'],
    keyVariables: ['HOSTED_VLLM_API_KEY'],
    keyOptional: true,
    reasoning: 'effort',
    looseTools: true,
    keeps: ['reasoning_content'],
  },
  {
    id: 'vllm',
    title: 'vLLM',
    completions: EVERY_MODEL,
    baseUrl: '',
    baseUrlVariables: ['VLLM_API_BASE'],
    keyVariables: ['VLLM_API_KEY'],
    keyOptional: true,
    reasoning: 'effort',
    looseTools: true,
    keeps: ['reasoning_content'],
  },
  {
    id: 'llamafile',
    title: 'llamafile',
    completions: EVERY_MODEL,
    also: ['embeddings'],
    baseUrl: 'http://127.0.0.1:8080/v1',
    baseUrlVariables: ['LLAMAFILE_API_BASE'],
    keyVariables: ['LLAMAFILE_API_KEY'],
    keyOptional: true,
  },
  {
    id: 'xinference',
    title: 'Xorbits Inference',
    completions: EVERY_MODEL,
    also: ['embeddings', 'images', 'rerank'],
    baseUrl: 'http://127.0.0.1:9997/v1',
    baseUrlVariables: ['XINFERENCE_API_BASE'],
    keyVariables: ['XINFERENCE_API_KEY'],
    keyOptional: true,
  },
  {
    id: 'deepinfra',
    title: 'DeepInfra',
    completions: EVERY_MODEL,
    also: ['embeddings', 'images'],
    own: { rerank: deepInfraRerank },
    baseUrl: 'https://api.deepinfra.com/v1/openai',
    baseUrlVariables: ['DEEPINFRA_API_BASE'],
    keyVariables: ['DEEPINFRA_API_KEY'],
    unsupported: [...LOGPROBS, 'parallel_tool_calls', 'seed', 'user', ...OPENAI_ONLY],
    objection: (_model, name, value) =>
      name === 'tool_choice' && value !== 'auto' && value !== 'none' ? 'only "auto" and "none"' : undefined,
    maxTokens: 'max_tokens',
    reasoning: 'effort',
    streamUsage: false,
  },
  {
    id: 'ai21',
    title: 'AI21',
    baseUrl: 'https://api.ai21.com/studio/v1',
    baseUrlVariables: ['AI21_API_BASE'],
    keyVariables: ['AI21_API_KEY'],
    unsupported: [
      ...PENALTIES,
      ...FUNCTIONS,
      'logit_bias',
      ...LOGPROBS,
      'parallel_tool_calls',
      'reasoning_effort',
      'user',
      ...OPENAI_ONLY,
    ],
    maxTokens: 'max_tokens',
    streamUsage: false,
  },
  {
    id: 'together_ai',
    title: 'Together AI',
    completions: EVERY_MODEL,
    also: ['embeddings', 'images', 'transcription', 'speech', 'rerank'],
    baseUrl: 'https://api.together.ai/v1',
    baseUrlVariables: ['TOGETHER_AI_API_BASE'],
    keyVariables: ['TOGETHER_API_KEY', 'TOGETHER_AI_API_KEY', 'TOGETHERAI_API_KEY', 'TOGETHER_AI_TOKEN'],
    unsupported: ['user', 'verbosity'],
    reasoning: 'effort',
    efforts: { minimal: 'low', xhigh: 'high', max: 'high' },
  },
  {
    id: 'novita',
    title: 'Novita AI',
    completions: EVERY_MODEL,
    also: ['embeddings'],
    baseUrl: 'https://api.novita.ai/v3/openai',
    baseUrlVariables: ['NOVITA_API_BASE'],
    keyVariables: ['NOVITA_API_KEY'],
    unsupported: ['user', 'reasoning_effort', 'verbosity'],
  },
  {
    id: 'baseten',
    title: 'Baseten',
    baseUrl: 'https://inference.baseten.co/v1',
    baseUrlVariables: ['BASETEN_API_BASE'],
    keyVariables: ['BASETEN_API_KEY'],
    unsupported: [
      'n',
      'logit_bias',
      ...LOGPROBS,
      'parallel_tool_calls',
      ...FUNCTIONS,
      'reasoning_effort',
      ...OPENAI_ONLY,
    ],
    maxTokens: 'max_tokens',
    address: basetenAddress,
  },
  {
    id: 'openrouter',
    title: 'OpenRouter',
    also: ['embeddings'],
    baseUrl: 'https://openrouter.ai/api/v1',
    baseUrlVariables: ['OPENROUTER_API_BASE'],
    keyVariables: ['OPENROUTER_API_KEY', 'OR_API_KEY'],
    efforts: { max: 'xhigh' },
    keeps: ['cache_control', 'reasoning_content'],
    extraBody: { usage: { include: true } },
  },
  {
    id: 'sambanova',
    title: 'SambaNova',
    also: ['embeddings', 'transcription'],
    baseUrl: 'https://api.sambanova.ai/v1',
    baseUrlVariables: ['SAMBANOVA_API_BASE'],
    keyVariables: ['SAMBANOVA_API_KEY'],
    unsupported: [
      'n',
      ...PENALTIES,
      'logit_bias',
      ...LOGPROBS,
      'user',
      'seed',
      ...FUNCTIONS,
      'reasoning_effort',
      ...OPENAI_ONLY,
    ],
    maxTokens: 'max_tokens',
    flattenText: true,
  },
  {
    id: 'featherless_ai',
    title: 'Featherless AI',
    completions: EVERY_MODEL,
    baseUrl: 'https://api.featherless.ai/v1',
    baseUrlVariables: ['FEATHERLESS_AI_API_BASE', 'FEATHERLESS_API_BASE'],
    keyVariables: ['FEATHERLESS_AI_API_KEY', 'FEATHERLESS_API_KEY'],
    unsupported: [...LOGPROBS, 'user', 'seed', 'response_format', ...TOOLS, 'reasoning_effort', ...OPENAI_ONLY],
    maxTokens: 'max_tokens',
    streamUsage: false,
  },
  {
    id: 'nebius',
    title: 'Nebius Token Factory',
    completions: EVERY_MODEL,
    also: ['embeddings', 'images'],
    baseUrl: 'https://api.tokenfactory.nebius.com/v1',
    baseUrlVariables: ['NEBIUS_API_BASE'],
    keyVariables: ['NEBIUS_API_KEY'],
    unsupported: ['user', 'reasoning_effort', 'verbosity'],
    maxTokens: 'max_tokens',
  },
  // Any server with OpenAI's protocol, under the names other gateways use for it.
  {
    id: 'openai_like',
    title: 'OpenAI-compatible server',
    completions: EVERY_MODEL,
    also: ['embeddings'],
    baseUrl: '',
    keyVariables: ['OPENAI_LIKE_API_KEY'],
    keyOptional: true,
  },
  {
    id: 'custom_openai',
    title: 'OpenAI-compatible server',
    completions: EVERY_MODEL,
    baseUrl: '',
    keyVariables: [],
    keyOptional: true,
  },
  {
    id: 'litellm_proxy',
    title: 'LiteLLM proxy',
    completions: EVERY_MODEL,
    also: ['embeddings', 'images', 'imageEdits', 'transcription', 'speech', 'rerank'],
    baseUrl: '',
    baseUrlVariables: ['LITELLM_PROXY_API_BASE'],
    keyVariables: ['LITELLM_PROXY_API_KEY'],
    keyOptional: true,
    keeps: ['cache_control', 'reasoning_content', 'thinking_blocks', 'provider_specific_fields'],
  },
];

export function toProvider(row: CompatibleRow): Provider {
  return createOpenAiProvider({
    auth: { kind: 'bearer' },
    unsupported: [],
    maxTokens: 'as_sent',
    reasoning: 'as_sent',
    streamUsage: true,
    keeps: [],
    ...row,
  });
}

export const openAiCompatible: readonly Provider[] = [...ROWS, ...OWN_ROWS, ...PLAIN_ROWS].map(toProvider);
