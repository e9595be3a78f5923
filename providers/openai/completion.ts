/** Text completions of providers that have them, on OpenAI's wire: body and answer pass as they are. Code models that fill in answer like a chat. */
import type { Body } from '../dialects/dialect.ts';
import { wantsUsage } from '../dialects/completion.ts';
import type { ChatRequest, ChatResponse, FinishReason } from '../protocol/chat.ts';
import { isFinishReason } from '../protocol/finish-reason.ts';
import { isObject, listOf, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import { parseUsage } from '../protocol/usage-parse.ts';
import { InvalidResponse, type NativeStream, type Provider, type Target } from '../provider.ts';
import { createDecoder } from './decoder.ts';
import { jsonRequest, type PlainWire } from './plain-request.ts';

const COMPLETIONS = '/completions';

export type Completions = {
  readonly serves: (model: string) => boolean;
  /** `/completions` where it does not say. */
  readonly path?: string;
};

/** For servers whose every model completes texts. */
export const EVERY_MODEL: Completions = { serves: () => true };

type Native = NonNullable<NonNullable<Provider['native']>['completion']>;

/** Of a deployment's defaults, those that a text completion knows too. */
const SHARED = [
  'max_tokens',
  'temperature',
  'top_p',
  'stop',
  'presence_penalty',
  'frequency_penalty',
  'seed',
  'user',
] as const satisfies readonly (keyof ChatRequest)[];

export function createCompletion(wire: PlainWire, { serves, path = COMPLETIONS }: Completions): Native {
  return {
    serves,
    toRequest: (body, target, defaults) => {
      const { stream, stream_options: options, ...rest } = body;
      const known = SHARED.filter((name) => defaults[name] !== undefined).map((name) => [name, defaults[name]]);
      // Usage is always asked for: the gateway accounts with it. The caller sees it only when the caller asked.
      const counted = wire.streamUsage
        ? { stream_options: { ...(isObject(options) ? options : {}), include_usage: true } }
        : {};
      const streaming = stream === true ? { stream: true, ...counted } : {};
      const asked = { ...Object.fromEntries(known), ...rest, ...streaming };
      return jsonRequest(wire, target, path, renamed(wire, path === COMPLETIONS ? asked : withOnePrompt(asked)));
    },
    fromResponse: (body, shownModel) => toAnswer(readAnswer(body), shownModel),
    stream: createFold,
    meter: (body, target) => toMetered(readAnswer(body), target),
    framing: 'sse',
    decoder: (target) => readAsChat(createDecoder(wire, target)),
  };
}

/** Servers that fill in take one text; a list of one means the same. */
function withOnePrompt(body: JsonObject): JsonObject {
  const { prompt } = body;
  return Array.isArray(prompt) && prompt.length === 1 ? { ...body, prompt: prompt[0] as unknown } : body;
}

function renamed(wire: PlainWire, body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [wire.rename?.[name] ?? name, value]));
}

function readAnswer(body: unknown): JsonObject {
  if (!isObject(body) || !Array.isArray(body['choices'])) throw new InvalidResponse('The answer has no choices.');
  return body;
}

function textIn(choice: JsonObject): string {
  const said = isObject(choice['message']) ? choice['message'] : choice['delta'];
  return textOf(choice['text']) ?? (isObject(said) ? textOf(said['content']) : undefined) ?? '';
}

function toChoice(choice: JsonObject, position: number): JsonObject {
  const { message: _message, delta: _delta, ...rest } = choice;
  return {
    ...rest,
    text: textIn(choice),
    index: typeof choice['index'] === 'number' ? choice['index'] : position,
    logprobs: choice['logprobs'] ?? null,
    finish_reason: choice['finish_reason'] ?? null,
  };
}

function choicesOf(body: JsonObject): JsonObject[] {
  return listOf(body['choices']).filter(isObject).map(toChoice);
}

function toAnswer(body: JsonObject, shownModel: string): JsonObject {
  return { ...body, object: 'text_completion', model: shownModel, choices: choicesOf(body) };
}

function reasonOf(choice: JsonObject): FinishReason | null {
  const word = choice['finish_reason'];
  if (typeof word !== 'string') return null;
  return isFinishReason(word) ? word : 'stop';
}

/** The same answer as the chat protocol tells it. */
function toMetered(body: JsonObject, target: Target): ChatResponse {
  const usage = parseUsage(body['usage']);
  return {
    id: textOf(body['id']) ?? target.id,
    object: 'chat.completion',
    created: typeof body['created'] === 'number' ? body['created'] : target.created,
    model: target.model,
    choices: choicesOf(body).map((choice, index) => ({
      index,
      message: { role: 'assistant', content: textIn(choice) },
      finish_reason: reasonOf(choice),
    })),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** Each frame as a chat would say it; the decoder of chats knows every irregularity of these servers already. */
function readAsChat(decoder: ReturnType<typeof createDecoder>): ReturnType<typeof createDecoder> {
  return (event) => {
    const frame = event.kind === 'event' ? parseJson(event.data) : undefined;
    const step = decoder(
      event.kind === 'event' && isObject(frame) && Array.isArray(frame['choices'])
        ? { ...event, data: JSON.stringify({ ...frame, choices: frame['choices'].map(asDelta) }) }
        : event,
    );
    return { ...step, next: readAsChat(step.next) };
  };
}

function asDelta(choice: unknown): unknown {
  if (!isObject(choice)) return choice;
  return { index: choice['index'], delta: { content: textIn(choice) }, finish_reason: choice['finish_reason'] ?? null };
}

/** Lists of one entry a token, which a stream brings in pieces. */
function joinLogprobs(known: unknown, more: unknown): unknown {
  if (!isObject(more)) return known ?? null;
  if (!isObject(known)) return more;
  return Object.fromEntries(
    Object.entries({ ...known, ...more }).map(([name, value]) => [
      name,
      Array.isArray(known[name]) && Array.isArray(more[name])
        ? [...(known[name] as unknown[]), ...(more[name] as unknown[])]
        : value,
    ]),
  );
}

function createFold(shownModel: string, body: Body): NativeStream {
  const choices = new Map<unknown, JsonObject>();
  const shows = wantsUsage(body);
  let head: JsonObject = {};
  const collect = (frame: JsonObject): void => {
    for (const choice of choicesOf(frame)) {
      const known = choices.get(choice['index']);
      choices.set(choice['index'], {
        ...known,
        ...choice,
        text: (known === undefined ? '' : textIn(known)) + textIn(choice),
        logprobs: joinLogprobs(known?.['logprobs'], choice['logprobs']),
        finish_reason: choice['finish_reason'] ?? known?.['finish_reason'] ?? null,
      });
    }
    const { choices: _choices, ...rest } = frame;
    // A last frame with `usage: null` must not erase the counts of the one before it.
    head = { ...head, ...rest, ...(rest['usage'] ? {} : { usage: head['usage'] }) };
  };
  return {
    pass: ({ data }) => {
      const frame = parseJson(data);
      if (!isObject(frame) || !Array.isArray(frame['choices'])) return [];
      collect(frame);
      const shown = toAnswer(frame, shownModel);
      if (shows) return [JSON.stringify(shown)];
      return listOf(shown['choices']).length === 0 ? [] : [JSON.stringify({ ...shown, usage: undefined })];
    },
    answer: () => ({
      ...head,
      object: 'text_completion',
      model: shownModel,
      choices: [...choices.values()].toSorted((one, other) => Number(one['index']) - Number(other['index'])),
    }),
  };
}
