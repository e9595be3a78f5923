/** Gemini's embeddings. */
import { createTextEmbeddings } from '../protocol/embeddings-wire.ts';
import { isObject, listOf } from '../protocol/json.ts';
import type { PlainTranslation, Target } from '../provider.ts';

export type GeminiEmbeddings = {
  readonly title: string;
  readonly url: (target: Target, method: string) => string;
};

export function createGeminiEmbeddings({ title, url }: GeminiEmbeddings): PlainTranslation {
  return createTextEmbeddings({
    title,
    // Gemini's own words besides OpenAI's, under LiteLLM's and its own names.
    takes: ['dimensions', 'task_type', 'taskType', 'title'],
    toWire: (texts, { dimensions, task_type: snake, taskType = snake, title: named }, target) => {
      const { model } = target;
      const requests = texts.map((text) => ({
        model: /^(models|tunedModels)\//.test(model) ? model : `models/${model}`,
        content: { parts: [{ text }] },
        ...(taskType === undefined ? {} : { taskType }),
        ...(named === undefined ? {} : { title: named }),
        ...(dimensions === undefined ? {} : { outputDimensionality: dimensions }),
      }));
      return { url: url(target, 'batchEmbedContents'), body: { requests } };
    },
    read: (json) => {
      const list = listOf(isObject(json) ? json['embeddings'] : undefined);
      // Google counts nothing here; the cost is estimated.
      return { vectors: list.map((entry) => (isObject(entry) ? entry['values'] : undefined)) };
    },
  });
}
