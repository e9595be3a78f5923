/** A chat request to Google's generateContent. */
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { checkParameters, type Objection } from '../protocol/parameters.ts';
import { orRefusal } from '../protocol/refused.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import type { Refusal, Target, WireRequest } from '../provider.ts';
import { toConversation } from './messages.ts';
import { geminiModel, type GeminiModel } from './models.ts';
import { JSON_TOOL, structuredOutputOf, type StructuredOutput } from './structured-output.ts';
import { effortOf, toThinkingConfig } from './thinking.ts';
import { toolNamesOf } from './tool-names.ts';
import { declaration, toToolConfig, toTools } from './tools.ts';
import type { GenerateBody } from './wire.ts';

/** Where a model is served: Google's two houses differ in the address and in a few parameters. */
export type GeminiHouse = {
  readonly title: string;
  readonly url: (target: Target, method: string) => string;
  /** Labels for billing. */
  readonly labels: boolean;
  /** How a service tier is asked for. */
  readonly tier: (tier: string) => { readonly headers: Readonly<Record<string, string>>; readonly fields: JsonObject };
};

const UNSUPPORTED: ReadonlySet<string> = new Set([
  'logit_bias',
  'functions',
  'function_call',
  'verbosity',
  'prediction',
  'store',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
]);

const TIERS: ReadonlySet<unknown> = new Set(['default', 'auto', 'standard', 'flex', 'priority']);

function objectionTo(request: ChatRequest, model: GeminiModel, house: GeminiHouse) {
  const functions = (request.tools ?? []).filter((tool) => tool.function !== undefined).length;
  return (name: string, value: unknown): Objection | undefined => {
    if (UNSUPPORTED.has(name)) return { param: name };
    switch (name) {
      case 'presence_penalty':
      case 'frequency_penalty':
        return model.third ? { param: name, because: 'Gemini 3 and later have no penalties' } : undefined;
      case 'reasoning_effort': {
        const effort = effortOf(request);
        return model.thinking === 'none' && effort !== undefined && effort !== 'none'
          ? { param: name, because: 'the model does not think' }
          : undefined;
      }
      case 'thinking':
        return model.thinking === 'none' && isObject(value) && value['type'] !== 'disabled'
          ? { param: name, because: 'the model does not think' }
          : undefined;
      case 'parallel_tool_calls':
        return value === false && functions > 1
          ? { param: name, because: 'it cannot be told to call one at a time' }
          : undefined;
      case 'service_tier':
        return TIERS.has(value) ? undefined : { param: name };
      case 'audio':
        return isObject(value) && (value['format'] === undefined || value['format'] === 'pcm16')
          ? undefined
          : { param: 'audio.format', because: 'it speaks pcm16 only' };
      case 'labels':
        return house.labels ? undefined : { param: name };
      default:
        return undefined;
    }
  };
}

/** Handled below under another name, or not Google's at all. */
const TRANSLATED: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'n',
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'logprobs',
  'top_logprobs',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'thinking',
  'modalities',
  'audio',
  'metadata',
  'web_search_options',
  'service_tier',
  'generationConfig',
  'generation_config',
]);

/** Google's own settings of generation; LiteLLM's callers send them beside OpenAI's parameters. */
const GENERATION: ReadonlySet<string> = new Set([
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'responseModalities',
  'speechConfig',
  'mediaResolution',
  'imageConfig',
  'thinkingConfig',
  'audioTimestamp',
  'routingConfig',
  'maxOutputTokens',
  'candidateCount',
  'stopSequences',
  'topK',
  'topP',
]);

/** `safety_settings` and `safetySettings` are the same to Google; we send one of them. */
function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Google's seeds have 32 bits; the same seed still gives the same number. */
function toSeed(seed: number): number {
  return Number(BigInt.asIntN(32, BigInt(seed)));
}

function speech(audio: unknown): JsonObject | undefined {
  const voice = isObject(audio) ? textOf(isObject(audio['voice']) ? audio['voice']['id'] : audio['voice']) : undefined;
  return voice === undefined ? undefined : { voiceConfig: { prebuiltVoiceConfig: { voiceName: voice } } };
}

/** When every image of the request may be looked at coarsely. */
function resolution(request: ChatRequest): string | undefined {
  const details = request.messages.flatMap(({ content }) =>
    (Array.isArray(content) ? content : []).flatMap((part) => {
      const image: unknown = 'image_url' in part ? part.image_url : undefined;
      return image === undefined ? [] : [isObject(image) ? image['detail'] : undefined];
    }),
  );
  return details.length > 0 && details.every((detail) => detail === 'low') ? 'MEDIA_RESOLUTION_LOW' : undefined;
}

