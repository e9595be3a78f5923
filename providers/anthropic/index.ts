/** Anthropic's Messages API. */
import type { Provider } from '../provider.ts';
import { createDecoder } from './decoder.ts';
import { fromError, TITLE } from './error.ts';
import { nativeMessages } from './native.ts';
import { toRequest } from './request.ts';
import { fromResponse } from './response.ts';

export const anthropic: Provider = {
  id: 'anthropic',
  title: TITLE,
  baseUrl: 'https://api.anthropic.com',
  baseUrlVariables: ['ANTHROPIC_API_BASE', 'ANTHROPIC_BASE_URL'],
  keyVariables: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'],
  auth: { kind: 'header', name: 'x-api-key', bearerPrefixes: ['sk-ant-oat'] },
  chat: {
    toRequest,
    fromResponse,
    framing: 'sse',
    decoder: createDecoder,
    inlineUrls: ({ kind, url }) => (kind === 'image' || kind === 'file') && !url.startsWith('https://'),
  },
  native: { message: nativeMessages },
  fromError,
};
