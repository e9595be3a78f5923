/** Reads Google's answers, whole or in pieces: every piece has the shape of a whole answer and adds to the ones before. */
import type { ChatChunk, ChatDelta, ChatRequest, ChunkChoice } from '../protocol/chat.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import type { ToolNames } from '../protocol/tool-names.ts';
import type { Target } from '../provider.ts';
import { searchesOf, toAnnotations } from './citations.ts';
import { finishReasonOf, nativeReason } from './finish-reason.ts';
import { toLogprobs } from './logprobs.ts';
import { geminiModel } from './models.ts';
import { signedFields } from './signatures.ts';
import { JSON_TOOL, structuredOutputOf, unwrap, type StructuredOutput } from './structured-output.ts';
import { toolNamesOf } from './tool-names.ts';
import { serviceTierOf, toUsage } from './usage.ts';

export type Context = { readonly target: Target; readonly names: ToolNames; readonly output: StructuredOutput };

type Choice = {
  readonly opened: boolean;
  readonly calls: number;
  readonly text: string;
  readonly finish?: string;
  readonly grounding?: JsonObject;
  /** What OpenAI has no place for; said at the end. */
  readonly fields: JsonObject;
};

export type State = {
  readonly id: string;
  readonly model: string;
  readonly choices: ReadonlyMap<number, Choice>;
  readonly usage: unknown;
  /** The prompt was refused: there will be no candidate. */
  readonly blocked?: JsonObject;
};

const NEW_CHOICE: Choice = { opened: false, calls: 0, text: '', fields: {} };

export function contextOf(request: ChatRequest, target: Target): Context {
  return { target, names: toolNamesOf(request), output: structuredOutputOf(request, target) };
}

export function initialState(target: Target): State {
  return { id: target.id, model: target.model, choices: new Map(), usage: undefined };
}

type Read = { readonly choice: Choice; readonly delta?: ChatDelta };

function callId(call: JsonObject, { target }: Context, index: number, count: number): string {
  return textOf(call['id']) ?? `call_${target.id.replace(/^chatcmpl-/, '')}_${index === 0 ? '' : `${index}_`}${count}`;
}

function onCall(
  choice: Choice,
  call: JsonObject,
  signature: string | undefined,
  index: number,
  context: Context,
): Read {
  const name = textOf(call['name']) ?? '';
  const args = isObject(call['args']) ? call['args'] : {};
  const { output } = context;
  if (output.kind === 'tool' && name === JSON_TOOL) {
    const content = unwrap(args, output.wrapped);
    return { choice: { ...choice, text: choice.text + content }, delta: { content } };
  }
  const tool = {
    index: choice.calls,
    type: 'function' as const,
    function: { name: context.names.fromWire(name), arguments: JSON.stringify(args) },
    ...signedFields(callId(call, context, index, choice.calls), signature),
  };
  return { choice: { ...choice, calls: choice.calls + 1 }, delta: { tool_calls: [tool] } };
}

function onData(choice: Choice, data: JsonObject, { target }: Context): Read {
  const type = textOf(data['mimeType']) ?? 'application/octet-stream';
  const base64 = textOf(data['data']) ?? '';
  if (type.startsWith('audio/')) {
    return {
      choice,
      delta: { audio: { id: `audio_${target.id}`, data: base64, transcript: '', expires_at: target.created } },
    };
  }
  return { choice, delta: { images: [{ type: 'image_url', image_url: { url: `data:${type};base64,${base64}` } }] } };
}

function onText(choice: Choice, part: JsonObject, signature: string | undefined): Read {
  const text = textOf(part['text']);
  const signed = signature === undefined ? {} : { provider_specific_fields: { thought_signatures: [signature] } };
  if (text === undefined) return signature === undefined ? { choice } : { choice, delta: signed };
  if (part['thought'] === true) return { choice, delta: { reasoning_content: text, ...signed } };
  return { choice: { ...choice, text: choice.text + text }, delta: { content: text, ...signed } };
}

function onPart(choice: Choice, part: JsonObject, index: number, context: Context): Read {
  const signature = textOf(part['thoughtSignature']);
  if (isObject(part['functionCall'])) return onCall(choice, part['functionCall'], signature, index, context);
  if (isObject(part['inlineData'])) return onData(choice, part['inlineData'], context);
  if (part['text'] !== undefined || signature !== undefined) return onText(choice, part, signature);
  if (Object.keys(part).length === 0) return { choice };
  // Code that Google ran, and what it printed.
  return { choice, delta: { provider_specific_fields: { content_parts: [part] } } };
}

/** Kept beside the answer under the names LiteLLM's callers know. */
const FIELDS: Readonly<Record<string, string>> = {
  safetyRatings: 'safety_ratings',
  citationMetadata: 'citation_metadata',
  urlContextMetadata: 'url_context_metadata',
  finishMessage: 'finish_message',
};

