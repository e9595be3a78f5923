/** Replicate: predictions that are waited for, or whose text is streamed as it comes. */
import type { Provider } from '../provider.ts';
import { createDecoder } from './decoder.ts';
import { fromError, TITLE } from './error.ts';
import { fromResponse, toReceipt } from './prediction.ts';
import { toRequest } from './request.ts';

export const replicate: Provider = {
  id: 'replicate',
  title: TITLE,
  baseUrl: 'https://api.replicate.com/v1',
  baseUrlVariables: ['REPLICATE_API_BASE'],
  keyVariables: ['REPLICATE_API_KEY', 'REPLICATE_API_TOKEN'],
  auth: { kind: 'bearer' },
  chat: { toRequest, fromResponse, framing: 'sse', decoder: createDecoder, receipt: toReceipt },
  fromError,
};
