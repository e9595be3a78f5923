/** Compatible providers whose addresses or credentials have a form of their own, and those that have ended. */
import type { CompatibleRow } from './openai/create.ts';
import { extendedThinking } from './openai-compatible-rules.ts';

function under(path: string): (model: string, baseUrl: string) => string {
  return (_model, baseUrl) =>
    baseUrl.endsWith(path) || baseUrl.endsWith('/chat/completions') ? baseUrl : `${baseUrl}${path}`;
}

/** RAGFlow's models are its chats and agents: `chat/<id>/<model>`. */
function ragflowParts(
  model: string,
): { readonly kind: string; readonly id: string; readonly name: string } | undefined {
  const [kind, id, ...name] = model.split('/');
  if ((kind !== 'chat' && kind !== 'agent') || id === undefined || id === '') return undefined;
  return { kind, id, name: name.length === 0 ? 'model' : name.join('/') };
}

function ragflowAddress(model: string, baseUrl: string): string {
  const parts = ragflowParts(model);
  if (parts === undefined) return baseUrl;
  return `${baseUrl.replace(/\/api\/v1$/, '')}/api/v1/${parts.kind}s_openai/${encodeURIComponent(parts.id)}`;
}

function gradientAddress(_model: string, baseUrl: string): string {
  if (baseUrl.endsWith('/v1')) return baseUrl;
  // The shared service; any other host is an agent of one's own.
  return baseUrl.endsWith('inference.do-ai.run') ? `${baseUrl}/v1` : `${baseUrl}/api/v1`;
}

function datarobotAddress(_model: string, baseUrl: string): string {
  return `${baseUrl.replace(/\/api\/v2(\/.*)?$/, '')}/api/v2/genai/llmgw`;
}

