/** NVIDIA's Triton Inference Server, a server of one's own. */
import type { Provider } from '../provider.ts';
import { createDecoder } from './decoder.ts';
import { embeddings } from './embeddings.ts';
import { fromError, TITLE } from './error.ts';
import { toRequest } from './request.ts';
import { fromResponse } from './response.ts';

export const triton: Provider = {
  id: 'triton',
  title: TITLE,
  baseUrl: '',
  baseUrlVariables: ['TRITON_API_BASE'],
  keyVariables: ['TRITON_API_KEY'],
  auth: { kind: 'bearer' },
  keyOptional: true,
  chat: { toRequest, fromResponse, framing: 'sse', decoder: createDecoder },
  embeddings,
  fromError,
};
