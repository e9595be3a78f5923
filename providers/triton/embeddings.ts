/** Embeddings by a model behind Triton, by plain inference: numbers come in one row and are cut by the shape. */
import { createTextEmbeddings } from '../protocol/embeddings-wire.ts';
import { isObject, listOf } from '../protocol/json.ts';
import { urlOf } from './address.ts';
import { TITLE } from './error.ts';

export const embeddings = createTextEmbeddings({
  title: TITLE,
  takes: [],
  toWire: (data, _kept, target) => ({
    url: urlOf(target, 'infer'),
    body: { inputs: [{ name: 'input_text', shape: [data.length], datatype: 'BYTES', data }] },
  }),
  read: (json) => {
    const [tensor] = listOf(isObject(json) ? json['outputs'] : undefined);
    if (!isObject(tensor)) return { vectors: [] };
    const values = listOf(tensor['data']);
    const width = Number(listOf(tensor['shape']).at(-1));
    if (!Number.isInteger(width) || width < 1 || values.length % width !== 0) return { vectors: [] };
    return {
      vectors: Array.from({ length: values.length / width }, (_, row) => values.slice(row * width, (row + 1) * width)),
    };
  },
});
