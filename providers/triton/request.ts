/** A chat request as a prompt for a model that Triton serves, by its generate extension or by plain inference. */
import { NOT_OF_TEXT_MODELS } from '../openai/dialect.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { type JsonObject } from '../protocol/json.ts';
import { checkParameters, type Objection } from '../protocol/parameters.ts';
import { toPrompt } from '../protocol/prompt.ts';
import { orRefusal, Refused } from '../protocol/refused.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import type { Refusal, Target, WireRequest } from '../provider.ts';
import { speaksInfer, urlOf } from './address.ts';
import { TITLE } from './error.ts';

/** OpenAI's words for what no model behind it can have; any other word is one of the model's own inputs. */
const UNSUPPORTED: ReadonlySet<string> = new Set(NOT_OF_TEXT_MODELS);

function objection(name: string): Objection | undefined {
  return UNSUPPORTED.has(name) ? { param: name } : undefined;
}

/** What LiteLLM asks for where nobody says: the models' own default is a sentence. */
const DEFAULT_LENGTH = 2000;

const TRANSLATED: ReadonlySet<string> = new Set(['model', 'messages', 'stream', 'max_tokens', 'max_completion_tokens']);

function parametersOf(kept: ChatRequest): Record<string, unknown> {
  const parameters: Record<string, unknown> = {
    max_tokens: kept.max_completion_tokens ?? kept.max_tokens ?? DEFAULT_LENGTH,
  };
  for (const name in kept) if (!TRANSLATED.has(name)) parameters[name] = kept[name];
  return parameters;
}

function tensor(name: string, value: unknown): JsonObject | undefined {
  const of = (datatype: string): JsonObject => ({ name, shape: [1], datatype, data: [value] });
  if (typeof value === 'string') return of('BYTES');
  if (typeof value === 'boolean') return of('BOOL');
  if (typeof value !== 'number') return undefined;
  return of(Number.isInteger(value) && name !== 'temperature' && name !== 'top_p' ? 'INT32' : 'FP32');
}

/** Throws `Refused` for a value that has no tensor. */
function inputsOf(prompt: string, parameters: JsonObject): JsonObject {
  const inputs = Object.entries({ text_input: prompt, ...parameters }).map(([name, value]) => {
    const made = tensor(name, value);
    if (made === undefined)
      throw new Refused('unsupported_parameter', `${TITLE} infers from single values only.`, name);
    return made;
  });
  return { inputs };
}

export function promptOf(request: ChatRequest, { model, settings }: Target): string {
  return toPrompt(request.messages, model, settings);
}

export function toRequest(request: ChatRequest, target: Target): WireRequest | Refusal {
  const { settings } = target;
  const checked = checkParameters(request, { title: TITLE, settings, objection });
  if ('refused' in checked) return checked;
  const streaming = request.stream === true;
  return orRefusal(() => {
    const infers = speaksInfer(target);
    if (infers && streaming)
      throw new Refused('unsupported_parameter', `${TITLE} does not stream at /infer; use /generate.`, 'stream');
    const prompt = promptOf(request, target);
    const parameters = parametersOf(checked.kept);
    const body = infers
      ? inputsOf(prompt, parameters)
      : { text_input: prompt, parameters: { ...parameters, stream: streaming } };
    return {
      method: 'POST',
      url: urlOf(target, infers ? 'infer' : streaming ? 'generate_stream' : 'generate'),
      headers: {
        'content-type': 'application/json',
        accept: streaming ? 'text/event-stream' : 'application/json',
        ...extraHeaders(settings),
      },
      body: JSON.stringify({ ...body, ...extraBody(settings) }),
      dropped: checked.dropped,
    };
  });
}