function generationConfig(kept: ChatRequest, model: GeminiModel, output: StructuredOutput): Record<string, unknown> {
  const stop = typeof kept.stop === 'string' ? [kept.stop] : (kept.stop ?? []);
  const modalities = listOf(kept['modalities']).map((modality) => String(modality).toUpperCase());
  const given: Record<string, unknown> = {
    temperature: kept.temperature,
    topP: kept.top_p,
    topK: kept['top_k'],
    maxOutputTokens: kept.max_completion_tokens ?? kept.max_tokens,
    candidateCount: kept.n === 1 ? undefined : kept.n,
    stopSequences: stop.length === 0 ? undefined : stop,
    seed: typeof kept.seed === 'number' ? toSeed(kept.seed) : undefined,
    presencePenalty: kept.presence_penalty,
    frequencyPenalty: kept.frequency_penalty,
    responseLogprobs: kept.logprobs === true ? true : undefined,
    logprobs: kept.logprobs === true ? kept.top_logprobs : undefined,
    responseModalities: modalities.length === 0 ? undefined : modalities,
    speechConfig: speech(kept['audio']),
    mediaResolution: resolution(kept),
    thinkingConfig: toThinkingConfig(kept, model),
    ...(output.kind === 'native' ? output.config : {}),
  };
  for (const name in kept) if (GENERATION.has(camel(name))) given[camel(name)] = kept[name];
  for (const own of [kept['generation_config'], kept['generationConfig']])
    if (isObject(own)) for (const name in own) given[camel(name)] = own[name];
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null));
}

function without(request: ChatRequest, name: 'tools'): ChatRequest {
  const { [name]: _left, ...rest } = request;
  return rest;
}

type Built = {
  readonly body: GenerateBody;
  readonly headers: Readonly<Record<string, string>>;
  readonly dropped: readonly string[];
};

function toBody(request: ChatRequest, kept: ChatRequest, target: Target, house: GeminiHouse): Built {
  const model = geminiModel(target.model);
  // Names and structured output follow from the caller's request: the answer is read with the same one.
  const names = toolNamesOf(request);
  const output = structuredOutputOf(kept, target);
  const { system, contents } = toConversation(kept.messages, { names, third: model.third });
  const jsonTool =
    output.kind === 'tool'
      ? [declaration(JSON_TOOL, 'Gives the final answer. Its arguments are the answer.', output.schema)]
      : [];
  // Functions that must not be called only stand in the way of JSON on models that take one or the other.
  const unused = output.kind === 'native' && kept.tool_choice === 'none' && !model.third;
  const { tools, hasFunctions, dropped } = toTools(unused ? without(kept, 'tools') : kept, names, model, jsonTool);
  const toolConfig = hasFunctions ? toToolConfig(kept.tool_choice, names) : undefined;
  const config = generationConfig(kept, model, output);
  const tier = textOf(kept['service_tier']);
  const asked = tier === 'flex' || tier === 'priority' ? house.tier(tier) : { headers: {}, fields: {} };

  const body: GenerateBody = { contents };
  if (system.length > 0) body.systemInstruction = { parts: system };
  if (tools.length > 0) body.tools = tools;
  if (toolConfig !== undefined) body.toolConfig = toolConfig;
  if (Object.keys(config).length > 0) body.generationConfig = config;
  Object.assign(body, asked.fields);
  for (const name in kept) {
    if (!TRANSLATED.has(name) && !GENERATION.has(camel(name))) body[camel(name)] = kept[name];
  }
  return { body, headers: asked.headers, dropped };
}

export function createToRequest(house: GeminiHouse) {
  return (request: ChatRequest, target: Target): WireRequest | Refusal => {
    const { settings } = target;
    const model = geminiModel(target.model);
    const parameters = checkParameters(request, {
      title: house.title,
      settings,
      objection: objectionTo(request, model, house),
    });
    if ('refused' in parameters) return parameters;
    const { kept } = parameters;
    return orRefusal(() => {
      const { body, headers, dropped } = toBody(request, kept, target, house);
      const extra = extraBody(settings);
      const safety = settings['safety_settings'];
      const streaming = kept.stream === true;
      return {
        method: 'POST',
        url: house.url(target, streaming ? 'streamGenerateContent?alt=sse' : 'generateContent'),
        headers: {
          'content-type': 'application/json',
          accept: streaming ? 'text/event-stream' : 'application/json',
          ...headers,
          ...extraHeaders(settings),
        },
        body: JSON.stringify({ ...(Array.isArray(safety) ? { safetySettings: safety } : {}), ...body, ...extra }),
        dropped: [...parameters.dropped, ...dropped],
      };
    });
  };
}
