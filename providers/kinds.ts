/** What can be asked of the gateway: one row a kind of request. Its name is the type of its workflow. The only list. */
import { chat } from './dialects/chat.ts';
import { completion } from './dialects/completion.ts';
import type { Dialect } from './dialects/dialect.ts';
import { generation } from './dialects/generation.ts';
import { message } from './dialects/message.ts';
import { response } from './dialects/response.ts';
import type { PlainOperation } from './provider.ts';

export type KindRow =
  /** Answered by a provider's chat; the caller's dialect is translated. */
  | { readonly operation: 'chat'; readonly dialect: Dialect }
  /** Passed as it is, in the provider's own words. */
  | { readonly operation: 'passThrough' }
  /** Answered whole by the provider's operation of this name. */
  | { readonly operation: PlainOperation };

export const KINDS = {
  chatCompletion: { operation: 'chat', dialect: chat },
  completion: { operation: 'chat', dialect: completion },
  message: { operation: 'chat', dialect: message },
  response: { operation: 'chat', dialect: response },
  generation: { operation: 'chat', dialect: generation },
  embedding: { operation: 'embeddings' },
  rerank: { operation: 'rerank' },
  moderation: { operation: 'moderation' },
  image: { operation: 'images' },
  imageEdit: { operation: 'imageEdits' },
  imageVariation: { operation: 'imageVariations' },
  speech: { operation: 'speech' },
  transcription: { operation: 'transcription' },
  translation: { operation: 'translation' },
  passThrough: { operation: 'passThrough' },
} as const satisfies Record<string, KindRow>;

export type Kind = keyof typeof KINDS;

/** Errors: a kind that this version does not know, from a ledger that a newer one wrote. */
export function kindRow(kind: string): KindRow {
  if (!Object.hasOwn(KINDS, kind))
    throw new Error(`This version of Holdfast does not know requests of the kind ${kind}.`);
  return KINDS[kind as Kind];
}
