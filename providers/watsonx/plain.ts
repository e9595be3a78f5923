/** watsonx.ai's embeddings and rerank. */
import { createTextEmbeddings } from '../protocol/embeddings-wire.ts';
import { isObject, listOf } from '../protocol/json.ts';
import { checkPlain, oneOf } from '../protocol/plain-parameters.ts';
import { countedRead } from '../protocol/plain-usage.ts';
import { orRefusal } from '../protocol/refused.ts';
import { documentTexts, toRerank } from '../protocol/rerank.ts';
import { extraHeaders } from '../protocol/settings.ts';
import type { PlainTranslation } from '../provider.ts';
import { TITLE } from './error.ts';
import { neededProject, urlOf } from './project.ts';

const CUT = 'truncate_input_tokens';

export const embeddings = createTextEmbeddings({
  title: TITLE,
  takes: [CUT],
  toWire: (inputs, kept, target) => ({
    url: urlOf(target, 'text/embeddings'),
    body: {
      inputs,
      model_id: target.model,
      ...neededProject(target),
      ...(kept[CUT] === undefined ? {} : { parameters: { [CUT]: kept[CUT] } }),
    },
  }),
  read: (json) => {
    const reply = isObject(json) ? json : {};
    const vectors = listOf(reply['results']).map((entry) => (isObject(entry) ? entry['embedding'] : undefined));
    return { vectors, ...countedRead(reply['input_token_count']) };
  },
});

const takes = oneOf('query', 'documents', 'top_n', 'return_documents', 'rank_fields', CUT);

export const rerank: PlainTranslation = {
  toRequest: (body, target) => {
    const { model, settings } = target;
    const checked = checkPlain(body, { title: TITLE, model, settings, takes });
    if ('refused' in checked) return checked;
    const { query, top_n: most } = checked.kept;
    return orRefusal(() => ({
      method: 'POST',
      url: urlOf(target, 'text/rerank'),
      headers: { 'content-type': 'application/json', ...extraHeaders(settings) },
      body: JSON.stringify({
        model_id: model,
        ...neededProject(target),
        query,
        inputs: documentTexts(body).map((text) => ({ text })),
        parameters: {
          ...(checked.kept[CUT] === undefined ? {} : { [CUT]: checked.kept[CUT] }),
          return_options: { ...(most === undefined ? {} : { top_n: most }), inputs: false },
        },
      }),
      dropped: checked.dropped,
    }));
  },
  fromResponse: ({ json }, body, target) => {
    const reply = isObject(json) ? json : {};
    const { usage } = countedRead(reply['input_token_count']);
    return toRerank(reply['results'], body, usage, target.id);
  },
};
