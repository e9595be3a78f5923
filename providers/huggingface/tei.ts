/** Hugging Face's server for embeddings and rerank (TEI), and the same tasks behind the router. */
import { createTextEmbeddings } from '../protocol/embeddings-wire.ts';
import { isObject } from '../protocol/json.ts';
import { checkPlain, oneOf } from '../protocol/plain-parameters.ts';
import { documentTexts, toRerank } from '../protocol/rerank.ts';
import { extraHeaders } from '../protocol/settings.ts';
import type { PlainTranslation } from '../provider.ts';
import { TITLE } from './error.ts';

const HEADERS = { 'content-type': 'application/json' } as const;

/** The router's path of a task; the server of one's own speaks OpenAI's wire instead. */
export const routedEmbeddings = createTextEmbeddings({
  title: TITLE,
  takes: ['normalize', 'truncate'],
  toWire: (inputs, kept, { model, baseUrl }) => ({
    url: `${baseUrl}/hf-inference/models/${model}/pipeline/feature-extraction`,
    body: { ...kept, inputs },
  }),
  read: (json) => ({ vectors: Array.isArray(json) ? json : [] }),
});

const takesTexts = oneOf('query', 'documents', 'top_n', 'return_documents', 'rank_fields', 'raw_scores', 'truncate');

export const rerank: PlainTranslation = {
  toRequest: (body, { model, baseUrl, settings }) => {
    const checked = checkPlain(body, { title: TITLE, model, settings, takes: takesTexts });
    if ('refused' in checked) return checked;
    const { query, raw_scores: raw, truncate } = checked.kept;
    return {
      method: 'POST',
      url: baseUrl.endsWith('/rerank') ? baseUrl : `${baseUrl}/rerank`,
      headers: { ...HEADERS, ...extraHeaders(settings) },
      body: JSON.stringify({
        query,
        texts: documentTexts(body),
        ...(raw === undefined ? {} : { raw_scores: raw }),
        ...(truncate === undefined ? {} : { truncate }),
      }),
      dropped: checked.dropped,
    };
  },
  fromResponse: ({ json }, body, target) =>
    toRerank(isObject(json) ? json['results'] : json, body, undefined, target.id),
};
