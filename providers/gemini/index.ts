/** Google AI Studio: the Gemini API. */
import { textOf } from '../protocol/json.ts';
import type { Provider, Target } from '../provider.ts';
import { createGeminiChat, isYouTube } from './chat.ts';
import { createGeminiEmbeddings } from './embeddings.ts';
import { createGeminiImages } from './images.ts';
import { createGeminiSpeech } from './speech.ts';
import { fromGoogleError } from './error.ts';
import { createNativeGeneration } from './native.ts';
import type { GeminiHouse } from './request.ts';

const TITLE = 'Google AI Studio';
const BASE_URL = 'https://generativelanguage.googleapis.com';

function url({ model, baseUrl, settings }: Target, method: string): string {
  // A base URL of one's own often names the version already.
  const version = /\/v\d\w*$/.test(baseUrl) ? '' : `/${textOf(settings['api_version']) ?? 'v1beta'}`;
  const path = /^(models|tunedModels)\//.test(model) ? model : `models/${model}`;
  return `${baseUrl}${version}/${path}:${method}`;
}

const house: GeminiHouse = {
  title: TITLE,
  url,
  labels: false,
  tier: (tier) => ({ headers: {}, fields: { serviceTier: tier } }),
};

export const gemini: Provider = {
  id: 'gemini',
  title: TITLE,
  baseUrl: BASE_URL,
  baseUrlVariables: ['GEMINI_API_BASE'],
  keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'PALM_API_KEY'],
  // The key may also be sent in the query, where every proxy's log would keep it.
  auth: { kind: 'header', name: 'x-goog-api-key', bearerPrefixes: ['ya29.'] },
  chat: createGeminiChat(
    house,
    // Only what was uploaded to it, and YouTube, can be named.
    ({ url: attachment }) => !attachment.startsWith(`${BASE_URL}/`) && !isYouTube(attachment),
  ),
  native: { generation: createNativeGeneration(house) },
  embeddings: createGeminiEmbeddings({ title: TITLE, url }),
  speech: createGeminiSpeech({ title: TITLE, url }),
  images: createGeminiImages({ title: TITLE, url }),
  fromError: fromGoogleError(TITLE),
};
