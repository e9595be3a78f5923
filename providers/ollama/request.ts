/** A chat request to Ollama's own API. */
import { FUNCTIONS, OPENAI_ONLY } from '../openai/dialect.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject } from '../protocol/json.ts';
import { checkParameters, type Objection } from '../protocol/parameters.ts';
import { effortOfThinking } from '../protocol/reasoning.ts';
import { orRefusal } from '../protocol/refused.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import type { Refusal, Target, WireRequest } from '../provider.ts';
import { TITLE } from './error.ts';
import { toMessages } from './messages.ts';
import { NATIVE, toOptions } from './options.ts';

const UNSUPPORTED: ReadonlySet<string> = new Set([
  'n',
  'stream_options',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'user',
  'parallel_tool_calls',
  ...FUNCTIONS,
  ...OPENAI_ONLY,
  'metadata',
]);

function objection(name: string, value: unknown): Objection | undefined {
  if (UNSUPPORTED.has(name)) return { param: name };
  if (name === 'tool_choice' && value !== 'auto' && value !== 'none')
    return { param: name, because: 'a tool cannot be forced' };
  return undefined;
}

/** Handled below, or an option. Everything else passes (`keep_alive`, `think`). */
const TRANSLATED: ReadonlySet<string> = new Set([
  ...NATIVE,
  'model',
  'messages',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'repetition_penalty',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'tools',
  'tool_choice',
  'response_format',
  'reasoning_effort',
  'thinking',
]);

/** Most models think or do not; gpt-oss always does, more or less. */
function thinkOf(kept: ChatRequest, model: string): boolean | string | undefined {
  const given = kept.reasoning_effort;
  const effort = (isObject(given) ? given.effort : given) ?? effortOfThinking(kept.thinking);
  if (effort === undefined) return undefined;
  if (!model.includes('gpt-oss')) return effort !== 'none';
  return effort === 'medium' ? effort : effort === 'none' || effort === 'minimal' || effort === 'low' ? 'low' : 'high';
}

function formatOf(format: ChatRequest['response_format']): unknown {
  if (!format || format.type === 'text') return undefined;
  return format.type === 'json_schema' ? (format.json_schema.schema ?? 'json') : 'json';
}

function toBody(kept: ChatRequest, target: Target): Record<string, unknown> {
  const { model, settings } = target;
  // Ollama streams unless it is told not to.
  const body: Record<string, unknown> = { model, messages: toMessages(kept.messages), stream: kept.stream === true };
  if (settings['keep_alive'] !== undefined) body['keep_alive'] = settings['keep_alive'];
  for (const name in kept) if (!TRANSLATED.has(name)) body[name] = kept[name];
  const options = toOptions(kept, target);
  if (Object.keys(options).length > 0) body['options'] = options;
  if (kept.tools && kept.tools.length > 0 && kept.tool_choice !== 'none')
    body['tools'] = kept.tools.map(({ cache_control: _control, ...tool }) => tool);
  const format = formatOf(kept.response_format);
  if (format !== undefined) body['format'] = format;
  const think = thinkOf(kept, model);
  if (think !== undefined) body['think'] = think;
  return body;
}

function chatUrl(baseUrl: string): string {
  return `${baseUrl.replace(/\/(api(\/chat|\/generate)?|v1)$/, '')}/api/chat`;
}

export function toRequest(request: ChatRequest, target: Target): WireRequest | Refusal {
  const { settings } = target;
  const parameters = checkParameters(request, { title: TITLE, settings, objection });
  if ('refused' in parameters) return parameters;
  return orRefusal(() => ({
    method: 'POST',
    url: chatUrl(target.baseUrl),
    headers: {
      'content-type': 'application/json',
      accept: request.stream === true ? 'application/x-ndjson' : 'application/json',
      ...extraHeaders(settings),
    },
    body: JSON.stringify({
      ...toBody(parameters.kept, target),
      ...extraBody(settings),
    }),
    dropped: parameters.dropped,
  }));
}
