/** LiteLLM's protocol for an API server of one's own: prompts in, lists of outputs back. */
import type { ChatResponse } from '../protocol/chat.ts';
import { toFailure } from '../protocol/failure.ts';
import { isObject, listOf } from '../protocol/json.ts';
import { checkParameters } from '../protocol/parameters.ts';
import { toPrompt } from '../protocol/prompt.ts';
import { orRefusal, Refused } from '../protocol/refused.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import { onlyThese, textResponse, wholeAsStream } from '../protocol/text-answer.ts';
import { InvalidResponse, type ChatTranslation, type Provider } from '../provider.ts';

const TITLE = 'Custom API server';

const SAME = ['temperature', 'top_p', 'top_k'] as const;
const objection = onlyThese(...SAME, 'max_tokens', 'max_completion_tokens');

const toRequest: ChatTranslation['toRequest'] = (request, target) => {
  const { settings, model, baseUrl } = target;
  const checked = checkParameters(request, { title: TITLE, settings, objection });
  if ('refused' in checked) return checked;
  const { kept, dropped } = checked;
  return orRefusal(() => {
    if (baseUrl === '')
      throw new Refused('provider_unreachable', `${TITLE} has no address: set api_base on the deployment.`);
    const params: Record<string, unknown> = { prompt: [toPrompt(kept.messages, model, settings)] };
    for (const name of SAME) if (kept[name] !== undefined) params[name] = kept[name];
    const length = kept.max_completion_tokens ?? kept.max_tokens;
    if (typeof length === 'number') params['max_tokens'] = length;
    return {
      method: 'POST',
      url: baseUrl,
      headers: { 'content-type': 'application/json', ...extraHeaders(settings) },
      body: JSON.stringify({ model, params, ...extraBody(settings) }),
      dropped,
    };
  });
};

const fromResponse: ChatTranslation['fromResponse'] = (body, _request, target): ChatResponse => {
  const [first] = listOf(isObject(body) ? body['data'] : undefined);
  const [text] = listOf(isObject(first) ? first['output'] : undefined);
  if (typeof text !== 'string') throw new InvalidResponse(`${TITLE} answered without data[0].output[0].`);
  return textResponse({ texts: [text] }, target);
};

export const custom: Provider = {
  id: 'custom',
  title: TITLE,
  baseUrl: '',
  keyVariables: [],
  auth: { kind: 'bearer' },
  keyOptional: true,
  chat: { toRequest, fromResponse, framing: 'json-lines', decoder: wholeAsStream(TITLE, fromResponse) },
  fromError: (status, body, headers) => toFailure({ title: TITLE, status, body, headers }),
};
