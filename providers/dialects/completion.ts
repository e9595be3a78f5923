/** OpenAI's text completions in front of providers that only chat: the prompt becomes a user's message, the answer becomes text again. */
import type { ChatChunk, ChatRequest, ChatResponse, FinishReason } from '../protocol/chat.ts';
import type { Failure } from '../protocol/errors.ts';
import { isObject, listOf, type JsonObject } from '../protocol/json.ts';
import type { Body, Dialect, Encoder } from './dialect.ts';

/** The prompt where it is one text: a list of one means the same. */
function onlyText(prompt: unknown): string | undefined {
  const one: unknown = Array.isArray(prompt) && prompt.length === 1 ? prompt[0] : prompt;
  return typeof one === 'string' ? one : undefined;
}

const OWN: ReadonlySet<string> = new Set(['prompt', 'suffix', 'echo', 'best_of', 'logprobs']);

function toChat(body: Body): ChatRequest {
  const rest = Object.fromEntries(Object.entries(body).filter(([field]) => !OWN.has(field)));
  const { logprobs } = body;
  return {
    ...rest,
    model: String(body['model']),
    messages: [{ role: 'user', content: onlyText(body['prompt']) ?? '' }],
    ...(typeof logprobs === 'number' ? { logprobs: true, ...(logprobs > 0 ? { top_logprobs: logprobs } : {}) } : {}),
  };
}

/** What only a provider with text completions of its own can do. Dropped silently, the caller would get an answer to another question. */
function objection(body: Body): Failure | undefined {
  const refused = (param: string, message: string): Failure => ({
    code: 'unsupported_parameter',
    message,
    param,
    billed: 'no',
  });
  const where = 'The model is served by a chat API';
  if (onlyText(body['prompt']) === undefined)
    return refused('prompt', `${where}, which takes one text a request: send each prompt by itself, as a string.`);
  if (typeof body['suffix'] === 'string' && body['suffix'] !== '')
    return refused('suffix', `${where}, which cannot fill in text before a suffix.`);
  if (body['echo'] === true) return refused('echo', `${where}, which does not repeat the prompt.`);
  const { best_of: candidates, n } = body;
  if (typeof candidates === 'number' && candidates > (typeof n === 'number' ? n : 1))
    return refused('best_of', `${where}, which does not choose the best of several answers.`);
  return undefined;
}

/** A text has no tool calls: what ends one has simply stopped. */
function toReason(reason: FinishReason | null | undefined): string | null {
  if (reason === undefined || reason === null) return null;
  return reason === 'length' || reason === 'content_filter' ? reason : 'stop';
}

/** Chat tells each token as an object; the older form is four lists of the same length. `offset`: characters before this piece. */
export function toLogprobs(logprobs: unknown, offset: number): JsonObject | null {
  const content = isObject(logprobs) ? listOf(logprobs['content']).filter(isObject) : [];
  if (content.length === 0) return null;
  let position = offset;
  const offsets = content.map((one) => {
    const here = position;
    position += String(one['token']).length;
    return here;
  });
  return {
    tokens: content.map((one) => one['token']),
    token_logprobs: content.map((one) => one['logprob']),
    top_logprobs: content.map((one) =>
      Object.fromEntries(
        listOf(one['top_logprobs'])
          .filter(isObject)
          .map((top) => [String(top['token']), top['logprob']]),
      ),
    ),
    text_offset: offsets,
  };
}

function fromResponse(response: ChatResponse): JsonObject {
  return {
    id: response.id,
    object: 'text_completion',
    created: response.created,
    model: response.model,
    ...(response.system_fingerprint === undefined ? {} : { system_fingerprint: response.system_fingerprint }),
    choices: response.choices.map((choice) => ({
      text: choice.message.content ?? '',
      index: choice.index,
      logprobs: toLogprobs(choice.logprobs, 0),
      finish_reason: toReason(choice.finish_reason),
    })),
    ...(response.usage === undefined ? {} : { usage: response.usage }),
  };
}

/** Characters shown so far, by choice: where the next token begins. */
type Shown = ReadonlyMap<number, number>;

function encoderAfter(shown: Shown, wantsUsage: boolean): Encoder {
  return (chunk) => {
    const same = (): Encoder => encoderAfter(shown, wantsUsage);
    if (chunk === 'end') return { frames: [], next: same() };
    if (chunk.choices.length === 0)
      return { frames: wantsUsage && chunk.usage ? [frameOf(chunk, [], chunk.usage)] : [], next: same() };
    const after = new Map(shown);
    const choices = chunk.choices.flatMap((choice) => {
      const text = choice.delta.content ?? '';
      // The first piece of a chat only says who speaks, and thoughts are no text.
      if (text === '' && choice.finish_reason === null) return [];
      const offset = after.get(choice.index) ?? 0;
      after.set(choice.index, offset + text.length);
      return [
        {
          text,
          index: choice.index,
          logprobs: toLogprobs(choice.logprobs, offset),
          finish_reason: toReason(choice.finish_reason),
        },
      ];
    });
    if (choices.length === 0) return { frames: [], next: same() };
    return { frames: [frameOf(chunk, choices)], next: encoderAfter(after, wantsUsage) };
  };
}

function frameOf(chunk: ChatChunk, choices: readonly JsonObject[], usage?: unknown): string {
  const { id, created, model } = chunk;
  return JSON.stringify({
    id,
    object: 'text_completion',
    created,
    model,
    choices,
    ...(usage === undefined ? {} : { usage }),
  });
}

/** A chunk for each choice, then the counts for those who want them. */
function replay(answer: JsonObject, body: Body): readonly string[] {
  const { usage, ...rest } = answer;
  const frames = listOf(answer['choices']).map((choice) => JSON.stringify({ ...rest, choices: [choice] }));
  return wantsUsage(body) && isObject(usage) ? [...frames, JSON.stringify({ ...rest, choices: [], usage })] : frames;
}

export function wantsUsage(body: Body): boolean {
  const options = body['stream_options'];
  return isObject(options) && options['include_usage'] === true;
}

export const completion: Dialect = {
  toChat,
  objection,
  fromResponse,
  encoder: (body) => encoderAfter(new Map(), wantsUsage(body)),
  replay,
};
