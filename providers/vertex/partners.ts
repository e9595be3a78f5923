/** Partners' models on Vertex AI that speak OpenAI's wire: by Google's common endpoint, by an endpoint of one's own, or by their maker's. */
import { mistral } from '../mistral/index.ts';
import { createOpenAiProvider } from '../openai/create.ts';
import { FUNCTIONS, OPENAI_ONLY } from '../openai/dialect.ts';
import { orRefusal } from '../protocol/refused.ts';
import type { ChatTranslation, Target } from '../provider.ts';
import { BASE_URL, endpointUrl, modelUrl, type Publisher } from './address.ts';
import { TITLE } from './title.ts';

const common = createOpenAiProvider({
  id: 'vertex_ai',
  title: TITLE,
  baseUrl: BASE_URL,
  keyVariables: [],
  auth: { kind: 'none' },
  unsupported: ['logit_bias', 'user', ...FUNCTIONS, ...OPENAI_ONLY],
  maxTokens: 'max_tokens',
  reasoning: 'effort',
  streamUsage: true,
  keeps: [],
}).chat;

function at(
  chat: ChatTranslation,
  model: string,
  urlOf: (target: Target, streaming: boolean) => string,
): ChatTranslation {
  const named = (target: Target): Target => ({ ...target, model });
  return {
    ...chat,
    toRequest: (request, target) =>
      orRefusal(() => {
        const url = urlOf(target, request.stream === true);
        const wire = chat.toRequest(request, { ...named(target), baseUrl: BASE_URL });
        return 'refused' in wire ? wire : { ...wire, url };
      }),
    fromResponse: (body, request, target) => chat.fromResponse(body, request, named(target)),
    decoder: (request, target) => chat.decoder(request, named(target)),
  };
}

/** Google's endpoint for all of them, where the model is named with its publisher. */
export function commonChat(model: string): ChatTranslation {
  return at(common, model, (target) => endpointUrl(target, 'openapi', '/chat/completions'));
}

export function ownEndpointChat(id: string): ChatTranslation {
  return at(common, id, (target) => endpointUrl(target, id, '/chat/completions'));
}

/** The version behind `@` belongs to the address; in the body the model has its plain name. */
function rawChat(chat: ChatTranslation, publisher: Publisher, model: string): ChatTranslation {
  const plain = model.split('@', 1)[0] ?? model;
  return at(chat, plain, (target, streaming) =>
    modelUrl(target, publisher, model, streaming ? 'streamRawPredict' : 'rawPredict'),
  );
}

export function mistralChat(model: string): ChatTranslation {
  return rawChat(mistral.chat, 'mistralai', model);
}

export function ai21Chat(model: string): ChatTranslation {
  return rawChat(common, 'ai21', model);
}
