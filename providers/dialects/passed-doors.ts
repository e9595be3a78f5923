/** The doors through which a caller reaches a provider in the provider's own words: `/{door}/{rest}`. The only list. */

/** Whose shape the gateway's own errors have behind a door. */
export type DoorSpeaks = 'openai' | 'anthropic' | 'google';

export type Door = {
  /** The first segments of the URL, the one to show first. */
  readonly prefixes: readonly [string, ...string[]];
  /** A key of the provider catalog: its address and credential are used. */
  readonly provider: string;
  readonly speaks: DoorSpeaks;
};

export const DOORS = {
  openai: { prefixes: ['openai', 'openai_passthrough'], provider: 'openai', speaks: 'openai' },
  anthropic: { prefixes: ['anthropic'], provider: 'anthropic', speaks: 'anthropic' },
  gemini: { prefixes: ['gemini'], provider: 'gemini', speaks: 'google' },
  vertex_ai: { prefixes: ['vertex_ai', 'vertex-ai'], provider: 'vertex_ai', speaks: 'google' },
  bedrock: { prefixes: ['bedrock'], provider: 'bedrock', speaks: 'openai' },
  azure: { prefixes: ['azure'], provider: 'azure', speaks: 'openai' },
  azure_ai: { prefixes: ['azure_ai'], provider: 'azure_ai', speaks: 'openai' },
  cohere: { prefixes: ['cohere'], provider: 'cohere', speaks: 'openai' },
  mistral: { prefixes: ['mistral'], provider: 'mistral', speaks: 'openai' },
  vllm: { prefixes: ['vllm'], provider: 'hosted_vllm', speaks: 'openai' },
  openrouter: { prefixes: ['openrouter'], provider: 'openrouter', speaks: 'openai' },
  nvidia_nim: { prefixes: ['nvidia_nim'], provider: 'nvidia_nim', speaks: 'openai' },
  watsonx: { prefixes: ['watsonx'], provider: 'watsonx', speaks: 'openai' },
  groq: { prefixes: ['groq'], provider: 'groq', speaks: 'openai' },
  together_ai: { prefixes: ['together_ai'], provider: 'together_ai', speaks: 'openai' },
  fireworks_ai: { prefixes: ['fireworks_ai'], provider: 'fireworks_ai', speaks: 'openai' },
  deepseek: { prefixes: ['deepseek'], provider: 'deepseek', speaks: 'openai' },
  xai: { prefixes: ['xai'], provider: 'xai', speaks: 'openai' },
  perplexity: { prefixes: ['perplexity'], provider: 'perplexity', speaks: 'openai' },
  deepgram: { prefixes: ['deepgram'], provider: 'deepgram', speaks: 'openai' },
  elevenlabs: { prefixes: ['elevenlabs'], provider: 'elevenlabs', speaks: 'openai' },
  voyage: { prefixes: ['voyage'], provider: 'voyage', speaks: 'openai' },
  jina_ai: { prefixes: ['jina_ai'], provider: 'jina_ai', speaks: 'openai' },
} as const satisfies Record<string, Door>;

export type DoorName = keyof typeof DOORS;

export const DOOR_NAMES = Object.keys(DOORS) as readonly DoorName[];
