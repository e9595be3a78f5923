/** Ollama's own API, which says more than its imitation of OpenAI's: thoughts, how a model is loaded, counts. */
import type { Provider } from '../provider.ts';
import { createDecoder } from './decoder.ts';
import { embeddings } from './embeddings.ts';
import { fromError, TITLE } from './error.ts';
import { toRequest } from './request.ts';
import { fromResponse } from './response.ts';

export const ollama: Provider = {
  id: 'ollama',
  title: TITLE,
  baseUrl: 'http://127.0.0.1:11434',
  baseUrlVariables: ['OLLAMA_API_BASE'],
  keyVariables: ['OLLAMA_API_KEY'],
  auth: { kind: 'bearer' },
  keyOptional: true,
  chat: {
    toRequest,
    fromResponse,
    framing: 'json-lines',
    decoder: createDecoder,
    inlineUrls: ({ kind }) => kind === 'image',
  },
  embeddings,
  fromError,
};
