/** Gemini's embeddings. */
import { textsOf, toEmbeddings } from '../protocol/embeddings.ts';
import { isObject, listOf } from '../protocol/json.ts';
import { checkPlain, oneOf } from '../protocol/plain-parameters.ts';
import { Refused, orRefusal } from '../protocol/refused.ts';
import { extraHeaders } from '../protocol/settings.ts';
import type { PlainTranslation, Target } from '../provider.ts';

export type GeminiEmbeddings = {
  readonly title: string;
  readonly url: (target: Target, method: string) => string;
};

/** Gemini's own words besides OpenAI's, under LiteLLM's and its own names. */
const takes = oneOf('input', 'encoding_format', 'dimensions', 'task_type', 'taskType', 'title');

export function createGeminiEmbeddings({ title, url }: GeminiEmbeddings): PlainTranslation {
  return {
    toRequest: (body, target) => {
      const { model, settings } = target;
      const checked = checkPlain(body, { title, model, settings, takes });
      if ('refused' in checked) return checked;
      const { dimensions, task_type: snake, taskType = snake, title: named } = checked.kept;
      return orRefusal(() => {
        const texts = textsOf(body);
        if (texts === undefined)
          throw new Refused('unsupported_parameter', `${title} embeds texts, not tokens.`, 'input');
        return {
          method: 'POST',
          url: url(target, 'batchEmbedContents'),
          headers: { 'content-type': 'application/json', ...extraHeaders(settings) },
          body: JSON.stringify({
            requests: texts.map((text) => ({
              model: /^(models|tunedModels)\//.test(model) ? model : `models/${model}`,
              content: { parts: [{ text }] },
              ...(taskType === undefined ? {} : { taskType }),
              ...(named === undefined ? {} : { title: named }),
              ...(dimensions === undefined ? {} : { outputDimensionality: dimensions }),
            })),
          }),
          dropped: checked.dropped,
        };
      });
    },
    fromResponse: ({ json }, body, target) => {
      const list = listOf(isObject(json) ? json['embeddings'] : undefined);
      const vectors = list.map((entry) => (isObject(entry) ? entry['values'] : undefined));
      // Google counts nothing here; the cost is estimated.
      return toEmbeddings(vectors, body, undefined, target.model);
    },
  };
}
