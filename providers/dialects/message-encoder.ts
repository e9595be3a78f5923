/**
 * Chunks as Anthropic's events. A message is a row of blocks, one open at a time, while chunks may carry the pieces of several tool calls
 * in any order: pieces of a later block wait until the block before them is whole.
 */
import type { ChatChunk, ChatDelta, FinishReason, ThinkingBlock } from '../protocol/chat.ts';
import { isObject, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';
import type { Encoder, EncoderStep } from './dialect.ts';
import { toThinking } from './message-response.ts';
import { messageId, stopOf, usageOf } from './message-words.ts';

/** One thing a delta says, for one block. */
type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'thinking'; readonly text: string }
  /** A thinking block that is whole, signature and all: its text may have been sent in pieces before. */
  | { readonly kind: 'thought'; readonly block: ThinkingBlock }
  | { readonly kind: 'block'; readonly block: JsonObject }
  | { readonly kind: 'tool'; readonly key: number; readonly id: string; readonly name: string; readonly json: string };

type Open =
  { readonly kind: 'text' | 'thinking' } | { readonly kind: 'tool'; readonly key: number; readonly json: string };

type State = {
  readonly started: boolean;
  /** Of the block that is open, or of the next one. */
  readonly index: number;
  readonly open: Open | undefined;
  readonly waiting: readonly Piece[];
  /** Keys of the tool calls that were closed. */
  readonly done: ReadonlySet<number>;
  readonly finish: FinishReason | null;
  readonly fields: JsonObject;
  readonly usage: Usage | undefined;
};

const START: State = {
  started: false,
  index: 0,
  open: undefined,
  waiting: [],
  done: new Set(),
  finish: null,
  fields: {},
  usage: undefined,
};

function frame(type: string, rest: JsonObject): string {
  return JSON.stringify({ type, ...rest });
}

function piecesOf(delta: ChatDelta): Piece[] {
  const pieces: Piece[] = [];
  const thought = textOf(delta.reasoning_content);
  if (thought !== undefined) pieces.push({ kind: 'thinking', text: thought });
  for (const block of delta.thinking_blocks ?? []) pieces.push({ kind: 'thought', block });
  const fields = delta['provider_specific_fields'];
  const blocks = isObject(fields) ? fields['content_blocks'] : undefined;
  if (Array.isArray(blocks)) for (const block of blocks) if (isObject(block)) pieces.push({ kind: 'block', block });
  const text = textOf(delta.content) ?? textOf(delta.refusal);
  if (text !== undefined) pieces.push({ kind: 'text', text });
  for (const call of delta.tool_calls ?? []) {
    const { name = '', arguments: json = '' } = call.function ?? {};
    pieces.push({ kind: 'tool', key: call.index, id: call.id ?? '', name, json });
  }
  const old = delta.function_call;
  if (old) pieces.push({ kind: 'tool', key: -1, id: '', name: old.name ?? '', json: old.arguments ?? '' });
  return pieces;
}

/** What a piece must find closed before it can be said. */
function fits(open: Open | undefined, piece: Piece): boolean {
  if (open === undefined) return false;
  if (open.kind === 'tool') return piece.kind === 'tool' && piece.key === open.key;
  return open.kind === piece.kind || (open.kind === 'thinking' && piece.kind === 'thought');
}

/** One step under way: the state so far, and what it has said. */
type Writing = { state: State; readonly frames: string[]; readonly id: string; readonly model: string };

function begin(writing: Writing): void {
  if (writing.state.started) return;
  writing.state = { ...writing.state, started: true };
  const { id, model } = writing;
  writing.frames.push(
    frame('message_start', {
      message: {
        id: messageId(id),
        type: 'message',
        role: 'assistant',
        model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        // The counts are known at the end, and said in `message_delta`.
        usage: usageOf(undefined),
      },
    }),
  );
}

function start(writing: Writing, block: JsonObject, open: Open): void {
  begin(writing);
  writing.frames.push(frame('content_block_start', { index: writing.state.index, content_block: block }));
  writing.state = { ...writing.state, open };
}

function sendDelta(writing: Writing, delta: JsonObject): void {
  writing.frames.push(frame('content_block_delta', { index: writing.state.index, delta }));
}

function close(writing: Writing): void {
  const { open, index, done } = writing.state;
  if (open === undefined) return;
  writing.frames.push(frame('content_block_stop', { index }));
  writing.state = {
    ...writing.state,
    index: index + 1,
    open: undefined,
    done: open.kind === 'tool' ? new Set(done).add(open.key) : done,
  };
}

function startThinking(writing: Writing): void {
  start(writing, { type: 'thinking', thinking: '', signature: '' }, { kind: 'thinking' });
}