export const OWN_ROWS: readonly CompatibleRow[] = [
  {
    id: 'heroku',
    title: 'Heroku Managed Inference',
    also: ['embeddings', 'images'],
    baseUrl: '',
    baseUrlVariables: ['HEROKU_API_BASE', 'INFERENCE_URL'],
    keyVariables: ['HEROKU_API_KEY', 'INFERENCE_KEY'],
    unsupported: ['user', 'verbosity'],
    maxTokens: 'max_tokens',
    flattenText: true,
    address: under('/v1'),
    adapt: extendedThinking,
  },
  {
    id: 'v0',
    title: 'v0',
    baseUrl: 'https://api.v0.dev/v1',
    baseUrlVariables: ['V0_API_BASE'],
    keyVariables: ['V0_API_KEY'],
  },
  {
    id: 'morph',
    title: 'Morph',
    baseUrl: 'https://api.morphllm.com/v1',
    baseUrlVariables: ['MORPH_API_BASE'],
    keyVariables: ['MORPH_API_KEY'],
  },
  {
    id: 'gradient_ai',
    title: 'DigitalOcean Gradient AI',
    baseUrl: 'https://inference.do-ai.run',
    baseUrlVariables: ['GRADIENT_AI_AGENT_ENDPOINT'],
    keyVariables: ['GRADIENT_AI_API_KEY'],
    maxTokens: 'max_tokens',
    address: gradientAddress,
  },
  {
    id: 'datarobot',
    title: 'DataRobot',
    baseUrl: 'https://app.datarobot.com',
    baseUrlVariables: ['DATAROBOT_ENDPOINT'],
    keyVariables: ['DATAROBOT_API_TOKEN'],
    unsupported: ['user', 'verbosity'],
    address: datarobotAddress,
    // It answers the address without the last slash with a redirect.
    path: '/chat/completions/',
  },
  {
    id: 'lemonade',
    title: 'Lemonade',
    baseUrl: 'http://127.0.0.1:8000/api/v1',
    baseUrlVariables: ['LEMONADE_API_BASE'],
    keyVariables: ['LEMONADE_API_KEY'],
    keyOptional: true,
  },
  {
    id: 'docker_model_runner',
    title: 'Docker Model Runner',
    baseUrl: 'http://127.0.0.1:22088/engines/llama.cpp',
    baseUrlVariables: ['DOCKER_MODEL_RUNNER_API_BASE'],
    keyVariables: ['DOCKER_MODEL_RUNNER_API_KEY'],
    keyOptional: true,
    maxTokens: 'max_tokens',
    flattenText: true,
    address: under('/v1'),
  },
  {
    id: 'oobabooga',
    title: 'Text generation web UI',
    also: ['embeddings'],
    baseUrl: '',
    keyVariables: ['OOBABOOGA_API_KEY'],
    keyOptional: true,
    auth: { kind: 'header', name: 'authorization', prefix: 'Token ' },
    address: under('/v1'),
  },
  {
    id: 'maritalk',
    title: 'Maritaca AI',
    baseUrl: 'https://chat.maritaca.ai/api',
    baseUrlVariables: ['MARITALK_API_BASE'],
    keyVariables: ['MARITALK_API_KEY'],
    auth: { kind: 'header', name: 'authorization', prefix: 'Key ' },
    unsupported: ['logit_bias', 'logprobs', 'top_logprobs', 'user', 'seed', 'parallel_tool_calls', 'verbosity'],
    maxTokens: 'max_tokens',
  },
  {
    id: 'ragflow',
    title: 'RAGFlow',
    baseUrl: '',
    baseUrlVariables: ['RAGFLOW_API_BASE'],
    keyVariables: ['RAGFLOW_API_KEY'],
    address: ragflowAddress,
    upstreamModel: (model) => ragflowParts(model)?.name ?? model,
  },
  {
    id: 'assemblyai',
    title: 'AssemblyAI LLM Gateway',
    baseUrl: 'https://llm-gateway.assemblyai.com/v1',
    keyVariables: ['ASSEMBLYAI_API_KEY'],
  },
  {
    id: 'aleph_alpha',
    title: 'Aleph Alpha PhariaInference',
    baseUrl: 'https://api.aleph-alpha.com',
    baseUrlVariables: ['ALEPH_ALPHA_API_BASE'],
    keyVariables: ['ALEPH_ALPHA_API_KEY', 'ALEPHALPHA_API_KEY'],
    maxTokens: 'max_tokens',
  },
  {
    id: 'predibase',
    title: 'Predibase',
    baseUrl: '',
    baseUrlVariables: ['PREDIBASE_API_BASE'],
    keyVariables: ['PREDIBASE_API_KEY'],
    maxTokens: 'max_tokens',
    // The base names the tenant: https://serving.app.predibase.com/<tenant>.
    address: (model, baseUrl) =>
      baseUrl.includes('/deployments/') ? baseUrl : `${baseUrl}/deployments/v2/llms/${encodeURIComponent(model)}/v1`,
  },
  // Nobody could tell whether these still answer: their old address is not called unless it is configured.
  {
    id: 'empower',
    title: 'Empower',
    baseUrl: '',
    baseUrlVariables: ['EMPOWER_API_BASE'],
    keyVariables: ['EMPOWER_API_KEY'],
    unsupported: ['user', 'reasoning_effort', 'verbosity'],
  },
  {
    id: 'lambda_ai',
    title: 'Lambda Inference API',
    baseUrl: 'https://api.lambda.ai/v1',
    baseUrlVariables: ['LAMBDA_API_BASE'],
    keyVariables: ['LAMBDA_API_KEY'],
    unsupported: ['user', 'reasoning_effort', 'verbosity'],
    maxTokens: 'max_tokens',
    ended: 'closed on 2025-09-25. Set api_base to use another server with this protocol.',
  },
  {
    id: 'palm',
    title: 'Google PaLM API',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta2',
    // The key that people have for it is taken by gemini/, which serves.
    keyVariables: [],
    auth: { kind: 'none' },
    ended: 'was switched off in October 2024. Use gemini/ instead.',
  },
];
