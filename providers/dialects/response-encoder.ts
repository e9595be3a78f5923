/** Chunks as the events of the Responses API: every item is announced, filled and finished, and numbered by its place in the output. */
import type { ChatChunk, ChatDelta, FinishReason, ThinkingBlock, ToolCallDelta } from '../protocol/chat.ts';
import { isObject, listOf, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';
import type { Encoder, EncoderStep } from './dialect.ts';
import { sealThinking } from './response-items.ts';
import { endingOf, itemId, messageItem, shellOf, textPart, usageOf } from './response-object.ts';

type Part = { readonly kind: 'text' | 'refusal'; readonly text: string; readonly logprobs: readonly unknown[] };

/** An item that still grows. Calls may grow side by side; everything else one after the other. */
type Open = { readonly index: number; readonly id: string } & (
  | { readonly kind: 'reasoning'; readonly text: string | undefined; readonly blocks: readonly ThinkingBlock[] }
  | { readonly kind: 'message'; readonly parts: readonly Part[] }
  | {
      readonly kind: 'call';
      readonly key: number;
      readonly callId: string;
      readonly name: string;
      readonly json: string;
    }
);

type State = {
  readonly sequence: number;
  readonly started: boolean;
  readonly model: string;
  readonly tier: string | undefined;
  readonly open: readonly Open[];
  /** Finished items, by their place. */
  readonly output: ReadonlyMap<number, JsonObject>;
  readonly items: number;
  /** Keys of the calls that are finished. */
  readonly done: ReadonlySet<number>;
  readonly finish: FinishReason | null;
  readonly usage: Usage | undefined;
};

const START: State = {
  sequence: 0,
  started: false,
  model: '',
  tier: undefined,
  open: [],
  output: new Map(),
  items: 0,
  done: new Set(),
  finish: null,
  usage: undefined,
};

/** One step under way: the state so far, and what it has said. */
type Writing = { state: State; readonly frames: string[]; readonly id: string; readonly body: JsonObject };

function send(writing: Writing, type: string, rest: JsonObject): void {
  writing.frames.push(JSON.stringify({ type, sequence_number: writing.state.sequence, ...rest }));
  writing.state = { ...writing.state, sequence: writing.state.sequence + 1 };
}

function begin(writing: Writing): void {
  if (writing.state.started) return;
  writing.state = { ...writing.state, started: true };
  const { id, body } = writing;
  const { model } = writing.state;
  const response = shellOf({ id, body, model, status: 'in_progress' });
  send(writing, 'response.created', { response });
  send(writing, 'response.in_progress', { response });
}

function itemOf(open: Open, status: 'in_progress' | 'completed'): JsonObject {
  switch (open.kind) {
    case 'reasoning': {
      const { id, text, blocks } = open;
      return {
        id,
        type: 'reasoning',
        summary: text === undefined || status === 'in_progress' ? [] : [{ type: 'summary_text', text }],
        ...(blocks.length === 0 ? {} : { encrypted_content: sealThinking(blocks) }),
      };
    }
    case 'message':
      return messageItem(open.id, status === 'in_progress' ? [] : open.parts.map(partOf), status);
    case 'call': {
      const { id, callId, name, json } = open;
      return { id, type: 'function_call', status, call_id: callId, name, arguments: json };
    }
  }
}

function partOf({ kind, text, logprobs }: Part): JsonObject {
  return kind === 'text' ? textPart(text, logprobs) : { type: 'refusal', refusal: text };
}

function put(writing: Writing, open: Open): void {
  const others = writing.state.open.filter(({ index }) => index !== open.index);
  writing.state = { ...writing.state, open: [...others, open].sort((a, b) => a.index - b.index) };
}

function announce(writing: Writing, open: Open): void {
  begin(writing);
  writing.state = { ...writing.state, items: writing.state.items + 1 };
  put(writing, open);
  const item = open.kind === 'call' ? { ...itemOf(open, 'in_progress'), arguments: '' } : itemOf(open, 'in_progress');
  send(writing, 'response.output_item.added', { output_index: open.index, item });
}

function place({ index, id }: Open): { output_index: number; item_id: string } {
  return { output_index: index, item_id: id };
}

function finishPart(writing: Writing, open: Open & { readonly kind: 'message' }, part: Part): void {
  const at = { ...place(open), content_index: open.parts.length - 1 };
  if (part.kind === 'text')
    send(writing, 'response.output_text.done', { ...at, text: part.text, logprobs: part.logprobs });
  else send(writing, 'response.refusal.done', { ...at, refusal: part.text });
  send(writing, 'response.content_part.done', { ...at, part: partOf(part) });
}

function finishItem(writing: Writing, open: Open): void {
  switch (open.kind) {
    case 'reasoning': {
      if (open.text === undefined) break;
      const at = { ...place(open), summary_index: 0 };
      send(writing, 'response.reasoning_summary_text.done', { ...at, text: open.text });
      send(writing, 'response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text: open.text } });
      break;
    }
    case 'message': {
      const last = open.parts.at(-1);
      if (last !== undefined) finishPart(writing, open, last);
      break;
    }
    case 'call':
      send(writing, 'response.function_call_arguments.done', { ...place(open), name: open.name, arguments: open.json });
  }
  const item = itemOf(open, 'completed');
  send(writing, 'response.output_item.done', { output_index: open.index, item });
  writing.state = {
    ...writing.state,
    open: writing.state.open.filter(({ index }) => index !== open.index),
    output: new Map(writing.state.output).set(open.index, item),
    ...(open.kind === 'call' ? { done: new Set(writing.state.done).add(open.key) } : {}),
  };
}

/** Before another kind of item begins. Calls whose arguments still come stay open. */
function finishOthers(writing: Writing, kind: Open['kind']): void {
  for (const open of writing.state.open) {
    const whole = open.kind === 'call' ? isObject(parseJson(open.json)) : open.kind !== kind;
    if (whole) finishItem(writing, open);
  }
}

function openOf<Kind extends Open['kind']>({ state }: Writing, kind: Kind): (Open & { kind: Kind }) | undefined {
  return state.open.find((open): open is Open & { kind: Kind } => open.kind === kind);
}

function reasoningOf(writing: Writing): Open & { readonly kind: 'reasoning' } {
  const known = openOf(writing, 'reasoning');
  if (known !== undefined) return known;
  finishOthers(writing, 'reasoning');
  const { items: index } = writing.state;
  const open = { kind: 'reasoning', index, id: itemId('rs', writing.id, index), text: undefined, blocks: [] } as const;
  announce(writing, open);
  return open;
}

function think(writing: Writing, delta: string): void {
  const open = reasoningOf(writing);
  const at = { ...place(open), summary_index: 0 };
  if (open.text === undefined)
    send(writing, 'response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } });
  send(writing, 'response.reasoning_summary_text.delta', { ...at, delta });
  put(writing, { ...open, text: (open.text ?? '') + delta });
}

function say(writing: Writing, kind: Part['kind'], delta: string, logprobs: readonly unknown[]): void {
  let open = openOf(writing, 'message');
  if (open === undefined) {
    finishOthers(writing, 'message');
    const { items: index } = writing.state;
    open = { kind: 'message', index, id: itemId('msg', writing.id, index), parts: [] };
    announce(writing, open);
  }
  const last = open.parts.at(-1);
  let parts = open.parts;
  if (last?.kind !== kind) {
    if (last !== undefined) finishPart(writing, open, last);
    const empty: Part = { kind, text: '', logprobs: [] };
    parts = [...parts, empty];
    send(writing, 'response.content_part.added', {
      ...place(open),
      content_index: parts.length - 1,
      part: partOf(empty),
    });
  }
  const at = { ...place(open), content_index: parts.length - 1 };
  if (kind === 'text') send(writing, 'response.output_text.delta', { ...at, delta, logprobs });
  else send(writing, 'response.refusal.delta', { ...at, delta });
  const before = parts.at(-1);
  const grown: Part = {
    kind,
    text: (before?.text ?? '') + delta,
    logprobs: logprobs.length === 0 ? (before?.logprobs ?? []) : [...(before?.logprobs ?? []), ...logprobs],
  };
  put(writing, { ...open, parts: [...parts.slice(0, -1), grown] });
}

function call(writing: Writing, { index: key, id, function: called }: ToolCallDelta): void {
  const { name = '', arguments: delta = '' } = called ?? {};
  let open = writing.state.open.find(
    (item): item is Open & { kind: 'call' } => item.kind === 'call' && item.key === key,
  );
  if (open === undefined) {
    // Behind arguments that were whole, a model can only add white space.
    if (writing.state.done.has(key)) return;
    finishOthers(writing, 'call');
    const { items: index } = writing.state;
    const callId = textOf(id) ?? `call_${itemId('fc', writing.id, index).slice('fc_'.length)}`;
    open = { kind: 'call', index, id: itemId('fc', writing.id, index), key, callId, name, json: '' };
    announce(writing, open);
  }
  if (delta === '') return;
  send(writing, 'response.function_call_arguments.delta', { ...place(open), delta });
  put(writing, { ...open, json: open.json + delta });
}

function addDelta(writing: Writing, delta: ChatDelta, logprobs: unknown): void {
  const thought = textOf(delta.reasoning_content);
  if (thought !== undefined) think(writing, thought);
  const blocks = delta.thinking_blocks ?? [];
  if (blocks.length > 0) {
    const open = reasoningOf(writing);
    put(writing, { ...open, blocks: [...open.blocks, ...blocks] });
  }
  const text = textOf(delta.content);
  if (text !== undefined) say(writing, 'text', text, isObject(logprobs) ? listOf(logprobs['content']) : []);
  const refusal = textOf(delta.refusal);
  if (refusal !== undefined) say(writing, 'refusal', refusal, []);
  for (const one of delta.tool_calls ?? []) call(writing, one);
  const old = delta.function_call;
  if (old) call(writing, { index: -1, function: old });
}

function take(writing: Writing, chunk: ChatChunk): void {
  const tier = textOf(chunk['service_tier']);
  const { started } = writing.state;
  writing.state = {
    ...writing.state,
    ...(started ? {} : { model: chunk.model }),
    ...(tier === undefined ? {} : { tier }),
    ...(chunk.usage ? { usage: chunk.usage } : {}),
  };
  for (const choice of chunk.choices) {
    // A response has one choice; others can only come from a provider that was not asked for them.
    if (choice.index !== 0) continue;
    addDelta(writing, choice.delta, choice.logprobs);
    if (choice.finish_reason === null) continue;
    finishAll(writing);
    writing.state = { ...writing.state, finish: choice.finish_reason };
  }
}

function finishAll(writing: Writing): void {
  begin(writing);
  for (const open of writing.state.open) finishItem(writing, open);
}

function end(writing: Writing): void {
  finishAll(writing);
  const { id, body, state } = writing;
  const { model, finish, usage, tier, output } = state;
  const ending = endingOf(finish);
  const response = {
    ...shellOf({ id, body, model, status: ending.status }),
    ...ending,
    ...(tier === undefined ? {} : { service_tier: tier }),
    output: [...output].sort(([a], [b]) => a - b).map(([, item]) => item),
    usage: usageOf(usage),
  };
  send(writing, ending.status === 'completed' ? 'response.completed' : 'response.incomplete', { response });
}

function encoderAt(state: State, body: JsonObject, id: string): Encoder {
  return (chunk): EncoderStep => {
    const writing: Writing = { state, frames: [], id, body };
    if (chunk === 'end') end(writing);
    else take(writing, chunk);
    return { frames: writing.frames, next: encoderAt(writing.state, body, id) };
  };
}

/** A fold without memory of its own: the same chunks give the same events, whoever encodes them. */
export function createEncoder(body: JsonObject, id: string): Encoder {
  return encoderAt(START, body, id);
}
