/** The routes that are answered whole; `table.ts` adds what they have in common. */
import { embeddingRequestSchema, embeddingResponseSchema } from '../../providers/protocol/embeddings.ts';
import {
  speechRequestSchema,
  transcriptionRequestSchema,
  transcriptResponseSchema,
  translationRequestSchema,
} from '../../providers/protocol/audio.ts';
import {
  imageEditSchema,
  imageRequestSchema,
  imagesResponseSchema,
  imageVariationSchema,
} from '../../providers/protocol/images.ts';
import { readForm } from '../middleware/form.ts';
import { callHeadersSchema } from './call-headers.ts';
import { chatExtrasSchema } from './chat-extras.ts';
import { moderationRequestSchema, moderationResponseSchema } from '../../providers/protocol/moderation.ts';
import { rerankRequestSchema, rerankResponseSchema } from '../../providers/protocol/rerank.ts';
import { plainRoute } from './plain.ts';
import { sendStored } from './stored-bytes.ts';
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
  {
    paths: pathsOf('/images/generations'),
    handler: plainRoute({ kind: 'image', schema: imageRequestSchema }),
    summary: 'Make pictures from words',
    tag: 'Images',
    headers: callHeadersSchema,
    body: imageRequestSchema.extend(chatExtrasSchema.shape).meta({ id: 'ImageRequest' }),
    answer: imagesResponseSchema.meta({ id: 'Images' }),
  },
  {
    paths: pathsOf('/images/edits'),
    handler: plainRoute({ kind: 'imageEdit', schema: imageEditSchema, read: readForm }),
    summary: 'Change pictures as words say',
    tag: 'Images',
    headers: callHeadersSchema,
    body: imageEditSchema.extend(chatExtrasSchema.shape).meta({ id: 'ImageEditRequest' }),
    bodyType: 'multipart/form-data',
    answer: imagesResponseSchema,
  },
  {
    paths: pathsOf('/images/variations'),
    handler: plainRoute({ kind: 'imageVariation', schema: imageVariationSchema, read: readForm }),
    summary: 'Make pictures that resemble one',
    tag: 'Images',
    headers: callHeadersSchema,
    body: imageVariationSchema.extend(chatExtrasSchema.shape).meta({ id: 'ImageVariationRequest' }),
    bodyType: 'multipart/form-data',
    answer: imagesResponseSchema,
  },
  {
    paths: pathsOf('/audio/speech'),
    handler: plainRoute({ kind: 'speech', schema: speechRequestSchema, send: sendStored }),
    summary: 'Speak a text',
    tag: 'Audio',
    headers: callHeadersSchema,
    body: speechRequestSchema.extend(chatExtrasSchema.shape).meta({ id: 'SpeechRequest' }),
    answerType: 'audio/mpeg',
  },
  {
    paths: pathsOf('/audio/transcriptions'),
    handler: plainRoute({
      kind: 'transcription',
      schema: transcriptionRequestSchema,
      read: readForm,
      send: sendStored,
    }),
    summary: 'Write down what is said',
    tag: 'Audio',
    headers: callHeadersSchema,
    body: transcriptionRequestSchema.extend(chatExtrasSchema.shape).meta({ id: 'TranscriptionRequest' }),
    bodyType: 'multipart/form-data',
    answer: transcriptResponseSchema.meta({ id: 'Transcript' }),
  },
  {
    paths: pathsOf('/audio/translations'),
    handler: plainRoute({ kind: 'translation', schema: translationRequestSchema, read: readForm, send: sendStored }),
    summary: 'Write down in English what is said',
    tag: 'Audio',
    headers: callHeadersSchema,
    body: translationRequestSchema.extend(chatExtrasSchema.shape).meta({ id: 'TranslationRequest' }),
    bodyType: 'multipart/form-data',
    answer: transcriptResponseSchema,
  },
];
