/**
 * Every reply that was recorded from a provider and is run over its translation: what it shows, and what is known of it. The replies lie in
 * the folder that `HOLDFAST_FIXTURES` names; README's and PROVIDERS.md's word "recorded" is read from here.
 */
import type { PlainOperation } from '../../providers/provider.ts';

/** What a recording can be evidence for. */
export type Ability = 'chat' | 'stream' | 'tools' | 'structured' | 'vision' | 'thinking' | 'error' | PlainOperation;

export type Recording = {
  /** Id of the catalog. */
  readonly provider: string;
  readonly path: string;
  readonly shows: readonly Ability[];
  readonly model?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Prompt and completion together, as the provider counted. */
  readonly tokens?: number;
  /** Code of the failure that the reply, or the end of the stream, becomes. */
  readonly code?: string;
  /** The recording holds the request too, and this is what a caller says to have it sent; `same`: the recorded words are OpenAI's already. */
  readonly asked?: 'same' | Readonly<Record<string, unknown>>;
  /** Differences between the recorded request and ours, with their reason. */
  readonly otherwise?: Readonly<Record<string, string>>;
  readonly baseUrl?: string;
  /** For operations that are answered in the order of what was asked. */
  readonly body?: Readonly<Record<string, unknown>>;
};

const NO_STREAM = { stream: 'false is what happens without it', n: '1 is what happens without it' } as const;
const CORTEX = { account_id: 'org-acc' } as const;
const JOKE = [{ role: 'user', content: 'Tell me a joke about opentelemetry' }] as const;

