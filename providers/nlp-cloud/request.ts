/** A chat request as a text that NLP Cloud goes on with. */
import type { ChatRequest } from '../protocol/chat.ts';
import { checkParameters } from '../protocol/parameters.ts';
import { toTranscript } from '../protocol/prompt.ts';
import { orRefusal, Refused } from '../protocol/refused.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import { onlyThese } from '../protocol/text-answer.ts';
import type { Refusal, Target, WireRequest } from '../provider.ts';
import { TITLE } from './error.ts';

/** Names that are the same on both sides. */
const SAME = [
  'temperature',
  'top_p',
  'top_k',
  'length_no_input',
  'end_sequence',
  'remove_end_sequence',
  'bad_words',
  'repetition_penalty',
  'num_beams',
] as const;

const objection = onlyThese(...SAME, 'max_tokens', 'max_completion_tokens', 'n', 'stop');

function endOf(stop: ChatRequest['stop']): string | undefined {
  if (!stop) return undefined;
  const list = typeof stop === 'string' ? [stop] : stop;
  if (list.length > 1) throw new Refused('unsupported_parameter', `${TITLE} stops at one sequence only.`, 'stop');
  return list[0];
}

function toBody(kept: ChatRequest, streaming: boolean): Record<string, unknown> {
  const { system, prompt } = toTranscript(kept.messages);
  const body: Record<string, unknown> = {
    text: system === '' ? prompt : `${system}\n\n${prompt}`,
    // Without it the answer begins with the question.
    remove_input: true,
  };
  for (const name of SAME) if (kept[name] !== undefined) body[name] = kept[name];
  const length = kept.max_completion_tokens ?? kept.max_tokens;
  if (typeof length === 'number') Object.assign(body, { length_no_input: true, max_length: length });
  if (typeof kept.n === 'number' && kept.n > 1) body['num_return_sequences'] = kept.n;
  const end = endOf(kept.stop);
  if (end !== undefined) Object.assign(body, { end_sequence: end, remove_end_sequence: true });
  if (streaming) body['stream'] = true;
  return body;
}

export function toRequest(request: ChatRequest, target: Target): WireRequest | Refusal {
  const { settings, model, baseUrl } = target;
  const parameters = checkParameters(request, { title: TITLE, settings, objection });
  if ('refused' in parameters) return parameters;
  return orRefusal(() => ({
    method: 'POST',
    url: `${baseUrl}/${model.split('/').map(encodeURIComponent).join('/')}/generation`,
    headers: { 'content-type': 'application/json', ...extraHeaders(settings) },
    body: JSON.stringify({
      ...toBody(parameters.kept, request.stream === true),
      ...extraBody(settings),
    }),
    dropped: parameters.dropped,
  }));
}
