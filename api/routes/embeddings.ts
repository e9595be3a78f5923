/** `POST /v1/embeddings` and its aliases. */
import { embeddingRequestSchema } from '../../providers/protocol/embeddings.ts';
import { plainRoute } from './plain.ts';

export const embeddings = plainRoute({ kind: 'embedding', schema: embeddingRequestSchema });
