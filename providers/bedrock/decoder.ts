/** Converse's event stream as a pure fold. The events name content blocks by index; ours name only tool calls. */
import { JSON_TOOL, unwrapText, type StructuredOutput } from '../anthropic/structured-output.ts';
import type { ChatDelta, ChatRequest, FinishReason } from '../protocol/chat.ts';
import { completeStep, failedStep, toChunks, usageChunks, type Stamp } from '../protocol/chunks.ts';
import { invalidResponse } from '../protocol/failure.ts';
import { isObject, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import { closeBlock, endOfThought } from '../protocol/open-blocks.ts';
import type { ToolNames } from '../protocol/tool-names.ts';
import type { Usage } from '../protocol/usage.ts';
import type { Decoder, DecoderStep, Target, WireEvent } from '../provider.ts';
import { abilitiesOf } from './abilities.ts';
import { fromException, isException, TITLE } from './error.ts';
import { finishReasonOf, stopDetails } from './finish-reason.ts';
import type { NamedModel } from './model.ts';
import { extrasOf, isServerTool } from './response.ts';
import { structuredOutputOf } from './structured-output.ts';
import { toolNamesOf } from './tool-names.ts';
import { toUsage } from './usage.ts';

type OpenBlock =
  | { readonly kind: 'tool'; readonly index: number; readonly hasArguments: boolean }
  /** The tool behind structured output: its arguments are the answer's text. */
  | { readonly kind: 'json'; readonly wrapped: boolean; readonly json: string }
  /** Thinking is sent on as it comes, and once more whole at its end, when its signature is known. */
  | { readonly kind: 'thinking'; readonly text: string; readonly signature: string; readonly redacted: string }
  /** A tool that Bedrock runs itself. */
  | { readonly kind: 'server' };

type State = {
  /** The first chunk carries the role. It waits for content, so that a stream that fails at once has shown nothing. */
  readonly opened: boolean;
  readonly blocks: ReadonlyMap<number, OpenBlock>;
  readonly tools: number;
  readonly finished: boolean;
  /** Usage, tier and trace, which may come before the end or after it. */
  readonly metadata?: JsonObject;
};

type Context = { readonly stamp: Stamp; readonly names: ToolNames; readonly output: StructuredOutput };

/** What an event leads to: deltas to send, and the state after it. */
type Outcome = { readonly state: State; readonly deltas?: readonly ChatDelta[]; readonly finish?: FinishReason };

function withBlock(state: State, index: number, block: OpenBlock): State {
  return { ...state, blocks: new Map(state.blocks).set(index, block) };
}

function onStart(state: State, index: number, start: JsonObject, { names, output }: Context): Outcome {
  const use = start['toolUse'];
  // Blocks of text and of thinking begin with their first piece.
  if (!isObject(use)) return { state };
  if (isServerTool(use)) return { state: withBlock(state, index, { kind: 'server' }) };
  const name = textOf(use['name']) ?? '';
  if (output.kind === 'tool' && name === JSON_TOOL)
    return { state: withBlock(state, index, { kind: 'json', wrapped: output.wrapped, json: '' }) };
  const call = {
    index: state.tools,
    id: textOf(use['toolUseId']) ?? `tooluse_${state.tools}`,
    type: 'function' as const,
    function: { name: names.fromWire(name), arguments: '' },
  };
  const open: OpenBlock = { kind: 'tool', index: state.tools, hasArguments: false };
  return { state: { ...withBlock(state, index, open), tools: state.tools + 1 }, deltas: [{ tool_calls: [call] }] };
}

function onInput(state: State, index: number, json: string): Outcome {
  const open = state.blocks.get(index);
  if (json === '' || open === undefined) return { state };
  if (open.kind === 'tool') {
    return {
      state: open.hasArguments ? state : withBlock(state, index, { ...open, hasArguments: true }),
      deltas: [{ tool_calls: [{ index: open.index, function: { arguments: json } }] }],
    };
  }
  if (open.kind !== 'json') return { state };
  const next = withBlock(state, index, { ...open, json: open.json + json });
  return open.wrapped ? { state: next } : { state: next, deltas: [{ content: json }] };
}

function onReasoning(state: State, index: number, reasoning: JsonObject): Outcome {
  const known = state.blocks.get(index);
  const open =
    known?.kind === 'thinking' ? known : ({ kind: 'thinking', text: '', signature: '', redacted: '' } as const);
  const text = textOf(reasoning['text']);
  const next = withBlock(state, index, {
    kind: 'thinking',
    text: open.text + (text ?? ''),
    signature: open.signature + (textOf(reasoning['signature']) ?? ''),
    redacted: open.redacted + (textOf(reasoning['redactedContent']) ?? ''),
  });
  return text === undefined ? { state: next } : { state: next, deltas: [{ reasoning_content: text }] };
}

function onDelta(state: State, index: number, delta: JsonObject): Outcome {
  const { text, toolUse: use, reasoningContent: reasoning, citation } = delta;
  if (typeof text === 'string') return text === '' ? { state } : { state, deltas: [{ content: text }] };
  if (isObject(use)) {
    const { input } = use;
    return onInput(state, index, typeof input === 'string' ? input : isObject(input) ? JSON.stringify(input) : '');
  }
  if (isObject(reasoning)) return onReasoning(state, index, reasoning);
  if (isObject(citation)) return { state, deltas: [{ provider_specific_fields: { citations: [citation] } }] };
  return { state };
}

function endOf(open: OpenBlock): ChatDelta | undefined {
  switch (open.kind) {
    case 'tool':
      return open.hasArguments ? undefined : { tool_calls: [{ index: open.index, function: { arguments: '{}' } }] };
    case 'json':
      return open.wrapped || open.json === '' ? { content: unwrapText(open.json, open.wrapped) } : undefined;
    case 'thinking': {
      if (open.redacted !== '') return { thinking_blocks: [{ type: 'redacted_thinking', data: open.redacted }] };
      return endOfThought(open);
    }
    case 'server':
      return undefined;
  }
}

function onMessageStop(state: State, frame: JsonObject): Outcome {
  if (state.finished) return { state };
  // Blocks that nobody closed end here.
  const ends = [...state.blocks.values()].map(endOf).filter((delta) => delta !== undefined);
  const specific = stopDetails(frame);
  const last = Object.keys(specific).length === 0 ? {} : { provider_specific_fields: specific };
  return {
    state: { ...state, blocks: new Map(), finished: true },
    deltas: [...ends, last],
    finish: finishReasonOf(frame['stopReason'], state.tools > 0),
  };
}

function onEvent(state: State, name: string, frame: JsonObject, context: Context): Outcome {
  const index = typeof frame['contentBlockIndex'] === 'number' ? frame['contentBlockIndex'] : 0;
  switch (name) {
    case 'contentBlockStart':
      return isObject(frame['start']) ? onStart(state, index, frame['start'], context) : { state };
    case 'contentBlockDelta':
      return isObject(frame['delta']) ? onDelta(state, index, frame['delta']) : { state };
    case 'contentBlockStop':
      return closeBlock(state, index, endOf);
    case 'messageStop':
      return onMessageStop(state, frame);
    case 'metadata':
      return { state: { ...state, metadata: frame } };
    default:
      // `messageStart` says the role, which is known; others did not exist when this was written.
      return { state };
  }
}

function lastChunks({ metadata }: State, { stamp }: Context) {
  const usage: Usage | undefined = toUsage(metadata?.['usage']);
  return usageChunks(stamp, usage).map((chunk) => ({ ...chunk, ...extrasOf(metadata ?? {}) }));
}

function stepOf(outcome: Outcome, before: State, self: Decoder, context: Context): DecoderStep {
  const { deltas = [], finish = null } = outcome;
  const chunks = toChunks(context.stamp, deltas, { opened: before.opened, finish });
  const state = before.opened || deltas.length === 0 ? outcome.state : { ...outcome.state, opened: true };
  // Both the end and the counts have come, in whatever order.
  if (state.finished && state.metadata !== undefined) return completeStep([...chunks, ...lastChunks(state, context)]);
  return { chunks, next: state === before ? self : decoderAt(state, context) };
}

function decoderAt(state: State, context: Context): Decoder {
  const decode = (event: WireEvent): DecoderStep => {
    if (event.kind === 'end') {
      if (state.finished) return completeStep(lastChunks(state, context));
      return failedStep(invalidResponse(`${TITLE} ended the stream before the answer was complete.`));
    }
    if (isException(event.name)) return failedStep(fromException(TITLE, event.name, event.data));
    if (event.data.trim() === '') return { chunks: [], next: decode };
    const frame = parseJson(event.data);
    if (!isObject(frame)) return failedStep(invalidResponse(`${TITLE} sent a stream event that is not a JSON object.`));
    return stepOf(onEvent(state, event.name, frame, context), state, decode, context);
  };
  return decode;
}

export function converseDecoder(request: ChatRequest, target: Target, model: NamedModel): Decoder {
  const { id, created } = target;
  const context = {
    stamp: { id, created, model: target.model },
    names: toolNamesOf(request),
    output: structuredOutputOf(request, target, abilitiesOf(model.name)),
  };
  return decoderAt({ opened: false, blocks: new Map(), tools: 0, finished: false }, context);
}
