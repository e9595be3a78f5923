/** The routes that are answered whole; `table.ts` adds what they have in common. */
import { embeddingRequestSchema, embeddingResponseSchema } from '../../providers/protocol/embeddings.ts';
import { callHeadersSchema } from './call-headers.ts';
import { chatExtrasSchema } from './chat-extras.ts';
import { embeddings } from './embeddings.ts';
import type { Route } from './table.ts';

/** Every form in which clients of OpenAI, Azure and LiteLLM ask for an operation. */
function pathsOf(path: string): string[] {
  return [`/v1${path}`, path, `/openai/deployments/*model${path}`];
}

export const PLAIN_ROUTES: readonly Omit<Route, 'method' | 'access' | 'errors'>[] = [
  {
    paths: [...pathsOf('/embeddings'), '/engines/*model/embeddings'],
    handler: embeddings,
    summary: 'Create embeddings',
    tag: 'Embeddings',
    headers: callHeadersSchema,
    body: embeddingRequestSchema.extend(chatExtrasSchema.shape).meta({ id: 'EmbeddingRequest' }),
    answer: embeddingResponseSchema.meta({ id: 'EmbeddingList' }),
  },
];
