/** Vertex AI's embeddings of texts. */
import { createTextEmbeddings } from '../protocol/embeddings-wire.ts';
import { isObject, listOf, type JsonObject } from '../protocol/json.ts';
import { countedRead } from '../protocol/plain-usage.ts';
import { modelUrl } from './address.ts';
import { TITLE } from './title.ts';

export const embeddings = createTextEmbeddings({
  title: TITLE,
  takes: ['dimensions', 'task_type', 'title', 'auto_truncate', 'autoTruncate'],
  toWire: (texts, kept, target) => {
    const { dimensions, task_type: task, title, auto_truncate: snake, autoTruncate = snake } = kept;
    const instances = texts.map((content) => ({
      content,
      ...(task === undefined ? {} : { task_type: task }),
      ...(title === undefined ? {} : { title }),
    }));
    const parameters = {
      ...(dimensions === undefined ? {} : { outputDimensionality: dimensions }),
      ...(autoTruncate === undefined ? {} : { autoTruncate }),
    };
    return { url: modelUrl(target, 'google', target.model, 'predict'), body: { instances, parameters } };
  },
  read: (json) => {
    const found = listOf(isObject(json) ? json['predictions'] : undefined).map(embeddingsIn);
    // One that was not counted makes the sum NaN, which counts as none.
    const total = found.map(countOf).reduce((sum, count) => sum + count, 0);
    return { vectors: found.map((one) => one['values']), ...countedRead(total) };
  },
});

function embeddingsIn(prediction: unknown): JsonObject {
  return isObject(prediction) && isObject(prediction['embeddings']) ? prediction['embeddings'] : {};
}

function countOf({ statistics }: JsonObject): number {
  const count = isObject(statistics) ? statistics['token_count'] : undefined;
  return typeof count === 'number' && count >= 0 ? count : Number.NaN;
}
