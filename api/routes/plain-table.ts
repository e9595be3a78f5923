/** The routes that are answered whole; `table.ts` adds what they have in common. */
import { embeddingRequestSchema, embeddingResponseSchema } from '../../providers/protocol/embeddings.ts';
import { callHeadersSchema } from './call-headers.ts';
import { chatExtrasSchema } from './chat-extras.ts';
import { moderationRequestSchema, moderationResponseSchema } from '../../providers/protocol/moderation.ts';
import { rerankRequestSchema, rerankResponseSchema } from '../../providers/protocol/rerank.ts';
import { plainRoute } from './plain.ts';
import type { Route } from './table.ts';

/** Every form in which clients of OpenAI, Azure and LiteLLM ask for an operation. */
function pathsOf(path: string): string[] {
  return [`/v1${path}`, path, `/openai/deployments/*model${path}`];
}

export const PLAIN_ROUTES: readonly Omit<Route, 'method' | 'access' | 'errors'>[] = [
  {
    paths: [...pathsOf('/embeddings'), '/engines/*model/embeddings'],
    handler: plainRoute({ kind: 'embedding', schema: embeddingRequestSchema }),
    summary: 'Create embeddings',
    tag: 'Embeddings',
    headers: callHeadersSchema,
    body: embeddingRequestSchema.extend(chatExtrasSchema.shape).meta({ id: 'EmbeddingRequest' }),
    answer: embeddingResponseSchema.meta({ id: 'EmbeddingList' }),
  },
  {
    paths: ['/v1/rerank', '/v2/rerank', '/rerank'],
    handler: plainRoute({ kind: 'rerank', schema: rerankRequestSchema }),
    summary: 'Sort documents by how well they fit a query',
    tag: 'Rerank',
    headers: callHeadersSchema,
    body: rerankRequestSchema.extend(chatExtrasSchema.shape).meta({ id: 'RerankRequest' }),
    answer: rerankResponseSchema.meta({ id: 'Rerank' }),
  },
  {
    paths: ['/v1/moderations', '/moderations'],
    handler: plainRoute({ kind: 'moderation', schema: moderationRequestSchema }),
    summary: 'Classify what a text or a picture holds',
    tag: 'Moderations',
    headers: callHeadersSchema,
    body: moderationRequestSchema.extend(chatExtrasSchema.shape).meta({ id: 'ModerationRequest' }),
    answer: moderationResponseSchema.meta({ id: 'Moderation' }),
  },
];
