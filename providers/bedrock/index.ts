/** Models on AWS Bedrock. */
import type { Provider } from '../provider.ts';
import { RUNTIME } from './address.ts';
import { chat } from './chat.ts';
import { embeddings } from './embeddings.ts';
import { createFromError, TITLE } from './error.ts';
import { images } from './images.ts';
import { defaultBaseUrl } from './region.ts';
import { rerank } from './rerank.ts';
import { AWS_VARIABLES } from './variables.ts';

export const bedrock: Provider = {
  id: 'bedrock',
  title: TITLE,
  baseUrl: defaultBaseUrl(RUNTIME),
  baseUrlVariables: ['AWS_BEDROCK_RUNTIME_ENDPOINT'],
  keyVariables: ['AWS_BEARER_TOKEN_BEDROCK'],
  ...AWS_VARIABLES,
  auth: { kind: 'sigv4', service: 'bedrock' },
  chat,
  embeddings,
  rerank,
  images,
  fromError: createFromError(TITLE),
};
