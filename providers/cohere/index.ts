/** Cohere's chat, version 2. */
import { createRerank } from '../protocol/rerank-wire.ts';
import type { Provider } from '../provider.ts';
import { createDecoder } from './decoder.ts';
import { apiUrl, embeddings } from './embeddings.ts';
import { fromError, TITLE } from './error.ts';
import { toRequest } from './request.ts';
import { fromResponse } from './response.ts';

export const cohere: Provider = {
  id: 'cohere',
  title: TITLE,
  baseUrl: 'https://api.cohere.com',
  baseUrlVariables: ['COHERE_API_BASE'],
  keyVariables: ['COHERE_API_KEY', 'CO_API_KEY'],
  auth: { kind: 'bearer' },
  chat: { toRequest, fromResponse, framing: 'sse', decoder: createDecoder },
  embeddings,
  rerank: createRerank({
    title: TITLE,
    url: ({ baseUrl }) => apiUrl(baseUrl, '/rerank'),
    also: ['max_tokens_per_doc', 'priority'],
  }),
  fromError,
};
