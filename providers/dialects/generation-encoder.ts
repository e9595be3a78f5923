/** Chunks as Google's stream: each piece has the shape of a whole answer; a function call comes in one piece, once its arguments are whole. */
import type { ChatChunk, ChatDelta, FinishReason, ThinkingBlock } from '../protocol/chat.ts';
import { textOf, type JsonObject } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';
import type { Body, Encoder, EncoderStep } from './dialect.ts';
import {
  callPart,
  finishReason,
  mediaParts,
  responseId,
  showsThoughts,
  signed,
  usageMetadata,
} from './generation-words.ts';

type Call = { readonly id: string; readonly name: string; readonly json: string };

type Candidate = {
  readonly calls: ReadonlyMap<number, Call>;
  readonly blocks: readonly ThinkingBlock[];
  readonly finish: FinishReason | null;
};

type State = {
  readonly model: string;
  readonly candidates: ReadonlyMap<number, Candidate>;
  readonly usage: Usage | undefined;
};

type Context = { readonly thoughts: boolean; readonly responseId: string };

const NEW: Candidate = { calls: new Map(), blocks: [], finish: null };

function frame(candidates: readonly JsonObject[], state: State, context: Context, more: JsonObject = {}): string {
  return JSON.stringify({
    candidates,
    ...more,
    modelVersion: state.model,
    responseId: context.responseId,
  });
}

function withCalls(candidate: Candidate, delta: ChatDelta): Candidate {
  const pieces = [
    ...(delta.tool_calls ?? []),
    ...(delta.function_call ? [{ index: -1, function: delta.function_call }] : []),
  ];
  const calls = new Map(candidate.calls);
  for (const piece of pieces) {
    const known = calls.get(piece.index) ?? { id: '', name: '', json: '' };
    const { name = '', arguments: json = '' } = piece.function ?? {};
    calls.set(piece.index, {
      id: known.id === '' && 'id' in piece ? (piece.id ?? '') : known.id,
      name: known.name + name,
      json: known.json + json,
    });
  }
  return { ...candidate, calls, blocks: [...candidate.blocks, ...(delta.thinking_blocks ?? [])] };
}

function partsOf(delta: ChatDelta, { thoughts }: Context): JsonObject[] {
  const thought = textOf(delta.reasoning_content);
  const text = textOf(delta.content) ?? textOf(delta.refusal);
  return [
    ...(thoughts && thought !== undefined ? [{ text: thought, thought: true }] : []),
    ...(text === undefined ? [] : [{ text }]),
    ...mediaParts(delta),
  ];
}

function take(before: State, chunk: ChatChunk, context: Context): { state: State; frames: string[] } {
  const candidates = new Map(before.candidates);
  const state: State = { model: chunk.model, candidates, usage: chunk.usage ?? before.usage };
  const frames: string[] = [];
  for (const { index, delta, finish_reason: finish } of chunk.choices) {
    const candidate = withCalls(candidates.get(index) ?? NEW, delta);
    candidates.set(index, finish === null ? candidate : { ...candidate, finish });
    const parts = partsOf(delta, context);
    if (parts.length > 0) frames.push(frame([{ content: { role: 'model', parts }, index }], state, context));
  }
  return { state, frames };
}

/** The last piece says why each candidate ended, and counts. It is the one that clients wait for. */
function end(state: State, context: Context): string[] {
  const usage = usageMetadata(state.usage);
  const candidates = [...(state.candidates.size === 0 ? [[0, NEW] as const] : state.candidates)].map(
    ([index, { calls, blocks, finish }]) => {
      const parts = signed([...calls.values()].map(callPart), blocks);
      return {
        content: { role: 'model', parts: parts.length === 0 ? [{ text: '' }] : parts },
        finishReason: finishReason(finish),
        index,
      };
    },
  );
  return [frame(candidates, state, context, usage === undefined ? {} : { usageMetadata: usage })];
}

function encoderAt(state: State, context: Context): Encoder {
  return (chunk): EncoderStep => {
    if (chunk === 'end') return { frames: end(state, context), next: encoderAt(state, context) };
    const taken = take(state, chunk, context);
    return { frames: taken.frames, next: encoderAt(taken.state, context) };
  };
}

export function createEncoder(body: Body, id: string): Encoder {
  return encoderAt(
    { model: String(body['model']), candidates: new Map(), usage: undefined },
    { thoughts: showsThoughts(body), responseId: responseId(id) },
  );
}
