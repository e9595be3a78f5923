/** Snowflake's embeddings, which lie beside its address for OpenAI's wire. */
import { createTextEmbeddings } from '../protocol/embeddings-wire.ts';
import { isObject, listOf } from '../protocol/json.ts';
import { countsOf } from '../protocol/plain-usage.ts';
import { TITLE } from './title.ts';

export const embeddings = createTextEmbeddings({
  title: TITLE,
  takes: [],
  toWire: (text, _kept, { model, baseUrl }) => ({
    url: `${baseUrl.replace(/\/cortex\/v1(\/chat\/completions)?$/, '')}/cortex/inference:embed`,
    headers: { accept: 'application/json' },
    body: { model, text },
  }),
  read: (json) => {
    const reply = isObject(json) ? json : {};
    // Each vector lies in a list of its own.
    const vectors = listOf(reply['data']).map((entry) => {
      const list = isObject(entry) ? listOf(entry['embedding']) : [];
      return Array.isArray(list[0]) ? list[0] : list;
    });
    const usage = countsOf(reply['usage']);
    return { vectors, ...(usage === undefined ? {} : { usage }) };
  },
});
