/** Infinity, a server of one's own for embeddings and rerank on OpenAI's and Cohere's wire. */
import { createOpenAiProvider } from '../openai/create.ts';
import type { Provider } from '../provider.ts';

const { chat: _none, ...rest } = createOpenAiProvider({
  id: 'infinity',
  title: 'Infinity',
  baseUrl: '',
  baseUrlVariables: ['INFINITY_API_BASE'],
  keyVariables: ['INFINITY_API_KEY'],
  auth: { kind: 'bearer' },
  keyOptional: true,
  also: ['embeddings', 'rerank'],
  unsupported: [],
  maxTokens: 'as_sent',
  reasoning: 'as_sent',
  streamUsage: true,
  keeps: [],
});

export const infinity: Provider = rest;
