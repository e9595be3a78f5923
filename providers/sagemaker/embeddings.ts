/** Embeddings by endpoints of one's own: Hugging Face's containers, and Voyage's models, which speak nearly OpenAI's wire. */
import { createTextEmbeddings } from '../protocol/embeddings-wire.ts';
import { isObject, listOf } from '../protocol/json.ts';
import { countsOf } from '../protocol/plain-usage.ts';
import { addressed } from './address.ts';
import { TITLE } from './error.ts';

function isVoyage(model: string): boolean {
  return model.toLowerCase().includes('voyage');
}

export const embeddings = createTextEmbeddings({
  title: TITLE,
  takes: ['dimensions', 'input_type', 'truncation', 'output_dimension', 'normalize', 'truncate'],
  toWire: (texts, { dimensions, ...kept }, target) => {
    const size = dimensions === undefined ? {} : { output_dimension: dimensions };
    const body = isVoyage(target.model) ? { ...kept, ...size, input: texts } : { ...kept, ...size, inputs: texts };
    const { url, headers, signingRegion } = addressed(target, { json: '', streaming: false, dropped: [] });
    return { url, headers, body, ...(signingRegion === undefined ? {} : { signingRegion }) };
  },
  read: (json) => {
    if (!isObject(json)) return { vectors: listOf(json) };
    if (Array.isArray(json['data'])) {
      const usage = countsOf(json['usage']);
      const vectors = json['data'].map((entry: unknown) => (isObject(entry) ? entry['embedding'] : undefined));
      return { vectors, ...(usage === undefined ? {} : { usage }) };
    }
    const list = listOf(json['embedding'] ?? json['embeddings']);
    return { vectors: typeof list[0] === 'number' ? [list] : list };
  },
});
