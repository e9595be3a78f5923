/** Ollama's embeddings. */
import { createTextEmbeddings } from '../protocol/embeddings-wire.ts';
import { isObject, listOf } from '../protocol/json.ts';
import { countedRead } from '../protocol/plain-usage.ts';
import { TITLE } from './error.ts';

export const embeddings = createTextEmbeddings({
  title: TITLE,
  takes: ['dimensions', 'truncate', 'options', 'keep_alive'],
  toWire: (input, kept, { model, baseUrl }) => ({
    url: `${baseUrl.replace(/\/(api(\/\w+)?|v1)$/, '')}/api/embed`,
    body: { ...kept, model, input },
  }),
  read: (json) => {
    const reply = isObject(json) ? json : {};
    return { vectors: listOf(reply['embeddings']), ...countedRead(reply['prompt_eval_count']) };
  },
});
