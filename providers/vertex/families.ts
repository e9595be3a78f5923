/** Vertex AI serves many makers' models, each in its maker's protocol; the model's name says which. */

export type Family =
  | { readonly kind: 'gemini'; readonly model: string }
  /** A tuned Gemini at an endpoint of one's own. */
  | { readonly kind: 'gemini-endpoint'; readonly id: string }
  | { readonly kind: 'claude'; readonly model: string }
  | { readonly kind: 'mistral'; readonly model: string }
  | { readonly kind: 'ai21'; readonly model: string }
  /** OpenAI's protocol, the model named with its publisher: Llama, DeepSeek, Qwen, gpt-oss, Kimi, MiniMax, GLM. */
  | { readonly kind: 'openai'; readonly model: string }
  /** OpenAI's protocol at an endpoint of one's own. */
  | { readonly kind: 'openai-endpoint'; readonly id: string };

function bare(model: string, publisher: string): string {
  return model.startsWith(`${publisher}/`) ? model.slice(publisher.length + 1) : model;
}

export function familyOf(model: string): Family {
  const own = /^(?:gemini\/)?(\d+)$/.exec(model)?.[1];
  if (own !== undefined) return { kind: 'gemini-endpoint', id: own };
  const garden = /^openai\/(\d+)$/.exec(model)?.[1];
  if (garden !== undefined) return { kind: 'openai-endpoint', id: garden };
  const claude = bare(model, 'anthropic');
  if (claude.startsWith('claude')) return { kind: 'claude', model: claude };
  const mistral = bare(model, 'mistralai');
  if (/^(mistral|mixtral|ministral|codestral|magistral)/.test(mistral)) return { kind: 'mistral', model: mistral };
  const jamba = bare(model, 'ai21');
  if (jamba.startsWith('jamba')) return { kind: 'ai21', model: jamba };
  const google = bare(bare(model, 'google'), 'gemini');
  if (google.startsWith('gemini') || !google.includes('/')) return { kind: 'gemini', model: google };
  return { kind: 'openai', model };
}
