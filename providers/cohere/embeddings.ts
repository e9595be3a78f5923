/** Cohere's embeddings. */
import { textsOf, toEmbeddings } from '../protocol/embeddings.ts';
import { isObject, listOf } from '../protocol/json.ts';
import { checkPlain, oneOf } from '../protocol/plain-parameters.ts';
import { tokensRead } from '../protocol/plain-usage.ts';
import { Refused, orRefusal } from '../protocol/refused.ts';
import { extraHeaders } from '../protocol/settings.ts';
import type { PlainTranslation } from '../provider.ts';
import { TITLE } from './error.ts';

const takes = oneOf('input', 'encoding_format', 'dimensions', 'input_type', 'truncate', 'output_dimension', 'priority');

export function apiUrl(baseUrl: string, path: string): string {
  return `${baseUrl.replace(/(\/v[12])?(\/(chat|embed|rerank))?$/, '')}/v2${path}`;
}

export const embeddings: PlainTranslation = {
  toRequest: (body, { model, baseUrl, settings }) => {
    const checked = checkPlain(body, { title: TITLE, model, settings, takes });
    if ('refused' in checked) return checked;
    const { input: _input, encoding_format: _ours, dimensions, ...rest } = checked.kept;
    return orRefusal(() => {
      const texts = textsOf(body);
      if (texts === undefined)
        throw new Refused('unsupported_parameter', `${TITLE} embeds texts, not tokens.`, 'input');
      return {
        method: 'POST',
        url: apiUrl(baseUrl, '/embed'),
        headers: { 'content-type': 'application/json', ...extraHeaders(settings) },
        body: JSON.stringify({
          // Required by Cohere and unknown to OpenAI's callers, most of whom fill an index.
          input_type: 'search_document',
          ...rest,
          model,
          texts,
          embedding_types: ['float'],
          ...(dimensions === undefined ? {} : { output_dimension: dimensions }),
        }),
        dropped: checked.dropped,
      };
    });
  },
  fromResponse: ({ json }, body, target) => {
    const reply = isObject(json) ? json : {};
    const vectors = isObject(reply['embeddings']) ? reply['embeddings']['float'] : reply['embeddings'];
    const billed = isObject(reply['meta']) ? reply['meta']['billed_units'] : undefined;
    const count = isObject(billed) ? billed['input_tokens'] : undefined;
    return toEmbeddings(listOf(vectors), body, typeof count === 'number' ? tokensRead(count) : undefined, target.model);
  },
};
