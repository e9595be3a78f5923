/** Google's Vertex AI: Gemini, Claude and the partners' models, each in its own protocol. */
import { anthropic } from '../anthropic/index.ts';
import { fromGoogleError } from '../gemini/error.ts';
import { createGeminiImages } from '../gemini/images.ts';
import { withPlainCallIds } from '../protocol/call-id.ts';
import { isObject } from '../protocol/json.ts';
import type { ChatTranslation, Provider, Target, WireHeaders } from '../provider.ts';
import { BASE_URL, modelUrl } from './address.ts';
import { claudeChat } from './claude.ts';
import { embeddings } from './embeddings.ts';
import { familyOf } from './families.ts';
import { geminiChat, nativeGeneration, tunedChat } from './gemini.ts';
import { ai21Chat, commonChat, mistralChat, ownEndpointChat } from './partners.ts';
import { rerank } from './rerank.ts';
import { speech } from './speech.ts';
import { TITLE } from './title.ts';

function chatOf({ model }: Target): ChatTranslation {
  const family = familyOf(model);
  switch (family.kind) {
    case 'gemini':
      return geminiChat(family.model);
    case 'gemini-endpoint':
      return tunedChat(family.id);
    case 'claude':
      return claudeChat(family.model);
    case 'mistral':
      return mistralChat(family.model);
    case 'ai21':
      return ai21Chat(family.model);
    case 'openai':
      return commonChat(family.model);
    case 'openai-endpoint':
      return ownEndpointChat(family.id);
    default:
      return family satisfies never;
  }
}

const fromGoogle = fromGoogleError(TITLE);

/** What the models' makers answer passes through; only Anthropic's errors have a `type` of their own at the top. */
function fromError(status: number, body: unknown, headers: WireHeaders) {
  const isAnthropic = isObject(body) && body['type'] === 'error';
  return isAnthropic ? anthropic.fromError(status, body, headers) : fromGoogle(status, body, headers);
}

export const vertex: Provider = {
  id: 'vertex_ai',
  title: TITLE,
  baseUrl: BASE_URL,
  baseUrlVariables: ['VERTEXAI_API_BASE', 'VERTEX_API_BASE'],
  // The text of a credential, or the path of a file that holds one.
  keyVariables: ['VERTEXAI_CREDENTIALS', 'VERTEX_CREDENTIALS', 'GOOGLE_APPLICATION_CREDENTIALS'],
  settingVariables: {
    vertex_project: ['VERTEXAI_PROJECT', 'VERTEX_PROJECT', 'GOOGLE_CLOUD_PROJECT'],
    vertex_location: ['VERTEXAI_LOCATION', 'VERTEX_LOCATION', 'GOOGLE_CLOUD_LOCATION'],
  },
  auth: { kind: 'google-oauth', scope: 'https://www.googleapis.com/auth/cloud-platform' },
  // Inside Google Cloud the machine itself has a credential.
  keyOptional: true,
  chat: {
    toRequest: (request, target) => {
      const chat = chatOf(target);
      return chat.toRequest(chat.readsSignedIds === true ? request : withPlainCallIds(request), target);
    },
    fromResponse: (body, request, target) => chatOf(target).fromResponse(body, request, target),
    framing: 'sse',
    decoder: (request, target) => chatOf(target).decoder(request, target),
    inlineUrls: (attachment, target) => chatOf(target).inlineUrls?.(attachment, target) === true,
    readsSignedIds: true,
  },
  native: { generation: nativeGeneration },
  embeddings,
  rerank,
  speech,
  images: createGeminiImages({
    title: TITLE,
    url: (target, method) => modelUrl(target, 'google', target.model, method),
  }),
  fromError,
};
