/** NLP Cloud: text generation. */
import type { Provider } from '../provider.ts';
import { createDecoder } from './decoder.ts';
import { fromError, TITLE } from './error.ts';
import { toRequest } from './request.ts';
import { fromResponse } from './response.ts';

export const nlpCloud: Provider = {
  id: 'nlp_cloud',
  title: TITLE,
  baseUrl: 'https://api.nlpcloud.io/v1/gpu',
  baseUrlVariables: ['NLP_CLOUD_API_BASE'],
  keyVariables: ['NLP_CLOUD_API_KEY'],
  auth: { kind: 'header', name: 'authorization', prefix: 'Token ' },
  chat: { toRequest, fromResponse, framing: 'json-lines', decoder: createDecoder },
  fromError,
};