function onMetadata(choice: Choice, candidate: JsonObject): Choice {
  const fields: Record<string, unknown> = { ...choice.fields };
  for (const [from, to] of Object.entries(FIELDS)) {
    const value = candidate[from];
    if (value !== undefined && value !== null) fields[to] = value;
  }
  const grounding = candidate['groundingMetadata'];
  const finish = textOf(candidate['finishReason']);
  return {
    ...choice,
    fields,
    ...(isObject(grounding) && Object.keys(grounding).length > 0 ? { grounding } : {}),
    ...(finish === undefined || choice.finish !== undefined ? {} : { finish }),
  };
}

function withRole(choice: Choice, delta: ChatDelta): ChatDelta {
  return choice.opened ? delta : { role: 'assistant', ...delta };
}

type Outcome = { readonly state: State; readonly chunks: readonly ChatChunk[] };

function chunkOf(state: State, { target }: Context, choices: ChunkChoice[]): ChatChunk {
  return { id: state.id, object: 'chat.completion.chunk', created: target.created, model: state.model, choices };
}

function onCandidate(state: State, candidate: JsonObject, position: number, context: Context): Outcome {
  const index = typeof candidate['index'] === 'number' && candidate['index'] >= 0 ? candidate['index'] : position;
  const content = isObject(candidate['content']) ? candidate['content'] : {};
  const pieces: ChunkChoice[] = [];
  let choice = onMetadata(state.choices.get(index) ?? NEW_CHOICE, candidate);
  for (const part of listOf(content['parts'])) {
    const read: Read = isObject(part) ? onPart(choice, part, index, context) : { choice };
    choice = read.choice;
    if (read.delta === undefined) continue;
    pieces.push({ index, delta: withRole(choice, read.delta), finish_reason: null });
    choice = { ...choice, opened: true };
  }
  const logprobs = toLogprobs(candidate['logprobsResult']);
  const [first] = pieces;
  if (logprobs !== undefined && first !== undefined) pieces[0] = { ...first, logprobs };
  const next = { ...state, choices: new Map(state.choices).set(index, choice) };
  return { state: next, chunks: pieces.map((piece) => chunkOf(next, context, [piece])) };
}

/** What an answer, or a piece of one, adds. */
export function readFrame(before: State, frame: JsonObject, context: Context): Outcome {
  const feedback = isObject(frame['promptFeedback']) ? frame['promptFeedback'] : {};
  let state: State = {
    ...before,
    id: before.id === context.target.id ? (textOf(frame['responseId']) ?? before.id) : before.id,
    model: textOf(frame['modelVersion']) ?? before.model,
    usage: isObject(frame['usageMetadata']) ? frame['usageMetadata'] : before.usage,
    ...(textOf(feedback['blockReason']) === undefined ? {} : { blocked: feedback }),
  };
  const chunks: ChatChunk[] = [];
  listOf(frame['candidates']).forEach((candidate, position) => {
    if (!isObject(candidate)) return;
    const outcome = onCandidate(state, candidate, position, context);
    state = outcome.state;
    chunks.push(...outcome.chunks);
  });
  return { state, chunks };
}

/** Whether every choice has said why it ended. */
export function isFinished(state: State): boolean {
  if (state.choices.size === 0) return state.blocked !== undefined;
  return [...state.choices.values()].every((choice) => choice.finish !== undefined);
}

function finishChoice(index: number, choice: Choice): ChunkChoice {
  const annotations = toAnnotations(choice.grounding, choice.text);
  const fields = {
    ...nativeReason(choice.finish),
    ...choice.fields,
    ...(choice.grounding === undefined ? {} : { grounding_metadata: choice.grounding }),
  };
  const delta: ChatDelta = {
    ...(annotations.length === 0 ? {} : { annotations }),
    ...(Object.keys(fields).length === 0 ? {} : { provider_specific_fields: fields }),
  };
  return { index, delta: withRole(choice, delta), finish_reason: finishReasonOf(choice.finish, choice.calls > 0) };
}

function blockedChoice(feedback: JsonObject): ChunkChoice {
  const ratings = feedback['safetyRatings'];
  const message = textOf(feedback['blockReasonMessage']);
  return {
    index: 0,
    delta: {
      role: 'assistant',
      provider_specific_fields: {
        native_finish_reason: feedback['blockReason'],
        ...(message === undefined ? {} : { finish_message: message }),
        ...(ratings === undefined ? {} : { safety_ratings: ratings }),
      },
    },
    finish_reason: 'content_filter',
  };
}

/** The last chunks: one finish reason for each choice, then the usage. */
export function endChunks(state: State, context: Context): readonly ChatChunk[] {
  const ended = [...state.choices].map(([index, choice]) => finishChoice(index, choice));
  const choices = ended.length === 0 && state.blocked !== undefined ? [blockedChoice(state.blocked)] : ended;
  const { third } = geminiModel(context.target.model);
  const searches = [...state.choices.values()].reduce((sum, choice) => sum + searchesOf(choice.grounding, third), 0);
  const usage = toUsage(state.usage, searches);
  const tier = serviceTierOf(state.usage);
  const served = tier === undefined ? {} : { service_tier: tier };
  return [
    ...choices.map((choice) => ({ ...chunkOf(state, context, [choice]), ...served })),
    ...(usage === undefined ? [] : [{ ...chunkOf(state, context, []), usage, ...served }]),
  ];
}
