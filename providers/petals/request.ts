/** A chat request as the form that a Petals server takes. */
import type { ChatRequest } from '../protocol/chat.ts';
import { checkParameters } from '../protocol/parameters.ts';
import { toPrompt } from '../protocol/prompt.ts';
import { orRefusal, Refused } from '../protocol/refused.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import { onlyThese } from '../protocol/text-answer.ts';
import type { Refusal, Target, WireRequest } from '../provider.ts';
import { TITLE } from './error.ts';

const SAME = ['top_k', 'repetition_penalty', 'max_length', 'top_p'] as const;

const objection = onlyThese(...SAME, 'temperature', 'do_sample', 'max_tokens', 'max_completion_tokens');

/** What LiteLLM asks for where nobody says; the server has no limit of its own. */
const DEFAULT_LENGTH = 256;

function fieldsOf(kept: ChatRequest, target: Target): Record<string, string> {
  const fields: Record<string, string> = {
    model: target.model,
    inputs: toPrompt(kept.messages, target.model, target.settings),
  };
  for (const name of SAME) if (kept[name] !== undefined) fields[name] = JSON.stringify(kept[name]);
  const length = kept.max_completion_tokens ?? kept.max_tokens;
  if (fields['max_length'] === undefined) fields['max_new_tokens'] = String(length ?? DEFAULT_LENGTH);
  const { temperature } = kept;
  // Without sampling the server ignores temperature and top_p.
  const samples = temperature !== 0 && kept['do_sample'] !== false && kept['do_sample'] !== 0;
  fields['do_sample'] = samples ? '1' : '0';
  if (samples && typeof temperature === 'number') fields['temperature'] = String(temperature);
  for (const [name, value] of Object.entries(extraBody(target.settings))) {
    fields[name] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  return fields;
}

function urlOf(baseUrl: string): string {
  if (baseUrl === '')
    throw new Refused(
      'provider_unreachable',
      `${TITLE} has no address: its public swarm answers no more reliably, so set api_base to a server of your own.`,
    );
  return baseUrl.endsWith('/generate') ? baseUrl : `${baseUrl.replace(/\/api(\/v1)?$/, '')}/api/v1/generate`;
}

export function toRequest(request: ChatRequest, target: Target): WireRequest | Refusal {
  const { settings } = target;
  const parameters = checkParameters(request, { title: TITLE, settings, objection });
  if ('refused' in parameters) return parameters;
  return orRefusal(() => ({
    method: 'POST',
    url: urlOf(target.baseUrl),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...extraHeaders(settings) },
    body: new URLSearchParams(fieldsOf(parameters.kept, target)).toString(),
    dropped: parameters.dropped,
  }));
}
