/** Recraft: pictures on OpenAI's wire, with another name for the way to edit them. */
import { createOpenAiProvider } from '../openai/create.ts';
import type { Provider, Target } from '../provider.ts';

function plainUrl({ baseUrl }: Target, path: string): string {
  const root = /\/v\d+$/.test(baseUrl) ? baseUrl : `${baseUrl}/v1`;
  return `${root}${path === '/images/edits' ? '/images/imageToImage' : path}`;
}

const { chat: _none, ...rest } = createOpenAiProvider({
  id: 'recraft',
  title: 'Recraft',
  baseUrl: 'https://external.api.recraft.ai',
  baseUrlVariables: ['RECRAFT_API_BASE'],
  keyVariables: ['RECRAFT_API_KEY'],
  auth: { kind: 'bearer' },
  also: ['images', 'imageEdits'],
  plainUrl,
  unsupported: [],
  maxTokens: 'as_sent',
  reasoning: 'as_sent',
  streamUsage: false,
  keeps: [],
});

export const recraft: Provider = rest;
