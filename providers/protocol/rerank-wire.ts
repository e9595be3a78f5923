/** The wire that most rerankers share, which is Cohere's or nearly so. */
import { extraHeaders } from './settings.ts';
import { isObject, textOf } from './json.ts';
import { checkPlain, oneOf } from './plain-parameters.ts';
import { countsOf } from './plain-usage.ts';
import { documentTexts, searchesIn, toRerank } from './rerank.ts';
import type { PlainTranslation, Target } from '../provider.ts';

export type RerankWire = {
  readonly title: string;
  readonly url: (target: Target) => string;
  readonly topName?: 'top_n' | 'top_k';
  /** Parameters it takes besides the query and the documents. */
  readonly also?: readonly string[];
  readonly upstreamModel?: (model: string) => string;
};

export function createRerank(wire: RerankWire): PlainTranslation {
  // What we do ourselves is taken everywhere: cutting, and putting documents back.
  const takes = oneOf('query', 'documents', 'top_n', 'return_documents', 'rank_fields', ...(wire.also ?? []));
  return {
    toRequest: (body, target) => {
      const { model, settings } = target;
      const checked = checkPlain(body, { title: wire.title, model, settings, takes });
      if ('refused' in checked) return checked;
      const {
        documents: _documents,
        top_n: most,
        return_documents: _back,
        rank_fields: _fields,
        ...rest
      } = checked.kept;
      return {
        method: 'POST',
        url: wire.url(target),
        headers: { 'content-type': 'application/json', ...extraHeaders(settings) },
        body: JSON.stringify({
          ...rest,
          model: wire.upstreamModel?.(model) ?? model,
          documents: documentTexts(body),
          ...(most === undefined ? {} : { [wire.topName ?? 'top_n']: most }),
        }),
        dropped: checked.dropped,
      };
    },
    fromResponse: ({ json }, body, target) => {
      const reply = isObject(json) ? json : {};
      const usage = searchesIn(reply['meta']) ?? countsOf(reply['usage']);
      return toRerank(reply['results'] ?? reply['data'], body, usage, textOf(reply['id']) ?? target.id);
    },
  };
}
