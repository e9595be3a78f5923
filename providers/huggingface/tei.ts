/** Hugging Face's server for embeddings and rerank (TEI), and the same tasks behind the router. */
import { textsOf, toEmbeddings } from '../protocol/embeddings.ts';
import { isObject } from '../protocol/json.ts';
import { checkPlain, oneOf } from '../protocol/plain-parameters.ts';
import { Refused, orRefusal } from '../protocol/refused.ts';
import { documentTexts, toRerank } from '../protocol/rerank.ts';
import { extraHeaders } from '../protocol/settings.ts';
import type { PlainTranslation } from '../provider.ts';
import { TITLE } from './error.ts';

const HEADERS = { 'content-type': 'application/json' } as const;

const takesInput = oneOf('input', 'encoding_format', 'normalize', 'truncate');

/** The router's path of a task; the server of one's own speaks OpenAI's wire instead. */
export const routedEmbeddings: PlainTranslation = {
  toRequest: (body, { model, baseUrl, settings }) => {
    const checked = checkPlain(body, { title: TITLE, model, settings, takes: takesInput });
    if ('refused' in checked) return checked;
    const { input: _input, encoding_format: _ours, ...rest } = checked.kept;
    return orRefusal(() => {
      const texts = textsOf(body);
      if (texts === undefined)
        throw new Refused('unsupported_parameter', `${TITLE} embeds texts, not tokens.`, 'input');
      return {
        method: 'POST',
        url: `${baseUrl}/hf-inference/models/${model}/pipeline/feature-extraction`,
        headers: { ...HEADERS, ...extraHeaders(settings) },
        body: JSON.stringify({ ...rest, inputs: texts }),
        dropped: checked.dropped,
      };
    });
  },
  fromResponse: ({ json }, body, target) =>
    toEmbeddings(Array.isArray(json) ? json : [], body, undefined, target.model),
};

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
