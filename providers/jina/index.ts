/** Jina AI: embeddings and rerank. */
import { fromOpenAiEmbeddings } from '../protocol/embeddings.ts';
import { toFailure } from '../protocol/failure.ts';
import { checkPlain, oneOf } from '../protocol/plain-parameters.ts';
import { createRerank } from '../protocol/rerank-wire.ts';
import { extraHeaders } from '../protocol/settings.ts';
import type { Provider } from '../provider.ts';

const TITLE = 'Jina AI';

const takes = oneOf('input', 'encoding_format', 'dimensions', 'task', 'normalized', 'late_chunking', 'truncate');

export const jina: Provider = {
  id: 'jina_ai',
  title: TITLE,
  baseUrl: 'https://api.jina.ai/v1',
  baseUrlVariables: ['JINA_AI_API_BASE'],
  keyVariables: ['JINA_AI_API_KEY', 'JINA_API_KEY', 'JINA_AI_TOKEN'],
  auth: { kind: 'bearer' },
  embeddings: {
    toRequest: (body, { model, baseUrl, settings }) => {
      const checked = checkPlain(body, { title: TITLE, model, settings, takes });
      if ('refused' in checked) return checked;
      // Jina calls the encoding by another name and other words; it is made here.
      const { encoding_format: _ours, ...rest } = checked.kept;
      return {
        method: 'POST',
        url: `${baseUrl}/embeddings`,
        headers: { 'content-type': 'application/json', ...extraHeaders(settings) },
        body: JSON.stringify({ ...rest, model }),
        dropped: checked.dropped,
      };
    },
    fromResponse: ({ json }, body, target) => fromOpenAiEmbeddings(json, body, target.model),
  },
  rerank: createRerank({ title: TITLE, url: ({ baseUrl }) => `${baseUrl}/rerank`, also: ['truncation'] }),
  fromError: (status, body, headers) => toFailure({ title: TITLE, status, body, headers }),
};
