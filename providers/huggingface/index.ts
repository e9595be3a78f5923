/** Hugging Face: the router to many providers, and endpoints of one's own with either protocol of its inference server. */
import { createOpenAiProvider } from '../openai/create.ts';
import type { Provider, Target } from '../provider.ts';
import { fromError, TITLE } from './error.ts';
import { tgiChat } from './tgi.ts';

const ROUTER = 'https://router.huggingface.co';

/** The router takes `org/name:provider`; configurations write `provider/org/name`. */
export function routedModel(model: string): string {
  const [provider, organisation, ...name] = model.split('/');
  if (provider === undefined || organisation === undefined || name.length === 0 || model.includes(':')) return model;
  return `${organisation}/${name.join('/')}:${provider}`;
}

function withVersion(_model: string, baseUrl: string): string {
  return /\/v\d+(\/chat\/completions)?$/.test(baseUrl) || baseUrl.endsWith('/chat/completions')
    ? baseUrl
    : `${baseUrl}/v1`;
}

const base = createOpenAiProvider({
  id: 'huggingface',
  title: TITLE,
  baseUrl: ROUTER,
  baseUrlVariables: ['HF_API_BASE', 'HUGGINGFACE_API_BASE'],
  keyVariables: ['HF_TOKEN', 'HUGGINGFACE_API_KEY'],
  auth: { kind: 'bearer' },
  unsupported: ['user', 'verbosity'],
  maxTokens: 'max_tokens',
  reasoning: 'effort',
  streamUsage: true,
  keeps: [],
  upstreamModel: routedModel,
  address: withVersion,
});

function isTextServer(target: Target): boolean {
  return /\/generate(_stream)?$/.test(target.baseUrl);
}

export const huggingface: Provider = {
  ...base,
  chat: {
    ...base.chat,
    toRequest: (request, target) => (isTextServer(target) ? tgiChat : base.chat).toRequest(request, target),
    fromResponse: (body, request, target) =>
      (isTextServer(target) ? tgiChat : base.chat).fromResponse(body, request, target),
    decoder: (request, target) => (isTextServer(target) ? tgiChat : base.chat).decoder(request, target),
  },
  fromError,
};
