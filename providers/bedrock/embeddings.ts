/** Embeddings of the models behind Bedrock's `invoke`: Titan's and Nova's read one text a call, Cohere's a list. */
import { EMBEDDING_WORDS, embeddingBody, vectorsIn } from '../cohere/embeddings.ts';
import { joinEmbeddings, textsOf, toEmbeddings } from '../protocol/embeddings.ts';
import { createTextEmbeddings } from '../protocol/embeddings-wire.ts';
import { isObject, listOf, type JsonObject } from '../protocol/json.ts';
import { countedRead } from '../protocol/plain-usage.ts';
import { Refused } from '../protocol/refused.ts';
import type { PlainTranslation, Target } from '../provider.ts';
import { modelUrl, RUNTIME } from './address.ts';
import { TITLE } from './error.ts';
import { namedModel } from './model.ts';
import { placeOf } from './region.ts';

type Family = 'titan' | 'titan-image' | 'cohere' | 'nova';

/** Throws `Refused` for a model whose protocol is not known. */
function familyOf(name: string): Family {
  if (name.includes('titan-embed-image')) return 'titan-image';
  if (name.includes('titan-embed')) return 'titan';
  if (name.includes('cohere.embed')) return 'cohere';
  if (/nova.*embed/.test(name)) return 'nova';
  throw new Refused('unsupported_parameter', `${TITLE} has no embeddings of the model ${name}.`, 'model');
}

const WORDS: Readonly<Record<Family, readonly string[]>> = {
  titan: ['dimensions', 'normalize'],
  'titan-image': ['dimensions'],
  cohere: EMBEDDING_WORDS,
  nova: ['dimensions', 'embeddingPurpose', 'truncationMode'],
};

const ALL_WORDS = [...new Set(Object.values(WORDS).flat())];

function setIf(name: string, value: unknown): JsonObject {
  return value === undefined ? {} : { [name]: value };
}

/** Titan's first generation has one size and no other word. */
function isFirstTitan(name: string): boolean {
  return /titan-embed-(text-v1|g1-text)/.test(name);
}

function bodyOf(name: string, texts: readonly string[], kept: JsonObject): JsonObject {
  const family = familyOf(name);
  const [text = ''] = texts;
  const { dimensions, normalize } = kept;
  const foreign = Object.keys(kept).find((word) => !WORDS[family].includes(word) || isFirstTitan(name));
  if (foreign !== undefined)
    throw new Refused('unsupported_parameter', `${TITLE}: ${name} has no parameter ${foreign}.`, foreign);
  switch (family) {
    case 'titan':
      return { inputText: text, ...setIf('dimensions', dimensions), ...setIf('normalize', normalize) };
    case 'titan-image':
      return {
        inputText: text,
        ...(dimensions === undefined ? {} : { embeddingConfig: { outputEmbeddingLength: dimensions } }),
      };
    case 'cohere':
      return embeddingBody(texts, kept);
    case 'nova':
      return {
        schemaVersion: 'nova-multimodal-embed-v1',
        taskType: 'SINGLE_EMBEDDING',
        singleEmbeddingParams: {
          embeddingPurpose: kept['embeddingPurpose'] ?? 'GENERIC_INDEX',
          embeddingDimension: dimensions ?? 3072,
          text: { value: text, truncationMode: kept['truncationMode'] ?? 'END' },
        },
      };
    default:
      return family satisfies never;
  }
}

function vectorsOf(json: unknown): readonly unknown[] {
  if (!isObject(json)) return [];
  if (Array.isArray(json['embedding'])) return [json['embedding']];
  const list = listOf(json['embeddings']);
  const isNova = list.some((one) => isObject(one) && 'embedding' in one);
  return isNova ? list.map((one) => (isObject(one) ? one['embedding'] : undefined)) : vectorsIn(json);
}

const single = createTextEmbeddings({
  title: TITLE,
  takes: ALL_WORDS,
  toWire: (texts, kept, target) => {
    const { id, name, region: named } = namedModel(target);
    const { region, baseUrl } = placeOf(target, RUNTIME, named);
    return {
      url: modelUrl(baseUrl, id, 'invoke'),
      headers: { accept: 'application/json' },
      body: bodyOf(name, texts, kept),
      signingRegion: region,
    };
  },
  read: (json) => ({
    vectors: vectorsOf(json),
    ...countedRead(isObject(json) ? json['inputTextTokenCount'] : undefined),
  }),
});

function readsOneText({ model }: Target): boolean {
  return !/cohere\.embed/i.test(model);
}

export const embeddings: PlainTranslation = {
  ...single,
  fromResponse: (reply, body, target) => {
    const answer = single.fromResponse(reply, body, target);
    if (answer.usage !== undefined) return answer;
    // Where the body counts nothing, a header does.
    const { usage } = countedRead(Number(reply.headers?.['x-amzn-bedrock-input-token-count'] ?? Number.NaN));
    return usage === undefined ? answer : toEmbeddings(vectorsOf(reply.json), body, usage, target.model);
  },
  split: (body, target) => {
    const texts = textsOf(body);
    if (texts === undefined || texts.length < 2 || !readsOneText(target)) return undefined;
    return texts.map((input) => ({ ...body, input }));
  },
  join: joinEmbeddings,
};