function writeThought(writing: Writing, block: ThinkingBlock): void {
  if (block.type === 'redacted_thinking') {
    close(writing);
    start(writing, toThinking(block), { kind: 'text' });
    close(writing);
    return;
  }
  if (writing.state.open === undefined) {
    startThinking(writing);
    if (block.thinking !== '') sendDelta(writing, { type: 'thinking_delta', thinking: block.thinking });
  }
  if (block.signature !== undefined) sendDelta(writing, { type: 'signature_delta', signature: block.signature });
  close(writing);
}

function writeTool(writing: Writing, piece: Extract<Piece, { kind: 'tool' }>): void {
  const { open, index } = writing.state;
  const before = open?.kind === 'tool' ? open.json : '';
  const opened: Open = { kind: 'tool', key: piece.key, json: before + piece.json };
  if (open === undefined) {
    const id = piece.id === '' ? `toolu_${messageId(writing.id).slice('msg_'.length)}_${index}` : piece.id;
    start(writing, { type: 'tool_use', id, name: piece.name, input: {} }, opened);
  } else writing.state = { ...writing.state, open: opened };
  if (piece.json !== '') sendDelta(writing, { type: 'input_json_delta', partial_json: piece.json });
}

function write(writing: Writing, piece: Piece): void {
  // Behind arguments that were whole, a model can only add white space.
  if (piece.kind === 'tool' && writing.state.done.has(piece.key)) return;
  if (!fits(writing.state.open, piece)) close(writing);
  switch (piece.kind) {
    case 'text':
      if (writing.state.open === undefined) start(writing, { type: 'text', text: '' }, { kind: 'text' });
      sendDelta(writing, { type: 'text_delta', text: piece.text });
      return;
    case 'thinking':
      if (writing.state.open === undefined) startThinking(writing);
      sendDelta(writing, { type: 'thinking_delta', thinking: piece.text });
      return;
    case 'thought':
      writeThought(writing, piece.block);
      return;
    case 'block':
      start(writing, piece.block, { kind: 'text' });
      close(writing);
      return;
    case 'tool':
      writeTool(writing, piece);
  }
}

function isWhole(open: Open | undefined): boolean {
  return open?.kind !== 'tool' || (open.json.trimEnd().endsWith('}') && isObject(parseJson(open.json)));
}

/** Says it now, or lets it wait behind the tool call whose arguments are still coming. */
function say(writing: Writing, piece: Piece): void {
  const { open, waiting } = writing.state;
  if (!fits(open, piece) && !isWhole(open)) {
    writing.state = { ...writing.state, waiting: [...waiting, piece] };
    return;
  }
  write(writing, piece);
  if (waiting.length === 0 || !isWhole(writing.state.open)) return;
  // What waited goes on in its order; a tool call among it makes the rest wait again.
  writing.state = { ...writing.state, waiting: [] };
  for (const next of waiting) say(writing, next);
}

/** No piece will come any more: every call is as whole as it gets. */
function finish(writing: Writing): void {
  for (;;) {
    const [first, ...rest] = writing.state.waiting;
    if (first === undefined) break;
    // All pieces of one call together, whatever came between them.
    const isSame = (piece: Piece): boolean => first.kind === 'tool' && piece.kind === 'tool' && piece.key === first.key;
    writing.state = { ...writing.state, waiting: rest.filter((piece) => !isSame(piece)) };
    write(writing, first);
    for (const piece of rest) if (isSame(piece)) write(writing, piece);
  }
  close(writing);
}

function take(state: State, chunk: ChatChunk, id: string): Writing {
  const writing: Writing = { state, frames: [], id, model: chunk.model };
  for (const choice of chunk.choices) {
    // A message has one choice; others can only come from a provider that was not asked for them.
    if (choice.index !== 0) continue;
    for (const piece of piecesOf(choice.delta)) say(writing, piece);
    const fields = choice.delta['provider_specific_fields'];
    if (isObject(fields)) writing.state = { ...writing.state, fields: { ...writing.state.fields, ...fields } };
    if (choice.finish_reason !== null) {
      begin(writing);
      finish(writing);
      writing.state = { ...writing.state, finish: choice.finish_reason };
    }
  }
  if (chunk.usage) writing.state = { ...writing.state, usage: chunk.usage };
  return writing;
}

function end(state: State, id: string): EncoderStep {
  const writing: Writing = { state, frames: [], id, model: '' };
  begin(writing);
  finish(writing);
  const { finish: reason, fields, usage } = writing.state;
  writing.frames.push(
    frame('message_delta', { delta: stopOf(reason, fields), usage: usageOf(usage) }),
    frame('message_stop', {}),
  );
  return { frames: writing.frames, next: encoderAt(writing.state, id) };
}

function encoderAt(state: State, id: string): Encoder {
  return (chunk) => {
    if (chunk === 'end') return end(state, id);
    const { frames, state: next } = take(state, chunk, id);
    return { frames, next: encoderAt(next, id) };
  };
}

/** A fold without memory of its own: the same chunks give the same events, whoever encodes them. */
export function createEncoder(_body: unknown, id: string): Encoder {
  return encoderAt(START, id);
}
