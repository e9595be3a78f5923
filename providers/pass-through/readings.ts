/** How the answer of an endpoint is read to account for it, by the translation of the provider that is behind the door. */
import { anthropic } from '../anthropic/index.ts';
import { bedrock } from '../bedrock/index.ts';
import { catalog } from '../catalog.ts';
import { cohere } from '../cohere/index.ts';
import type { PassedEndpoint } from '../dialects/passed-endpoints.ts';
import { gemini } from '../gemini/index.ts';
import { openai } from '../openai/index.ts';
import { responsesReading } from '../openai/responses-reading.ts';
import type { ChatRequest, ChatResponse } from '../protocol/chat.ts';
import type { ChatTranslation, Provider } from '../provider.ts';
import type { Counted, Reading } from './reading.ts';

export type Read = {
  /** Absent where we cannot read it. */
  readonly reading?: Reading;
  /** The name that the reading goes by, where it is not the model's. */
  readonly model?: string;
};

const NOTHING_ASKED: ChatRequest = { model: '', messages: [] };

function counted({ usage, service_tier: tier }: ChatResponse): Counted {
  return { ...(usage === undefined ? {} : { usage }), ...(typeof tier === 'string' ? { serviceTier: tier } : {}) };
}

function chatReading(chat: ChatTranslation | undefined): { readonly reading?: Reading } {
  if (chat === undefined) return {};
  return {
    reading: {
      framing: chat.framing,
      decoder: (target) => chat.decoder(NOTHING_ASKED, target),
      whole: (body, target, headers) => counted(chat.fromResponse(body, NOTHING_ASKED, target, headers)),
    },
  };
}

function plainReading(provider: Provider | undefined, operation: 'embeddings' | 'rerank'): { reading?: Reading } {
  const translation = provider?.[operation];
  if (translation === undefined) return {};
  return {
    reading: {
      framing: 'sse',
      decoder: () => () => {
        throw new Error('This endpoint does not stream.');
      },
      whole: (json, target) => {
        const reply = { json, bytes: new Uint8Array(), contentType: 'application/json' };
        const { usage } = translation.fromResponse(reply, {}, target);
        return usage === undefined ? {} : { usage };
      },
    },
  };
}

/** `id` is a key of the catalog; the operator's own endpoints have none, and their answers are read by their paths alone. */
export function readingOf(id: string, { answers, model = '', by }: PassedEndpoint): Read {
  const provider = catalog[id];
  switch (answers) {
    case 'chat':
      return chatReading((provider ?? openai).chat);
    case 'anthropic':
      return chatReading(anthropic.chat);
    case 'responses':
      return { reading: responsesReading };
    case 'google':
      if (id !== 'vertex_ai') return chatReading(gemini.chat);
      return {
        ...chatReading(provider?.chat),
        ...(by === undefined || by === 'google' ? {} : { model: `${by}/${model}` }),
      };
    case 'bedrock':
      return {
        ...chatReading(bedrock.chat),
        model: `${by?.startsWith('converse') === true ? 'converse' : 'invoke'}/${model}`,
      };
    case 'cohere':
      return chatReading(cohere.chat);
    case 'embeddings':
    case 'rerank':
      return plainReading(provider ?? (answers === 'embeddings' ? openai : undefined), answers);
    case 'unread':
    case 'free':
      return {};
    default:
      return answers satisfies never;
  }
}
