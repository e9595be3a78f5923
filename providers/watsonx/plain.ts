/** watsonx.ai's embeddings and rerank. */
import { createTextEmbeddings } from '../protocol/embeddings-wire.ts';
import { isObject, listOf } from '../protocol/json.ts';
import { oneOf } from '../protocol/plain-parameters.ts';
import { countedRead } from '../protocol/plain-usage.ts';
import { createPlain } from '../protocol/plain-wire.ts';
import { documentTexts, toRerank } from '../protocol/rerank.ts';
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

export const rerank = createPlain({
  title: TITLE,
  takes: oneOf('query', 'documents', 'top_n', 'return_documents', 'rank_fields', CUT),
  toWire: ({ query, top_n: most, [CUT]: cut }, target, body) => ({
    url: urlOf(target, 'text/rerank'),
    json: {
      model_id: target.model,
      ...neededProject(target),
      query,
      inputs: documentTexts(body).map((text) => ({ text })),
      parameters: {
        ...(cut === undefined ? {} : { [CUT]: cut }),
        return_options: { ...(most === undefined ? {} : { top_n: most }), inputs: false },
      },
    },
  }),
  fromResponse: ({ json }, body, target) => {
    const reply = isObject(json) ? json : {};
    const { usage } = countedRead(reply['input_token_count']);
    return toRerank(reply['results'], body, usage, target.id);
  },
});
