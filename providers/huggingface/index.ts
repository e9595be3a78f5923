/** Hugging Face: the router to many providers, and endpoints of one's own with either protocol of its inference server. */
import { createOpenAiProvider, type OpenAiWire } from '../openai/create.ts';
import { createEmbeddings } from '../openai/plain.ts';
import type { PlainTranslation, Provider, Refusal, Target } from '../provider.ts';
import { fromError, TITLE } from './error.ts';
import { rerank, routedEmbeddings } from './tei.ts';
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

const wire: OpenAiWire = {
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
};

const base = createOpenAiProvider(wire);

function isTextServer(target: Target): boolean {
  return /\/generate(_stream)?$/.test(target.baseUrl);
}

const ownEmbeddings = createEmbeddings(wire);

function embeddingsOf(target: Target): PlainTranslation {
  return target.baseUrl === ROUTER ? routedEmbeddings : ownEmbeddings;
}

const NO_RERANK: Refusal = {
  refused: {
    code: 'unsupported_parameter',
    message: `${TITLE}'s router has no rerank; set api_base to a server of your own.`,
    param: 'model',
    billed: 'no',
  },
};

export const huggingface: Provider = {
  ...base,
  chat: {
    ...base.chat,
    toRequest: (request, target) => (isTextServer(target) ? tgiChat : base.chat).toRequest(request, target),
    fromResponse: (body, request, target) =>
      (isTextServer(target) ? tgiChat : base.chat).fromResponse(body, request, target),
    decoder: (request, target) => (isTextServer(target) ? tgiChat : base.chat).decoder(request, target),
  },
  embeddings: {
    toRequest: (body, target) => embeddingsOf(target).toRequest(body, target),
    fromResponse: (reply, body, target) => embeddingsOf(target).fromResponse(reply, body, target),
  },
  rerank: {
    ...rerank,
    toRequest: (body, target) => (target.baseUrl === ROUTER ? NO_RERANK : rerank.toRequest(body, target)),
  },
  fromError,
};