export const RECORDINGS: readonly Recording[] = [
  { provider: 'openai', path: 'openai/chat-text.json', shows: ['chat'], tokens: 379 },
  { provider: 'openai', path: 'openai/chat-param-error.json', shows: ['error'], code: 'unsupported_parameter' },
  { provider: 'openai', path: 'openai/image-error.json', shows: ['error'], code: 'invalid_request' },
  { provider: 'openai', path: 'openai/embedding.json', shows: ['embeddings'], body: { input: ['a', 'b'] } },
  { provider: 'openai', path: 'openai/image.json', shows: ['images'], body: { prompt: 'p' } },
  {
    provider: 'openai',
    path: 'openai/transcription.json',
    shows: ['transcription'],
    body: { response_format: 'verbose_json' },
  },
  { provider: 'groq', path: 'groq/groq-tool-call.json', shows: ['chat', 'tools'], tokens: 233 },
  { provider: 'groq', path: 'groq/groq-tool-call.chunks.txt', shows: ['stream', 'tools'], tokens: 225 },
  { provider: 'groq', path: 'groq/error.json', shows: ['error'], code: 'provider_model_not_found' },
  {
    provider: 'groq',
    path: 'groq/tool-use-failed.json',
    shows: ['error'],
    code: 'invalid_request',
    asked: 'same',
    otherwise: NO_STREAM,
  },
  { provider: 'groq', path: 'groq/tool-use-failed-stream.sse', shows: ['error'], code: 'invalid_request' },
  { provider: 'xai', path: 'xai/xai-text.json', shows: ['chat', 'thinking'], tokens: 241 },
  { provider: 'xai', path: 'xai/xai-tool-call.json', shows: ['chat', 'tools'] },
  { provider: 'xai', path: 'xai/xai-tool-call.chunks.txt', shows: ['stream', 'tools'], tokens: 513 },
  { provider: 'mistral', path: 'mistral/mistral-text.json', shows: ['chat'], tokens: 447 },
  { provider: 'mistral', path: 'mistral/mistral-tool-call.json', shows: ['chat', 'tools'] },
  { provider: 'mistral', path: 'mistral/mistral-reasoning.json', shows: ['chat', 'thinking'], tokens: 56 },
  { provider: 'mistral', path: 'mistral/mistral-reasoning.chunks.txt', shows: ['stream', 'thinking'], tokens: 56 },
  { provider: 'mistral', path: 'mistral/mistral-tool-call.chunks.txt', shows: ['stream', 'tools'], tokens: 146 },
  {
    provider: 'cerebras',
    path: 'cerebras/chat.json',
    shows: ['chat'],
    tokens: 52,
    asked: 'same',
    otherwise: NO_STREAM,
  },
  { provider: 'together_ai', path: 'together/chat.json', shows: ['chat'], tokens: 53 },
  {
    provider: 'together_ai',
    path: 'together/rerank.json',
    shows: ['rerank'],
    body: {},
  },
  { provider: 'moonshot', path: 'moonshot/moonshotai-reasoning.json', shows: ['chat', 'thinking'], tokens: 50 },
  { provider: 'moonshot', path: 'moonshot/moonshotai-tool-call.json', shows: ['chat', 'tools'] },
  { provider: 'moonshot', path: 'moonshot/moonshotai-stream.chunks.txt', shows: ['stream'], tokens: 21 },
  {
    provider: 'zai',
    path: 'zai/thinking.json',
    shows: ['chat', 'thinking'],
    tokens: 260,
    asked: 'same',
    otherwise: NO_STREAM,
  },
  {
    provider: 'openrouter',
    path: 'openrouter/tool.json',
    shows: ['chat', 'tools'],
    tokens: 177,
    asked: 'same',
    otherwise: { ...NO_STREAM, usage: 'asks for what the answer cost' },
  },
  { provider: 'perplexity', path: 'perplexity/perplexity-citations.json', shows: ['chat'] },
  {
    provider: 'deepseek',
    path: 'deepseek/thinking.json',
    shows: ['chat', 'thinking'],
    asked: 'same',
    otherwise: NO_STREAM,
  },
  {
    provider: 'heroku',
    path: 'heroku/chat.json',
    shows: ['chat'],
    asked: 'same',
    otherwise: NO_STREAM,
    baseUrl: 'https://us.inference.heroku.com',
  },
  {
    provider: 'azure',
    path: 'azure-openai/chat.json',
    shows: ['chat'],
    asked: 'same',
    otherwise: NO_STREAM,
    baseUrl: 'https://x.openai.azure.com',
    settings: { api_version: '2024-12-01-preview' },
  },
  { provider: 'huggingface', path: 'huggingface/simple_completion.json', shows: ['chat'] },
  { provider: 'huggingface', path: 'huggingface/image_url_input.json', shows: ['chat', 'vision'] },
  { provider: 'huggingface', path: 'huggingface/request_structured_response.json', shows: ['chat', 'tools'] },
  { provider: 'huggingface', path: 'tgi/generate.json', shows: ['chat'], baseUrl: 'http://127.0.0.1:8080/generate' },
  { provider: 'huggingface', path: 'tgi/error-validation.json', shows: ['error'], code: 'invalid_request' },
  { provider: 'cloudflare', path: 'cloudflare/stream-reasoning.sse', shows: ['stream', 'thinking'], tokens: 1035 },
  ...['snowflake_simple', 'snowflake_thinking.2', 'snowflake_tool_calling.2', 'llama'].map((name): Recording => ({
    provider: 'snowflake',
    path: `snowflake/${name}.json`,
    shows: ['chat'],
    settings: CORTEX,
  })),
  {
    provider: 'snowflake',
    path: 'snowflake/snowflake_tool_calling.1.json',
    shows: ['chat', 'tools'],
    settings: CORTEX,
    asked: 'same',
    otherwise: NO_STREAM,
  },
  {
    provider: 'snowflake',
    path: 'snowflake/snowflake_thinking.1.json',
    shows: ['chat', 'tools', 'thinking'],
    settings: CORTEX,
  },
  { provider: 'snowflake', path: 'snowflake/snowflake_streaming.sse', shows: ['stream'], settings: CORTEX },
  {
    provider: 'snowflake',
    path: 'snowflake/snowflake_thinking_streaming.sse',
    shows: ['stream', 'thinking'],
    settings: CORTEX,
  },
  { provider: 'anthropic', path: 'anthropic/anthropic-text.json', shows: ['chat'] },
  { provider: 'anthropic', path: 'anthropic/anthropic-tool-no-args.json', shows: ['chat', 'tools'] },
  { provider: 'anthropic', path: 'anthropic/anthropic-json-tool.1.json', shows: ['chat', 'tools'] },
  { provider: 'anthropic', path: 'anthropic/anthropic-refusal.json', shows: ['chat'] },
  { provider: 'anthropic', path: 'anthropic/anthropic-text.chunks.txt', shows: ['stream'] },
  { provider: 'anthropic', path: 'anthropic/anthropic-tool-no-args.chunks.txt', shows: ['stream', 'tools'] },
  { provider: 'anthropic', path: 'anthropic/anthropic-json-tool.1.chunks.txt', shows: ['stream', 'tools'] },
  { provider: 'anthropic', path: 'anthropic/anthropic-message-delta-input-tokens.chunks.txt', shows: ['stream'] },
  { provider: 'anthropic', path: 'anthropic/anthropic-refusal.chunks.txt', shows: ['stream'] },
  {
    provider: 'anthropic',
    path: 'anthropic/effort-unsupported-error.json',
    shows: ['error'],
    code: 'invalid_request',
  },
  ...[
    'google-text',
    'google-reasoning',
    'google-reasoning-gemini3',
    'google-tool-call',
    'google-tool-call-gemini3',
  ].flatMap((name): Recording[] =>
    ['.json', '.chunks.txt'].map((ending) => ({
      provider: 'gemini',
      path: `gemini/${name}${ending}`,
      shows: [ending === '.json' ? 'chat' : 'stream', ...(name.includes('tool-call') ? (['tools'] as const) : [])],
    })),
  ),
  { provider: 'gemini', path: 'gemini/google-429-retry-info.json', shows: ['error'], code: 'rate_limit_exceeded' },
  {
    provider: 'vertex_ai',
    path: 'vertex/vertex-generate.json',
    shows: ['chat'],
    model: 'gemini-2.0-flash',
    settings: { vertex_project: 'p', vertex_location: 'global' },
    asked: {
      messages: [
        { role: 'system', content: 'You are a helpful chatbot.' },
        { role: 'user', content: 'What is the capital of France?' },
      ],
    },
    otherwise: { generationConfig: 'an empty one says nothing', systemInstruction: 'has no role in the documentation' },
  },
  {
    provider: 'vertex_ai',
    path: 'vertex/google-vertex-embedding.json',
    shows: ['embeddings'],
    model: 'text-embedding-004',
    settings: { vertex_project: 'p' },
  },
  ...['amazon-bedrock-text', 'amazon-bedrock-reasoning', 'amazon-bedrock-tool-call.1'].flatMap((name): Recording[] =>
    ['.json', '.chunks.txt'].map((ending) => ({
      provider: 'bedrock',
      path: `bedrock-converse/${name}${ending}`,
      model: 'anthropic.claude-3-7-sonnet-20250219-v1:0',
      shows: [
        ending === '.json' ? 'chat' : 'stream',
        ...(name.includes('tool-call') ? (['tools'] as const) : []),
        ...(name.includes('reasoning') ? (['thinking'] as const) : []),
      ],
    })),
  ),
  {
    provider: 'bedrock',
    path: 'bedrock-converse/amazon-bedrock-tool-no-args.chunks.txt',
    shows: ['stream', 'tools'],
    model: 'anthropic.claude-3-haiku-20240307-v1:0',
  },
  { provider: 'bedrock', path: 'bedrock-converse/nova-converse.json', shows: ['chat'], model: 'amazon.nova-lite-v1:0' },
  {
    provider: 'bedrock',
    path: 'bedrock-converse/nova-converse-stream.eventstream',
    shows: ['stream'],
    model: 'amazon.nova-lite-v1:0',
  },
  {
    provider: 'bedrock',
    path: 'bedrock-converse/claude-converse-stream-tool.eventstream',
    shows: ['stream', 'tools'],
    model: 'anthropic.claude-3-sonnet-20240229-v1:0',
  },
  { provider: 'bedrock', path: 'bedrock-converse/error.json', shows: ['error'], code: 'provider_model_not_found' },
  {
    provider: 'bedrock',
    path: 'bedrock-converse/streaming-error.json',
    shows: ['error'],
    code: 'provider_model_not_found',
  },
  {
    provider: 'bedrock',
    path: 'bedrock-invoke/claude3.json',
    shows: ['chat'],
    model: 'invoke/anthropic.claude-3-sonnet-20240229-v1:0',
    asked: { messages: JOKE, max_tokens: 200, temperature: 0.5 },
    otherwise: { messages: 'the same text as a block' },
  },
  {
    provider: 'bedrock',
    path: 'bedrock-invoke/llama3.json',
    shows: ['chat'],
    model: 'invoke/meta.llama3-70b-instruct-v1:0',
    asked: { messages: JOKE, max_tokens: 128, temperature: 0.1, top_p: 0.9 },
    otherwise: { prompt: "in the model's chat template" },
  },
  {
    provider: 'bedrock',
    path: 'bedrock-invoke/nova-invoke.json',
    shows: ['chat'],
    model: 'invoke/amazon.nova-lite-v1:0',
    asked: {
      messages: [
        { role: 'system', content: 'tell me a very two sentence story.' },
        { role: 'user', content: 'A camping trip' },
      ],
      max_tokens: 500,
      top_p: 0.9,
      top_k: 20,
      temperature: 0.7,
    },
    otherwise: { schemaVersion: 'one version, and none is needed' },
  },
  {
    provider: 'bedrock',
    path: 'bedrock-invoke/titan-text.json',
    shows: ['chat'],
    model: 'invoke/amazon.titan-text-express-v1',
  },
  {
    provider: 'bedrock',
    path: 'bedrock-invoke/cohere-command.json',
    shows: ['chat'],
    model: 'invoke/cohere.command-text-v14',
  },
  {
    provider: 'bedrock',
    path: 'bedrock-invoke/claude3-stream.eventstream',
    shows: ['stream'],
    model: 'invoke/anthropic.claude-3-sonnet-20240229-v1:0',
  },
  { provider: 'cohere', path: 'cohere/cohere-text.json', shows: ['chat'] },
  { provider: 'cohere', path: 'cohere/cohere-citations.json', shows: ['chat'] },
  { provider: 'cohere', path: 'cohere/cohere-max-tokens.json', shows: ['chat'] },
  { provider: 'cohere', path: 'cohere/cohere-reasoning.json', shows: ['chat', 'thinking'] },
  { provider: 'cohere', path: 'cohere/cohere-tool-call.json', shows: ['chat', 'tools'] },
  { provider: 'cohere', path: 'cohere/cohere-text.chunks.txt', shows: ['stream'] },
  { provider: 'cohere', path: 'cohere/cohere-reasoning.chunks.txt', shows: ['stream', 'thinking'] },
  { provider: 'cohere', path: 'cohere/cohere-tool-call.chunks.txt', shows: ['stream', 'tools'] },
  { provider: 'cohere', path: 'cohere/cohere-empty-tool-call.chunks.txt', shows: ['stream', 'tools'] },
  { provider: 'cohere', path: 'cohere/v2-chat-tools.sse', shows: ['stream', 'tools'] },
  { provider: 'cohere', path: 'cohere/cohere-embedding.json', shows: ['embeddings'], body: { input: ['a', 'b'] } },
  { provider: 'cohere', path: 'cohere/cohere-reranking.json', shows: ['rerank'] },
  { provider: 'cohere', path: 'cohere/v2-rerank.json', shows: ['rerank'] },
  { provider: 'ollama', path: 'ollama/chat.json', shows: ['chat'], model: 'llama3' },
  { provider: 'ollama', path: 'ollama/chat-tools.json', shows: ['chat'], model: 'llama3.1' },
  { provider: 'ollama', path: 'ollama/chat-stream.ndjson', shows: ['stream'], model: 'llama3' },
  { provider: 'replicate', path: 'replicate/llama-stream.2.sse', shows: ['stream'], model: 'meta/llama-2-70b-chat' },
  { provider: 'replicate', path: 'replicate/invalid-token-error.json', shows: ['error'], code: 'provider_auth_failed' },
  { provider: 'sagemaker', path: 'sagemaker/invoke.json', shows: ['chat'], model: 'my-llama2-endpoint' },
  {
    provider: 'voyage',
    path: 'voyage/embed.json',
    shows: ['embeddings'],
    body: { input: ['a', 'b'], encoding_format: 'base64' },
  },
  { provider: 'voyage', path: 'voyage/voyage-embedding.json', shows: ['embeddings'] },
  { provider: 'voyage', path: 'voyage/rerank.json', shows: ['rerank'] },
  { provider: 'voyage', path: 'voyage/voyage-reranking.json', shows: ['rerank'] },
  { provider: 'deepgram', path: 'deepgram/transcription.json', shows: ['transcription'] },
  { provider: 'elevenlabs', path: 'elevenlabs/transcription.json', shows: ['transcription'] },
];

/** Recordings of what Holdfast does not speak, each with the reason. */
export const UNREAD: Readonly<Record<string, string>> = {
  'aleph_alpha/complete.json': 'a provider without chat that the catalog does not have',
  'anthropic/count-tokens.json': 'passed through unread',
  'bedrock-converse/rerank.json': 'not offered for Bedrock',
  'bedrock-invoke/claude2.json': 'a protocol that Amazon has ended',
  'cohere/v1-chat.json': "Cohere's first protocol; the second is spoken",
  'nlp_cloud/generation.json': 'a provider that the catalog does not have',
  'groq/groq-transcription-text.json': 'bytes that pass as they are',
  'ollama/generate.json': 'the address for prompts; chat is spoken',
  'openai/completion.json': "OpenAI's older protocol for prompts",
  'replicate/predictions-get.json': 'of a model that makes pictures',
  'triton/error.json': 'a provider that the catalog does not have',
  'triton/generate.json': 'a provider that the catalog does not have',
  'watsonx/generate-stream.sse': 'the address for prompts; chat is spoken',
  'watsonx/generate.json': 'the address for prompts; chat is spoken',
};
