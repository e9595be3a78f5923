/** Voyage AI: embeddings and rerank. */
import { fromOpenAiEmbeddings } from '../protocol/embeddings.ts';
import { toFailure } from '../protocol/failure.ts';
import { checkPlain, oneOf } from '../protocol/plain-parameters.ts';
import { createRerank } from '../protocol/rerank-wire.ts';
import { extraHeaders } from '../protocol/settings.ts';
import type { Provider } from '../provider.ts';

const TITLE = 'Voyage AI';

const takes = oneOf(
  'input',
  'encoding_format',
  'dimensions',
  'input_type',
  'truncation',
  'output_dimension',
  'output_dtype',
);

export const voyage: Provider = {
  id: 'voyage',
  title: TITLE,
  baseUrl: 'https://api.voyageai.com/v1',
  baseUrlVariables: ['VOYAGE_API_BASE'],
  keyVariables: ['VOYAGE_API_KEY', 'VOYAGE_AI_API_KEY', 'VOYAGE_AI_TOKEN'],
  auth: { kind: 'bearer' },
  embeddings: {
    toRequest: (body, { model, baseUrl, settings }) => {
      const checked = checkPlain(body, { title: TITLE, model, settings, takes });
      if ('refused' in checked) return checked;
      // The encoding is made here: Voyage packs other number types than the caller expects.
      const { encoding_format: _ours, dimensions, ...rest } = checked.kept;
      return {
        method: 'POST',
        url: `${baseUrl}/embeddings`,
        headers: { 'content-type': 'application/json', ...extraHeaders(settings) },
        body: JSON.stringify({ ...rest, model, ...(dimensions === undefined ? {} : { output_dimension: dimensions }) }),
        dropped: checked.dropped,
      };
    },
    fromResponse: ({ json }, body, target) => fromOpenAiEmbeddings(json, body, target.model),
  },
  rerank: createRerank({
    title: TITLE,
    url: ({ baseUrl }) => `${baseUrl}/rerank`,
    topName: 'top_k',
    also: ['truncation'],
  }),
  fromError: (status, body, headers) => toFailure({ title: TITLE, status, body, headers }),
};
