/**
 * The stream on OpenAI's wire as a pure fold. This is the hot path: each line is parsed once, and the parsed object itself becomes the
 * chunk. The state changes only at the few events that matter, so that an ordinary delta allocates nothing but its parse.
 */
import type { ChatChunk, ChatDelta, ChunkChoice, FinishReason, ToolCallDelta } from '../protocol/chat.ts';
import type { Failure } from '../protocol/errors.ts';
import { invalidResponse } from '../protocol/failure.ts';
import { isFinishReason } from '../protocol/finish-reason.ts';
import { isObject, listOf, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';
import { parseUsage } from '../protocol/usage-parse.ts';
import type { Decoder, DecoderStep, Target, WireEvent } from '../provider.ts';
import type { Dialect } from './dialect.ts';
import { fromErrorInside } from './error.ts';
import { finishReasonOf, toArguments } from './response.ts';

type Choice = {
  /** Ids of its tool calls, by the index under which they are emitted. */
  readonly tools: readonly string[];
  readonly finished: boolean;
};

type State = {
  readonly choices: ReadonlyMap<number, Choice>;
  /** The newest counts: some servers repeat growing ones in every chunk. */
  readonly usage: Usage | undefined;
  readonly id: string;
  readonly created: number;
  readonly model: string;
  /** Whether the fields above came from the provider. */
  readonly named: boolean;
};

type Context = { readonly dialect: Dialect; readonly target: Target };

const NEW_CHOICE: Choice = { tools: [], finished: false };

function isError(frame: JsonObject, name: string): boolean {
  return (frame['error'] !== undefined && frame['error'] !== null) || frame['object'] === 'error' || name === 'error';
}

function withChoice(state: State, index: number, choice: Choice): State {
  return { ...state, choices: new Map(state.choices).set(index, choice) };
}

/** Servers that give every parallel call index 0 differ in the ids: a new id is a new call. */
function placeTool(
  call: ToolCallDelta,
  position: number,
  tools: string[],
  targetId: string,
  choiceIndex: number,
): ToolCallDelta {
  const id = textOf(call.id);
  let index = typeof call.index === 'number' ? call.index : id === undefined ? Math.max(0, tools.length - 1) : -1;
  if (id !== undefined) {
    const known = tools.indexOf(id);
    if (known !== -1) index = known;
    else if (index < 0 || tools[index] !== undefined) index = tools.length;
    tools[index] = id;
  } else if (tools[index] === undefined) {
    if (tools.length > 0 && call.function?.name === undefined) index = tools.length - 1;
    else {
      const made = `call_${targetId}_${choiceIndex}_${position}_${tools.length}`;
      tools[index] = made;
      call.id = made;
    }
  }
  call.index = index;
  if (call.id !== undefined) call.type = 'function';
  const called = call.function;
  // Cloudflare closes a call with a piece whose every field is null.
  if (called !== undefined && (called.arguments as unknown) === null) delete called.arguments;
  if (called !== undefined && (called.name as unknown) === null) delete called.name;
  if (called !== undefined && called.arguments !== undefined && typeof called.arguments !== 'string') {
    called.arguments = toArguments(called.arguments);
  }
  return call;
}

function isToolDelta(value: unknown): value is ToolCallDelta {
  return isObject(value) && (value['function'] === undefined || isObject(value['function']));
}

/** Mistral streams thinking as a list inside `content`; Groq, Cerebras and OpenRouter call it `reasoning`. */
function normaliseDelta(delta: ChatDelta): void {
  const content: unknown = delta.content;
  if (Array.isArray(content)) {
    const texts: string[] = [];
    const thoughts: string[] = [];
    for (const part of content) {
      if (!isObject(part)) continue;
      if (part['type'] !== 'thinking') texts.push(textOf(part['text']) ?? '');
      else if (Array.isArray(part['thinking']))
        for (const thought of part['thinking']) if (isObject(thought)) thoughts.push(textOf(thought['text']) ?? '');
    }
    delta.content = texts.join('');
    if (thoughts.length > 0) delta.reasoning_content = thoughts.join('');
  } else if (content !== undefined && content !== null && typeof content !== 'string') {
    delete delta.content;
  }
  const reasoning = delta['reasoning'];
  if (typeof reasoning === 'string') {
    delta.reasoning_content ??= reasoning;
    delete delta['reasoning'];
  }
}

/** Puts the parsed choice in order, in place. Returns the state it leaves, or nothing when it is no choice. */
function readChoice(raw: unknown, position: number, state: State, target: Target): State | undefined {
  if (!isObject(raw)) return undefined;
  // The parsed object is ours alone, and is put in order field by field before it leaves.
  const choice = raw as unknown as ChunkChoice & { message?: unknown };
  if (typeof choice.index !== 'number') choice.index = position;
  if (!isObject(choice.delta)) choice.delta = isObject(choice.message) ? { ...choice.message } : {};
  // Perplexity repeats the whole answer so far beside each delta.
  if (choice.message !== undefined) delete choice.message;
  const delta = choice.delta;
  normaliseDelta(delta);

  const known = state.choices.get(choice.index);
  let next = known ?? NEW_CHOICE;
  if (known === undefined) delta.role = 'assistant';
  if (delta.tool_calls !== undefined) {
    if (!Array.isArray(delta.tool_calls) || delta.tool_calls.length === 0) delete delta.tool_calls;
    else {
      const tools = [...next.tools];
      const { index } = choice;
      if (!delta.tool_calls.every(isToolDelta)) return undefined;
      delta.tool_calls = delta.tool_calls.map((call, at) => placeTool(call, at, tools, target.id, index));
      next = { ...next, tools };
    }
  }
  const word: unknown = choice.finish_reason;
  if (word === undefined || word === null || (word === '' && next.tools.length === 0) || next.finished)
    choice.finish_reason = null;
  else {
    if (!isFinishReason(word) && typeof word === 'string' && word !== '') {
      delta['provider_specific_fields'] = {
        ...(delta['provider_specific_fields'] as object | undefined),
        native_finish_reason: word,
      };
    }
    choice.finish_reason = finishReasonOf(word, next.tools.length > 0);
    next = { ...next, finished: true };
  }
  return next === known ? state : withChoice(state, choice.index, next);
}

function named(frame: JsonObject, state: State): State {
  const id = textOf(frame['id']) ?? state.id;
  const created = typeof frame['created'] === 'number' ? Math.floor(frame['created']) : state.created;
  // Azure opens a stream with a chunk that has neither a name nor an answer.
  const isNamed = textOf(frame['id']) !== undefined || listOf(frame['choices']).length > 0;
  return { ...state, id, created, model: textOf(frame['model']) ?? state.model, named: isNamed };
}

function usageChunk(state: State, usage: Usage): ChatChunk {
  return {
    id: state.id,
    object: 'chat.completion.chunk',
    created: state.created,
    model: state.model,
    choices: [],
    usage,
  };
}

/** A server that ended without a reason for a choice has still answered: its clients wait for exactly one reason per choice. */
function finishChunks(state: State): ChatChunk[] {
  const open: ChunkChoice[] = [];
  for (const [index, choice] of state.choices) {
    const reason: FinishReason = choice.tools.length > 0 ? 'tool_calls' : 'stop';
    if (!choice.finished) open.push({ index, delta: {}, finish_reason: reason });
  }
  if (open.length === 0) return [];
  return [{ id: state.id, object: 'chat.completion.chunk', created: state.created, model: state.model, choices: open }];
}

const AFTER: Decoder = () => ({ chunks: [], next: AFTER });

function failed(failure: Failure): DecoderStep {
  return { chunks: [], next: AFTER, failure };
}

function completed(state: State): DecoderStep {
  const usage = state.usage === undefined ? [] : [usageChunk(state, state.usage)];
  return { chunks: [...finishChunks(state), ...usage], next: AFTER, complete: true };
}

function allFinished(state: State): boolean {
  if (state.choices.size === 0) return false;
  for (const choice of state.choices.values()) if (!choice.finished) return false;
  return true;
}

function onEnd(state: State, { dialect }: Context): DecoderStep {
  // Some servers close the connection instead of sending [DONE]; every choice has said that it is finished, so nothing is missing.
  if (allFinished(state)) return completed(state);
  return failed(invalidResponse(`${dialect.title} ended the stream before the answer was complete.`));
}

function onDone(state: State, { dialect }: Context): DecoderStep {
  if (state.choices.size === 0) return failed(invalidResponse(`${dialect.title} ended the stream without an answer.`));
  return completed(state);
}

function onFrame(frame: JsonObject, state: State, context: Context, self: Decoder): DecoderStep {
  const { dialect, target } = context;
  let next = state.named ? state : named(frame, state);
  const usage = frame['usage'];
  if (usage !== undefined) {
    const parsed = usage === null ? undefined : parseUsage(usage, dialect);
    if (parsed !== undefined) next = { ...next, usage: parsed };
  }
  const { choices } = frame;
  if (choices === undefined || choices === null) return step([], next, state, context, self);
  if (!Array.isArray(choices))
    return failed(invalidResponse(`${dialect.title} sent a chunk whose choices are not a list.`));
  for (let position = 0; position < choices.length; position += 1) {
    const choice: unknown = choices[position];
    if (isObject(choice) && isObject(choice['error'])) return failed(fromErrorInside(dialect, choice));
    const read = readChoice(choice, position, next, target);
    if (read === undefined)
      return failed(invalidResponse(`${dialect.title} sent a chunk that is not a chat completion chunk.`));
    next = read;
  }
  // Every field below is checked or set, so the parsed object is a chunk.
  const chunk = frame as unknown as ChatChunk;
  if (usage !== undefined) delete chunk.usage;
  if (choices.length === 0 && usage !== undefined) return step([], next, state, context, self);
  chunk.object = 'chat.completion.chunk';
  chunk.id = next.id;
  chunk.created = next.created;
  if (typeof chunk.model !== 'string' || chunk.model === '') chunk.model = next.model;
  return step([chunk], next, state, context, self);
}

function step(chunks: readonly ChatChunk[], next: State, state: State, context: Context, self: Decoder): DecoderStep {
  return { chunks, next: next === state ? self : decoderAt(next, context) };
}

function decoderAt(state: State, context: Context): Decoder {
  const decode = (event: WireEvent): DecoderStep => {
    if (event.kind === 'end') return onEnd(state, context);
    const data = event.data.trimStart();
    if (data === '') return { chunks: [], next: decode };
    if (data.startsWith('[DONE]')) return onDone(state, context);
    const parsed = parseJson(data);
    if (!isObject(parsed)) {
      return failed(invalidResponse(`${context.dialect.title} sent a stream event that is not a JSON object.`));
    }
    const frame = context.dialect.readFrame?.(parsed) ?? parsed;
    if (isError(frame, event.name)) return failed(fromErrorInside(context.dialect, frame));
    return onFrame(frame, state, context, decode);
  };
  return decode;
}

export function createDecoder(dialect: Dialect, target: Target): Decoder {
  const { id, created, model } = target;
  return decoderAt({ choices: new Map(), usage: undefined, id, created, model, named: false }, { dialect, target });
}
