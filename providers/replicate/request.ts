/** A chat request as a prediction: each model names its own inputs. */
import { NOT_OF_TEXT_MODELS } from '../openai/dialect.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { checkParameters, type Objection } from '../protocol/parameters.ts';
import { messageText, toTranscript } from '../protocol/prompt.ts';
import { orRefusal, Refused } from '../protocol/refused.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import type { Refusal, Target, WireRequest } from '../provider.ts';
import { TITLE } from './error.ts';

const UNSUPPORTED: ReadonlySet<string> = new Set([...NOT_OF_TEXT_MODELS, 'presence_penalty', 'frequency_penalty']);

/** Inputs of OpenAI's models that Replicate resells. */
const OPENAI_INPUTS: ReadonlySet<string> = new Set([
  'presence_penalty',
  'frequency_penalty',
  'reasoning_effort',
  'verbosity',
]);

function isOpenAi(model: string): boolean {
  return model.startsWith('openai/');
}

function objectionFor(model: string) {
  return (name: string): Objection | undefined =>
    UNSUPPORTED.has(name) && !(isOpenAi(model) && OPENAI_INPUTS.has(name)) ? { param: name } : undefined;
}

/** What each family of models calls the limit on the answer's length. */
const LENGTHS: readonly (readonly [RegExp, string])[] = [
  [/^openai\//, 'max_completion_tokens'],
  [/^google\/gemini/, 'max_output_tokens'],
  [/vicuna|flan/, 'max_length'],
  [/codellama-13b|llama-[34]|^anthropic\/|^deepseek-ai\//, 'max_tokens'],
];

function lengthName(model: string): string {
  return LENGTHS.find(([family]) => family.test(model))?.[1] ?? 'max_new_tokens';
}

function stopText(stop: string | string[]): string {
  const list = typeof stop === 'string' ? [stop] : stop;
  if (list.some((sequence) => sequence.includes(',')))
    throw new Refused('invalid_request', `${TITLE} separates stop sequences by commas: none may hold one.`, 'stop');
  return list.join(',');
}

const TRANSLATED: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'temperature',
]);

function toInput(kept: ChatRequest, model: string): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const name in kept) if (!TRANSLATED.has(name)) input[name] = kept[name];
  if (isOpenAi(model)) {
    input['messages'] = kept.messages.map((message, index) => ({
      role: message.role,
      content: messageText(message, `messages[${index}]`),
    }));
  } else {
    const { system, prompt } = toTranscript(kept.messages);
    input['prompt'] = prompt;
    if (system !== '') input['system_prompt'] = system;
  }
  const length = kept.max_completion_tokens ?? kept.max_tokens;
  if (typeof length === 'number') input[lengthName(model)] = length;
  // Most models here refuse 0, and this is as good as 0.
  if (typeof kept.temperature === 'number')
    input['temperature'] = kept.temperature === 0 && !isOpenAi(model) ? 0.01 : kept.temperature;
  if (kept.stop) input['stop_sequences'] = stopText(kept.stop);
  return input;
}

/** A model by its name, one of its versions, or a deployment of one's own. */
function placeOf(model: string): { readonly path: string; readonly version?: string } {
  const version = /^(?:[^/]+\/[^/]+:)?([0-9a-f]{64})$/.exec(model)?.[1];
  if (version !== undefined) return { path: '/predictions', version };
  const [first, ...rest] = model.split('/').map(encodeURIComponent);
  if (first === 'deployments') return { path: `/deployments/${rest.join('/')}/predictions` };
  return { path: `/models/${[first, ...rest].join('/')}/predictions` };
}

/** How long the provider may hold a whole answer back before it gives a receipt instead; its own limit. */
const WAIT_S = 60;

export function toRequest(request: ChatRequest, target: Target): WireRequest | Refusal {
  const { settings, model } = target;
  const parameters = checkParameters(request, { title: TITLE, settings, objection: objectionFor(model) });
  if ('refused' in parameters) return parameters;
  const streaming = request.stream === true;
  const { path, version } = placeOf(model);
  return orRefusal(() => ({
    method: 'POST',
    url: `${target.baseUrl}${path}`,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(streaming ? {} : { prefer: `wait=${WAIT_S}` }),
      ...extraHeaders(settings),
    },
    body: JSON.stringify({
      ...(version === undefined ? {} : { version }),
      input: toInput(parameters.kept, model),
      ...(streaming ? { stream: true } : {}),
      ...extraBody(settings),
    }),
    dropped: parameters.dropped,
  }));
}
