/** OpenAI's Responses API in front of OpenAI: its own tools and whatever it learns next pass, while the conversation is kept by the gateway. */
import type { Body } from '../dialects/dialect.ts';
import { inputItems, isSealed } from '../dialects/response-items.ts';
import { responseId } from '../dialects/response-object.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { createHold } from '../protocol/held-frames.ts';
import { isObject, listOf, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import {
  InvalidResponse,
  type NativeStream,
  type NativeTranslation,
  type Refusal,
  type Target,
  type WireRequest,
} from '../provider.ts';
import { fromErrorInside } from './error.ts';
import { wantsMaxCompletionTokens } from './models.ts';
import { createResponsesDecoder, usageOfResponse } from './responses-reading.ts';

export type ResponsesHouse = {
  readonly title: string;
  /** Undefined where the address has no such API. */
  readonly url: (target: Target) => string | undefined;
  /** Addresses at which the API certainly is. */
  readonly official: (target: Target) => boolean;
  readonly upstreamModel?: (model: string) => string;
};

/** Our own words, never the provider's. */
const KEPT_HERE: ReadonlySet<string> = new Set(['_history', 'previous_response_id', 'background', 'store']);

const THOUGHTS = 'reasoning.encrypted_content';

/** Thoughts of another provider, and those that only a provider that stored them could find again. */
function isForeignThought(item: unknown): boolean {
  if (!isObject(item) || item['type'] !== 'reasoning') return false;
  const sealed = item['encrypted_content'];
  return sealed === undefined || sealed === null || isSealed(sealed);
}

/** Ids by which the provider would look for what it has not stored. */
const IDENTIFIED: ReadonlySet<unknown> = new Set(['message', 'function_call', 'function_call_output', 'reasoning']);

function withoutId(item: unknown): unknown {
  if (!isObject(item) || !IDENTIFIED.has(item['type'])) return item;
  const { id: _id, ...rest } = item;
  return rest;
}

function inputOf(body: Body): unknown {
  const { input, _history: history } = body;
  if (!Array.isArray(history) && !Array.isArray(input)) return input;
  return [
    ...listOf(history)
      .filter((item) => !isForeignThought(item))
      .map(withoutId),
    ...inputItems(body).filter((item) => !(isObject(item) && isSealed(item['encrypted_content']))),
  ];
}

/** The deployment's defaults in this API's words, where the caller said nothing. */
function defaultsFor(body: Body, defaults: Partial<ChatRequest>): JsonObject {
  const { temperature, top_p: topP, reasoning_effort: given } = defaults;
  const effort = isObject(given) ? given.effort : given;
  const limit = defaults.max_completion_tokens ?? defaults.max_tokens;
  const isSaid = (name: string): boolean => body[name] !== undefined && body[name] !== null;
  const known = {
    temperature,
    top_p: topP,
    max_output_tokens: limit,
    reasoning: effort === undefined || effort === null ? undefined : { effort },
    service_tier: defaults['service_tier'],
  };
  return Object.fromEntries(
    Object.entries(known).filter(([name, value]) => value !== undefined && value !== null && !isSaid(name)),
  );
}

function includeOf(body: Body, model: string): JsonObject {
  const include = listOf(body['include']);
  // Without them a conversation could not go on where the provider has stored nothing.
  const wanted = wantsMaxCompletionTokens(model) && !include.includes(THOUGHTS) ? [...include, THOUGHTS] : include;
  return wanted.length === 0 ? {} : { include: wanted };
}

function createToRequest(house: ResponsesHouse) {
  return (body: Body, target: Target, defaults: Partial<ChatRequest>): WireRequest | Refusal => {
    const url = house.url(target);
    if (url === undefined) {
      const message = `${house.title} has no Responses API at this address.`;
      return { refused: { code: 'unsupported_parameter', message, billed: 'no' } };
    }
    const { settings } = target;
    const said = Object.fromEntries(Object.entries(body).filter(([name]) => !KEPT_HERE.has(name)));
    const model = house.upstreamModel?.(target.model) ?? target.model;
    const extra = extraBody(settings);
    return {
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        accept: body['stream'] === true ? 'text/event-stream' : 'application/json',
        ...(typeof settings['organization'] === 'string' ? { 'openai-organization': settings['organization'] } : {}),
        ...(typeof settings['project'] === 'string' ? { 'openai-project': settings['project'] } : {}),
        ...extraHeaders(settings),
      },
      body: JSON.stringify({
        ...defaultsFor(body, defaults),
        ...said,
        ...includeOf(body, model),
        input: inputOf(body),
        model,
        // The gateway keeps the answer; a second copy elsewhere would outlive its deletion.
        store: false,
        ...extra,
      }),
      dropped: [],
    };
  };
}

/** The answer under the gateway's id, with what the gateway does in the provider's place. */
function shown(response: JsonObject, shownModel: string, { id, body }: { id: string; body: Body }): JsonObject {
  return {
    ...response,
    id: responseId(id),
    model: shownModel,
    background: body['background'] === true,
    store: body['store'] !== false,
    previous_response_id: body['previous_response_id'] ?? null,
  };
}

/** What comes before the first word. */
const OPENERS: ReadonlySet<unknown> = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.output_item.added',
  'response.content_part.added',
  'keepalive',
]);

/** In this order readers look for both. */
const ORDERED = /^\{"type":"[\w.]+","sequence_number":\d+[,}]/;

function frameOf(frame: JsonObject, text: string): string {
  if (ORDERED.test(text)) return text;
  const { type, sequence_number: sequence, ...rest } = frame;
  return JSON.stringify({ type, ...(sequence === undefined ? {} : { sequence_number: sequence }), ...rest });
}

function createStream(model: string, body: Body, id: string): NativeStream {
  const show = createHold(OPENERS);
  let whole: JsonObject = {};
  return {
    pass: ({ data }) => {
      const frame = parseJson(data);
      if (!isObject(frame) || typeof frame['type'] !== 'string') return [];
      const { response } = frame;
      let text = frameOf(frame, data);
      if (isObject(response)) {
        whole = shown(response, model, { id, body });
        text = frameOf({ ...frame, response: whole }, '');
      }
      return show(frame['type'], text);
    },
    answer: () => whole,
  };
}

export function createResponses(house: ResponsesHouse): NativeTranslation {
  return {
    mayBeMissing: (target) => !house.official(target),
    toRequest: createToRequest(house),
    fromResponse: (body, model, asked) => shown(isObject(body) ? body : {}, model, asked),
    stream: createStream,
    meter: (body, target) => {
      if (!isObject(body) || !Array.isArray(body['output']))
        throw new InvalidResponse(`The answer of ${house.title} is no response.`);
      if (isObject(body['error'])) {
        const failure = fromErrorInside(house, { error: body['error'] });
        throw new InvalidResponse(failure.message, failure);
      }
      const usage = usageOfResponse(body);
      const tier = textOf(body['service_tier']);
      return {
        id: target.id,
        object: 'chat.completion',
        created: target.created,
        model: target.model,
        choices: [],
        ...(usage === undefined ? {} : { usage }),
        ...(tier === undefined ? {} : { service_tier: tier }),
      };
    },
    framing: 'sse',
    decoder: createResponsesDecoder,
  };
}
