/** LiteLLM's names of models (`provider/model`, or a bare name that everybody knows) → provider and upstream model. */
import type { Provider } from '../../providers/provider.ts';
import { nearest } from './nearest.ts';

/** What the configuration needs to know of the provider catalog. */
export type ProviderTable = Readonly<
  Record<string, Pick<Provider, 'keyVariables' | 'accountVariables' | 'baseUrlVariables' | 'settingVariables'>>
>;

export type Target =
  | { readonly kind: 'found'; readonly provider: string; readonly model: string }
  /** LiteLLM calls it, Holdfast does not yet. */
  | { readonly kind: 'not_served'; readonly provider: string }
  | { readonly kind: 'unknown'; readonly message: string; readonly hint?: string };

/** LiteLLM's prefixes that mean another provider's protocol at an address of one's own. */
const SAME_AS: Readonly<Record<string, string>> = {
  custom_openai: 'openai',
  openai_like: 'openai',
  aiohttp_openai: 'openai',
  cohere_chat: 'cohere',
  ai21_chat: 'ai21',
  ollama_chat: 'ollama',
  anthropic_text: 'anthropic',
  vertex_ai_beta: 'vertex_ai',
  watsonx_text: 'watsonx',
};

/** Names that need no prefix, most specific first; `*` stands for any text. The provider is the one LiteLLM takes. */
export const BARE_NAMES: readonly (readonly [pattern: string, provider: string])[] = [
  ['gpt-*', 'openai'],
  ['chatgpt-*', 'openai'],
  ['o1*', 'openai'],
  ['o3*', 'openai'],
  ['o4*', 'openai'],
  ['text-embedding-3-*', 'openai'],
  ['text-embedding-ada-*', 'openai'],
  ['omni-moderation-*', 'openai'],
  ['dall-e-*', 'openai'],
  ['whisper-*', 'openai'],
  ['tts-*', 'openai'],
  ['claude-*', 'anthropic'],
  ['gemini-*', 'vertex_ai'],
  ['command-*', 'cohere'],
  ['embed-*', 'cohere'],
  ['rerank-*', 'cohere'],
];

/** Prefixes of LiteLLM, so that one that is merely not served yet is not called a mistake. */
const LITELLM_PROVIDERS: ReadonlySet<string> = new Set(
  `a2a abliteration ai21 ai21_chat aihubmix aiml aiohttp_openai aleph_alpha amazon_nova anthropic anthropic_text anyscale apertis
  assemblyai auto_router aws_polly azure azure_ai azure_text baseten bedrock bedrock_mantle black_forest_labs bytez cerebras
  charity_engine chatgpt chutes clarifai cloudflare codestral cohere cohere_chat cometapi compactifai cortecs crusoe custom
  custom_openai dashscope databricks datarobot deepgram deepinfra deepseek docker_model_runner elevenlabs empower fal_ai
  featherless_ai fireworks_ai friendliai galadriel gemini gigachat github github_copilot gmi gradient_ai groq helicone heroku
  hosted_vllm huggingface hyperbolic inception infinity jina_ai lambda_ai langgraph lemonade libertai litellm_proxy llamafile
  llamagate lm_studio maritalk meta meta_llama minimax mistral moonshot morph nano-gpt nebius neosantara nlp_cloud novita nscale
  nvidia_nim nvidia_riva oci ollama ollama_chat oobabooga openai openai_like openrouter ovhcloud palm parasail perplexity petals
  poe predibase publicai ragflow recraft reka replicate runwayml sagemaker sagemaker_chat sagemaker_nova sail sambanova sap sarvam
  scaleway snowflake soniox stability synthetic text-completion-codestral text-completion-inception text-completion-openai
  together_ai topaz triton v0 veniceai vercel_ai_gateway vertex_ai vertex_ai_beta vllm volcengine voyage wandb watsonx
  watsonx_text xai xiaomi_mimo xinference zai`.split(/\s+/),
);

export function splitModel(name: string, forced: string | undefined, providers: ProviderTable): Target {
  if (forced !== undefined) {
    const prefix = `${forced}/`;
    return target(forced, name.startsWith(prefix) ? name.slice(prefix.length) : name, providers);
  }
  const slash = name.indexOf('/');
  if (slash > 0) {
    const rest = name.slice(slash + 1);
    if (rest === '') return { kind: 'unknown', message: `"${name}" names no model after the provider` };
    return target(name.slice(0, slash), rest, providers);
  }
  const bare = BARE_NAMES.find(([pattern]) => matchesPattern(pattern, name));
  if (bare !== undefined) return target(bare[1], name, providers);
  return {
    kind: 'unknown',
    message: `"${name}" does not say its provider`,
    hint: `Write provider/model, for example openai/${name}.`,
  };
}

function target(provider: string, model: string, providers: ProviderTable): Target {
  for (const id of [provider, SAME_AS[provider]]) {
    if (id !== undefined && Object.hasOwn(providers, id)) return { kind: 'found', provider: id, model };
  }
  if (LITELLM_PROVIDERS.has(provider)) return { kind: 'not_served', provider };
  const near = nearest(provider, Object.keys(providers));
  return {
    kind: 'unknown',
    message: `there is no provider "${provider}"`,
    hint:
      near === undefined
        ? `For a server of your own that speaks OpenAI's protocol, write openai/${provider}/${model} and give its api_base.`
        : `Did you mean "${near}/${model}"?`,
  };
}

function matchesPattern(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}
