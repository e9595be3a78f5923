/** How much a request that is no chat can count at most, of tokens and of everything else that has a price. */
import type { Body } from '../providers/dialects/dialect.ts';
import { pixelsOf } from '../providers/protocol/image-size.ts';
import type { RequestSizes } from '../providers/pricing/cost.ts';
import type { PlainOperation } from '../providers/provider.ts';

/** A picture of the largest size is made of no more tokens than this. */
const TOKENS_PER_IMAGE = 20_000;
/** The largest picture that a size of `auto` can give. */
const PIXELS_PER_IMAGE = 1536 * 1024;
/** No speaker needs longer for a letter, and no model more tokens. */
const SECONDS_PER_CHARACTER = 1;
const TOKENS_PER_CHARACTER = 20;
/** Telephone sound, packed well. */
const LEAST_BYTES_PER_SECOND = 500;
const TOKENS_PER_SECOND = 50;

export function largestSizes(operation: PlainOperation, body: Body): RequestSizes {
  switch (operation) {
    case 'embeddings':
    case 'moderation':
      return { promptTokens: textBytes(body), completionTokens: 0 };
    case 'rerank':
      return largestRerank(body);
    case 'images':
    case 'imageEdits':
    case 'imageVariations': {
      const images = typeof body['n'] === 'number' ? body['n'] : 1;
      const sources = Array.isArray(body['image']) ? body['image'].length + 1 : body['image'] === undefined ? 0 : 2;
      return {
        promptTokens: textBytes({ prompt: body['prompt'] }) + sources * TOKENS_PER_IMAGE,
        completionTokens: images * TOKENS_PER_IMAGE,
        media: true,
        units: { images, pixels: images * (pixelsOf(body['size']) ?? PIXELS_PER_IMAGE) },
      };
    }
    case 'speech': {
      const characters = typeof body['input'] === 'string' ? body['input'].length : 0;
      return {
        promptTokens: textBytes(body),
        completionTokens: characters * TOKENS_PER_CHARACTER,
        media: true,
        units: { characters, seconds: characters * SECONDS_PER_CHARACTER },
      };
    }
    case 'transcription':
    case 'translation': {
      // Base64 takes four bytes for three.
      const seconds = Math.ceil((textBytes(body) * 0.75) / LEAST_BYTES_PER_SECOND);
      return {
        promptTokens: seconds * TOKENS_PER_SECOND,
        completionTokens: seconds * TOKENS_PER_SECOND,
        media: true,
        units: { seconds },
      };
    }
  }
}

/** Every document is read together with the query, and a search counts up to a hundred documents. */
function largestRerank(body: Body): RequestSizes {
  const documents = Array.isArray(body['documents']) ? body['documents'].length : 0;
  const promptTokens = textBytes(body) + documents * textBytes({ query: body['query'] });
  // A long document counts as several.
  return { promptTokens, completionTokens: 0, units: { queries: Math.ceil((documents + promptTokens / 500) / 100) } };
}

/** A token is at least one byte of text. */
function textBytes(body: Body): number {
  return Buffer.byteLength(JSON.stringify(body));
}

/** Rows of the price list for one quality and size, the most exact first. */
export function imageVariants(body: Body): readonly string[] {
  const size = typeof body['size'] === 'string' ? body['size'].replace('x', '-x-') : '1024-x-1024';
  const quality = typeof body['quality'] === 'string' ? body['quality'] : 'standard';
  return [`${quality}/${size}`, size];
}
