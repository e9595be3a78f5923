/** Google's own dialect in front of Google: whatever the API learns next passes, in both directions. */
import type { Body } from '../dialects/dialect.ts';
import { inCamelCase } from '../dialects/generation-spelling.ts';
import { isSealed } from '../dialects/response-items.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject, listOf, type JsonObject } from '../protocol/json.ts';
import { orRefusal } from '../protocol/refused.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import type { NativeTranslation, Refusal, Target, WireRequest } from '../provider.ts';
import { createDecoder } from './decoder.ts';
import { geminiModel } from './models.ts';
import { createGenerationStream } from './native-answer.ts';
import type { GeminiHouse } from './request.ts';
import { createFromResponse } from './response.ts';
import { NO_SIGNATURE } from './signatures.ts';
import { toThinkingConfig } from './thinking.ts';

/** A conversation may have been answered by another provider before: its signatures would be refused, and so would calls without any. */
function cleanPart(part: unknown, first: boolean): unknown {
  if (!isObject(part)) return part;
  const name = 'thoughtSignature' in part ? 'thoughtSignature' : 'thought_signature';
  if (!isSealed(part[name])) return part;
  const { [name]: _foreign, ...rest } = part;
  return first && ('functionCall' in part || 'function_call' in part) ? { ...rest, [name]: NO_SIGNATURE } : rest;
}

function cleanContents(contents: unknown): unknown {
  return listOf(contents).map((content) => {
    if (!isObject(content) || !Array.isArray(content['parts'])) return content;
    const parts = content['parts'] as unknown[];
    const firstCall = parts.findIndex((part) => isObject(part) && ('functionCall' in part || 'function_call' in part));
    return { ...content, parts: parts.map((part, index) => cleanPart(part, index === firstCall)) };
  });
}

/** The deployment's defaults in Google's words, where the caller said nothing. */
function defaultsFor(defaults: Partial<ChatRequest>, target: Target): JsonObject {
  const { stop } = defaults;
  const config = {
    temperature: defaults.temperature,
    topP: defaults.top_p,
    topK: defaults['top_k'],
    maxOutputTokens: defaults.max_completion_tokens ?? defaults.max_tokens,
    seed: defaults.seed,
    presencePenalty: defaults.presence_penalty,
    frequencyPenalty: defaults.frequency_penalty,
    stopSequences: typeof stop === 'string' ? [stop] : (stop ?? undefined),
    thinkingConfig: toThinkingConfig({ ...defaults, model: target.model, messages: [] }, geminiModel(target.model)),
  };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined && value !== null));
}

function withDefaults(body: JsonObject, defaults: JsonObject): JsonObject {
  if (Object.keys(defaults).length === 0) return body;
  const name = 'generation_config' in body ? 'generation_config' : 'generationConfig';
  const said = isObject(body[name]) ? body[name] : {};
  const known = inCamelCase(said);
  const missing = Object.entries(defaults).filter(([field]) => known[field] === undefined || known[field] === null);
  return { ...body, [name]: { ...Object.fromEntries(missing), ...said } };
}

function createToNative(house: GeminiHouse) {
  return (body: Body, target: Target, defaults: Partial<ChatRequest>): WireRequest | Refusal =>
    orRefusal(() => {
      const { settings } = target;
      const { model: _model, stream, ...said } = body;
      const streaming = stream === true;
      const asked = withDefaults({ ...said, contents: cleanContents(said['contents']) }, defaultsFor(defaults, target));
      const safety = settings['safety_settings'];
      const hasSafety = 'safetySettings' in said || 'safety_settings' in said;
      const extra = extraBody(settings);
      return {
        method: 'POST',
        url: house.url(target, streaming ? 'streamGenerateContent?alt=sse' : 'generateContent'),
        headers: {
          'content-type': 'application/json',
          accept: streaming ? 'text/event-stream' : 'application/json',
          ...extraHeaders(settings),
        },
        body: JSON.stringify({
          ...(Array.isArray(safety) && !hasSafety ? { safetySettings: safety } : {}),
          ...asked,
          ...extra,
        }),
        dropped: [],
      };
    });
}

/** For reading only: names of tools and the form of the answer are the caller's own. */
const NOTHING_ASKED: ChatRequest = { model: '', messages: [] };

export function createNativeGeneration(house: GeminiHouse): NativeTranslation {
  const fromResponse = createFromResponse(house.title);
  const decoder = createDecoder(house.title);
  return {
    toRequest: createToNative(house),
    fromResponse: (body, model) => ({ ...(isObject(body) ? body : {}), modelVersion: model }),
    stream: createGenerationStream,
    meter: (body, target) => fromResponse(body, NOTHING_ASKED, target),
    framing: 'sse',
    decoder: (target) => decoder(NOTHING_ASKED, target),
  };
}
