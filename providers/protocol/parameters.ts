/**
 * The one rule for parameters a provider cannot express: refused with their name, unless the deployment drops them
 * (`drop_params`, `additional_drop_params`) or forces them through (`allowed_openai_params`).
 */
import type { Refusal } from '../provider.ts';
import type { ChatRequest } from './chat.ts';
import { isObject, listOf } from './json.ts';

type Settings = Readonly<Record<string, unknown>>;

/** Parameters whose absence does not change the answer: a hint for caches, abuse checks or statistics. Left out without a word. */
const HINTS: ReadonlySet<string> = new Set([
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'stream_options',
  'metadata',
]);

/** Values that ask for what every provider does anyway. Clients send them by default; refusing them would refuse the client. */
function isNeutral(name: string, value: unknown): boolean {
  switch (name) {
    case 'n':
      return value === 1;
    case 'presence_penalty':
    case 'frequency_penalty':
      return value === 0;
    case 'logprobs':
    case 'store':
      return value === false;
    case 'parallel_tool_calls':
      return value === true;
    case 'service_tier':
      return value === 'auto' || value === 'default';
    case 'response_format':
      return isObject(value) && value['type'] === 'text';
    case 'tools':
    case 'functions':
      return Array.isArray(value) && value.length === 0;
    case 'logit_bias':
      return isObject(value) && Object.keys(value).length === 0;
    case 'modalities':
      return Array.isArray(value) && value.length === 1 && value[0] === 'text';
    default:
      return false;
  }
}

export type Parameters = {
  /** What is left for the provider, nulls removed. Values are shared with the request, never copied. */
  readonly kept: ChatRequest;
  readonly dropped: readonly string[];
};

/** Why a parameter cannot be expressed; ends the sentence "… does not support <name>". */
export type Objection = { readonly param: string; readonly because?: string };

export function isForced(settings: Settings, name: string): boolean {
  const allowed = settings['allowed_openai_params'];
  return Array.isArray(allowed) && allowed.includes(name);
}

export function refuse(title: string, model: string, objection: Objection): Refusal {
  const because = objection.because === undefined ? '' : `: ${objection.because}`;
  return {
    refused: {
      code: 'unsupported_parameter',
      message:
        `${title} does not support ${objection.param} for model ${model}${because}. ` +
        'To leave it out, set drop_params: true; to send it anyway, name it in allowed_openai_params.',
      param: objection.param,
      billed: 'no',
    },
  };
}

/** `a.b`, `a[*].b`, `a[0].b` */
function segmentsOf(path: string): readonly string[] {
  return path.replaceAll(/\[(\*|\d+)\]/g, '.$1').split('.');
}

/** A copy without the field at the path; copies only what lies on the path, because requests hold megabytes of images. */
function without(value: unknown, segments: readonly string[]): unknown {
  const [first, ...rest] = segments;
  if (first === undefined) return value;
  if (Array.isArray(value)) {
    const at = first === '*' ? undefined : Number(first);
    if (rest.length === 0) return at === undefined ? [] : value.filter((_, index) => index !== at);
    return value.map((entry: unknown, index) => (at === undefined || at === index ? without(entry, rest) : entry));
  }
  if (!isObject(value) || !Object.hasOwn(value, first)) return value;
  if (rest.length === 0) {
    const { [first]: _removed, ...others } = value;
    return others;
  }
  return { ...value, [first]: without(value[first], rest) };
}

function applyAdditionalDrops(request: ChatRequest, settings: Settings, dropped: string[]): ChatRequest {
  let result = request;
  for (const path of listOf(settings['additional_drop_params'])) {
    if (typeof path !== 'string' || path === 'model' || path === 'messages') continue;
    const next = without(result, segmentsOf(path));
    if (next === result || !Object.hasOwn(request, segmentsOf(path)[0] ?? '')) continue;
    dropped.push(path);
    // Removing an optional field of a request leaves a request: `model` and `messages` were excluded above.
    result = next as ChatRequest;
  }
  return result;
}

/** The request without what the deployment drops, and the names of that. */
export function withoutDrops(request: ChatRequest, settings: Settings): Parameters {
  const dropped: string[] = [];
  return { kept: applyAdditionalDrops(request, settings, dropped), dropped };
}

export type ParameterCheck = {
  readonly title: string;
  readonly settings: Settings;
  /** Says why this provider cannot express the parameter, or nothing when it can. Asked only for values that are not null. */
  readonly objection: (name: string, value: unknown) => Objection | undefined;
};

/** Applies the rule to every parameter of a request. */
export function checkParameters(request: ChatRequest, check: ParameterCheck): Parameters | Refusal {
  const { settings } = check;
  const { kept: source, dropped: left } = withoutDrops(request, settings);
  const dropped = [...left];
  const kept: ChatRequest = { model: source.model, messages: source.messages };
  for (const name in source) {
    const value = source[name];
    if (value === null || value === undefined || name === 'model' || name === 'messages') continue;
    const objection = check.objection(name, value);
    if (objection === undefined || isForced(settings, name) || isForced(settings, objection.param)) {
      kept[name] = value;
      continue;
    }
    if (isNeutral(name, value)) continue;
    if (settings['drop_params'] !== true && !HINTS.has(name)) return refuse(check.title, request.model, objection);
    dropped.push(name);
  }
  return { kept, dropped };
}
