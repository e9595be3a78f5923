/** Vertex AI's embeddings of texts. */
import { textsOf, toEmbeddings } from '../protocol/embeddings.ts';
import { isObject, listOf, type JsonObject } from '../protocol/json.ts';
import { checkPlain, oneOf } from '../protocol/plain-parameters.ts';
import { tokensRead } from '../protocol/plain-usage.ts';
import { Refused, orRefusal } from '../protocol/refused.ts';
import { extraHeaders } from '../protocol/settings.ts';
import type { PlainTranslation } from '../provider.ts';
import { modelUrl } from './address.ts';
import { TITLE } from './title.ts';

const takes = oneOf('input', 'encoding_format', 'dimensions', 'task_type', 'title', 'auto_truncate', 'autoTruncate');

export const embeddings: PlainTranslation = {
  toRequest: (body, target) => {
    const { model, settings } = target;
    const checked = checkPlain(body, { title: TITLE, model, settings, takes });
    if ('refused' in checked) return checked;
    const { dimensions, task_type: task, title, auto_truncate: snake, autoTruncate = snake } = checked.kept;
    return orRefusal(() => {
      const texts = textsOf(body);
      if (texts === undefined)
        throw new Refused('unsupported_parameter', `${TITLE} embeds texts, not tokens.`, 'input');
      return {
        method: 'POST',
        url: modelUrl(target, 'google', model, 'predict'),
        headers: { 'content-type': 'application/json', ...extraHeaders(settings) },
        body: JSON.stringify({
          instances: texts.map((content) => ({
            content,
            ...(task === undefined ? {} : { task_type: task }),
            ...(title === undefined ? {} : { title }),
          })),
          parameters: {
            ...(dimensions === undefined ? {} : { outputDimensionality: dimensions }),
            ...(autoTruncate === undefined ? {} : { autoTruncate }),
          },
        }),
        dropped: checked.dropped,
      };
    });
  },
  fromResponse: ({ json }, body, target) => {
    const found = listOf(isObject(json) ? json['predictions'] : undefined).map(embeddingsIn);
    const counts = found.map(countOf);
    const known = counts.every((count) => count !== undefined);
    const usage = known ? tokensRead(counts.reduce((sum, count) => sum + count, 0)) : undefined;
    return toEmbeddings(
      found.map((one) => one['values']),
      body,
      usage,
      target.model,
    );
  },
};

function embeddingsIn(prediction: unknown): JsonObject {
  return isObject(prediction) && isObject(prediction['embeddings']) ? prediction['embeddings'] : {};
}

function countOf({ statistics }: JsonObject): number | undefined {
  const count = isObject(statistics) ? statistics['token_count'] : undefined;
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? count : undefined;
}
