/** Ollama's embeddings. */
import { textsOf, toEmbeddings } from '../protocol/embeddings.ts';
import { isObject, listOf } from '../protocol/json.ts';
import { checkPlain, oneOf } from '../protocol/plain-parameters.ts';
import { tokensRead } from '../protocol/plain-usage.ts';
import { Refused, orRefusal } from '../protocol/refused.ts';
import { extraHeaders } from '../protocol/settings.ts';
import type { PlainTranslation } from '../provider.ts';
import { TITLE } from './error.ts';

const takes = oneOf('input', 'encoding_format', 'dimensions', 'truncate', 'options', 'keep_alive');

export const embeddings: PlainTranslation = {
  toRequest: (body, { model, baseUrl, settings }) => {
    const checked = checkPlain(body, { title: TITLE, model, settings, takes });
    if ('refused' in checked) return checked;
    const { encoding_format: _ours, ...rest } = checked.kept;
    return orRefusal(() => {
      const texts = textsOf(body);
      if (texts === undefined)
        throw new Refused('unsupported_parameter', `${TITLE} embeds texts, not tokens.`, 'input');
      return {
        method: 'POST',
        url: `${baseUrl.replace(/\/(api(\/\w+)?|v1)$/, '')}/api/embed`,
        headers: { 'content-type': 'application/json', ...extraHeaders(settings) },
        body: JSON.stringify({ ...rest, model, input: texts }),
        dropped: checked.dropped,
      };
    });
  },
  fromResponse: ({ json }, body, target) => {
    const reply = isObject(json) ? json : {};
    const count = reply['prompt_eval_count'];
    const usage = typeof count === 'number' ? tokensRead(count) : undefined;
    return toEmbeddings(listOf(reply['embeddings']), body, usage, target.model);
  },
};
