/** Operations besides chat on OpenAI's wire. Same words in and out. */
import { fromOpenAiEmbeddings } from '../protocol/embeddings.ts';
import { toModeration } from '../protocol/moderation.ts';
import { createRerank } from '../protocol/rerank-wire.ts';
import type { PlainOperation, PlainTranslation } from '../provider.ts';
import { imageEdits, images, imageVariations, speech, transcription, translation } from './files.ts';
import { jsonRequest, plainUrl, type PlainWire } from './plain-request.ts';
import { addressProblem } from './request.ts';

type Create = (wire: PlainWire) => PlainTranslation;

export function createEmbeddings(wire: PlainWire): PlainTranslation {
  return {
    toRequest: (body, target) => jsonRequest(wire, target, '/embeddings', body),
    fromResponse: ({ json }, body, target) => fromOpenAiEmbeddings(json, body, target.model),
  };
}

function moderation(wire: PlainWire): PlainTranslation {
  return {
    toRequest: (body, target) => jsonRequest(wire, target, '/moderations', body),
    fromResponse: ({ json }, _body, target) => toModeration(json, target.id, target.model),
  };
}

function rerank(wire: PlainWire): PlainTranslation {
  const { upstreamModel } = wire;
  const translation = createRerank({
    title: wire.title,
    url: (target) => plainUrl(wire, target, '/rerank'),
    also: ['max_chunks_per_doc', 'max_tokens_per_doc'],
    ...(upstreamModel === undefined ? {} : { upstreamModel }),
  });
  return {
    ...translation,
    toRequest: (body, target) => addressProblem(wire, wire.baseUrl, target) ?? translation.toRequest(body, target),
  };
}

const OPERATIONS: { readonly [operation in PlainOperation]: Create } = {
  embeddings: createEmbeddings,
  moderation,
  rerank,
  images,
  imageEdits,
  imageVariations,
  speech,
  transcription,
  translation,
};

/** The operations that a provider has, ready to be put beside its chat. */
export function plainOperations(
  wire: PlainWire,
  names: readonly PlainOperation[],
): { readonly [operation in PlainOperation]?: PlainTranslation } {
  return Object.fromEntries(names.map((name) => [name, OPERATIONS[name](wire)]));
}
