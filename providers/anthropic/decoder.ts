/** Anthropic's event stream as a pure fold. The events name content blocks by index; ours name only tool calls. */
import type { ChatChunk, ChatDelta, ChatRequest, FinishReason } from '../protocol/chat.ts';
import { invalidResponse } from '../protocol/failure.ts';
import { isObject, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import { closeBlock, endOfThought } from '../protocol/open-blocks.ts';
import type { Decoder, DecoderStep, Target, WireEvent } from '../provider.ts';
import { fromStreamError, TITLE } from './error.ts';
import { finishReasonOf, stopDetails } from './finish-reason.ts';
import { toThinkingBlock } from './response.ts';
import { JSON_TOOL, structuredOutputOf, unwrapText, type StructuredOutput } from './structured-output.ts';
import { toolNamesOf, type ToolNames } from './tool-names.ts';
import { mergeUsage, toUsage } from './usage.ts';

type OpenBlock =
  | { readonly kind: 'text' }
  | { readonly kind: 'tool'; readonly index: number; readonly hasArguments: boolean }
  /** The tool behind structured output: its arguments are the answer's text. */
  | { readonly kind: 'json'; readonly wrapped: boolean; readonly json: string }
  /** Thinking is sent on as it comes, and once more whole at its end, when its signature is known. */
  | { readonly kind: 'thinking'; readonly text: string; readonly signature: string }
  | { readonly kind: 'other'; readonly block: JsonObject; readonly json: string };

type State = {
  readonly id: string;
  readonly model: string;
  /** The first chunk carries the role. It waits for content, so that a stream that fails at once has shown nothing. */
  readonly opened: boolean;
  readonly blocks: ReadonlyMap<number, OpenBlock>;
  readonly tools: number;
  readonly usage: JsonObject;
  readonly finished: boolean;
};

type Context = { readonly target: Target; readonly names: ToolNames; readonly output: StructuredOutput };

/** What an event leads to: deltas to send, and the state after it. */
type Outcome = { readonly state: State; readonly deltas?: readonly ChatDelta[]; readonly finish?: FinishReason };

function withBlock(state: State, index: number, block: OpenBlock): State {
  return { ...state, blocks: new Map(state.blocks).set(index, block) };
}

function onStart(state: State, frame: JsonObject): Outcome {
  const message = isObject(frame['message']) ? frame['message'] : {};
  return {
    state: {
      ...state,
      id: textOf(message['id']) ?? state.id,
      model: textOf(message['model']) ?? state.model,
      usage: mergeUsage(state.usage, message['usage']),
    },
  };
}

function onBlockStart(state: State, index: number, block: JsonObject, { names, output }: Context): Outcome {
  switch (block['type']) {
    case 'text': {
      const text = textOf(block['text']);
      return {
        state: withBlock(state, index, { kind: 'text' }),
        ...(text === undefined ? {} : { deltas: [{ content: text }] }),
      };
    }
    case 'tool_use': {
      const name = textOf(block['name']) ?? '';
      if (output.kind === 'tool' && name === JSON_TOOL) {
        return { state: withBlock(state, index, { kind: 'json', wrapped: output.wrapped, json: '' }) };
      }
      const call = {
        index: state.tools,
        id: textOf(block['id']) ?? `toolu_${state.tools}`,
        type: 'function' as const,
        function: { name: names.fromWire(name), arguments: '' },
      };
      const open: OpenBlock = { kind: 'tool', index: state.tools, hasArguments: false };
      return { state: { ...withBlock(state, index, open), tools: state.tools + 1 }, deltas: [{ tool_calls: [call] }] };
    }
    case 'thinking': {
      const open: OpenBlock = {
        kind: 'thinking',
        text: textOf(block['thinking']) ?? '',
        signature: textOf(block['signature']) ?? '',
      };
      return {
        state: withBlock(state, index, open),
        ...(open.text === '' ? {} : { deltas: [{ reasoning_content: open.text }] }),
      };
    }
    case 'redacted_thinking': {
      const whole = toThinkingBlock(block);
      return { state, ...(whole === undefined ? {} : { deltas: [{ thinking_blocks: [whole] }] }) };
    }
    default:
      return { state: withBlock(state, index, { kind: 'other', block, json: '' }) };
  }
}

function onJson(state: State, index: number, open: OpenBlock | undefined, json: string): Outcome {
  if (json === '' || open === undefined) return { state };
  switch (open.kind) {
    case 'tool': {
      const delta: ChatDelta = { tool_calls: [{ index: open.index, function: { arguments: json } }] };
      return {
        state: open.hasArguments ? state : withBlock(state, index, { ...open, hasArguments: true }),
        deltas: [delta],
      };
    }
    case 'json': {
      const next = withBlock(state, index, { ...open, json: open.json + json });
      return open.wrapped ? { state: next } : { state: next, deltas: [{ content: json }] };
    }
    case 'other':
      return { state: withBlock(state, index, { ...open, json: open.json + json }) };
    case 'text':
    case 'thinking':
      return { state };
  }
}

function onBlockDelta(state: State, index: number, delta: JsonObject): Outcome {
  const open = state.blocks.get(index);
  switch (delta['type']) {
    case 'text_delta': {
      const text = textOf(delta['text']);
      return text === undefined ? { state } : { state, deltas: [{ content: text }] };
    }
    case 'input_json_delta':
      return onJson(state, index, open, textOf(delta['partial_json']) ?? '');
    case 'thinking_delta': {
      const text = textOf(delta['thinking']);
      if (text === undefined || open?.kind !== 'thinking') return { state };
      return {
        state: withBlock(state, index, { ...open, text: open.text + text }),
        deltas: [{ reasoning_content: text }],
      };
    }
    case 'signature_delta': {
      if (open?.kind !== 'thinking') return { state };
      return {
        state: withBlock(state, index, { ...open, signature: open.signature + (textOf(delta['signature']) ?? '') }),
      };
    }
    case 'citations_delta':
      return { state, deltas: [{ provider_specific_fields: { citations: [delta['citation']] } }] };
    default:
      return { state };
  }
}

function endOf(open: OpenBlock): ChatDelta | undefined {
  switch (open.kind) {
    case 'tool':
      return open.hasArguments ? undefined : { tool_calls: [{ index: open.index, function: { arguments: '{}' } }] };
    case 'json':
      return open.wrapped || open.json === '' ? { content: unwrapText(open.json, open.wrapped) } : undefined;
    case 'thinking': {
      return endOfThought(open);
    }
    case 'other': {
      const input = open.json === '' ? undefined : parseJson(open.json);
      return {
        provider_specific_fields: { content_blocks: [input === undefined ? open.block : { ...open.block, input }] },
      };
    }
    case 'text':
      return undefined;
  }
}

function onMessageDelta(state: State, frame: JsonObject): Outcome {
  const delta = isObject(frame['delta']) ? frame['delta'] : {};
  const next = { ...state, usage: mergeUsage(state.usage, frame['usage']) };
  if (typeof delta['stop_reason'] !== 'string' || state.finished) return { state: next };
  const specific = stopDetails(delta);
  return {
    state: { ...next, finished: true },
    deltas: [Object.keys(specific).length === 0 ? {} : { provider_specific_fields: specific }],
    finish: finishReasonOf(delta['stop_reason'], state.tools > 0),
  };
}

function onEvent(state: State, frame: JsonObject, context: Context): Outcome {
  const index = typeof frame['index'] === 'number' ? frame['index'] : 0;
  switch (frame['type']) {
    case 'message_start':
      return onStart(state, frame);
    case 'content_block_start':
      return isObject(frame['content_block']) ? onBlockStart(state, index, frame['content_block'], context) : { state };
    case 'content_block_delta':
      return isObject(frame['delta']) ? onBlockDelta(state, index, frame['delta']) : { state };
    case 'content_block_stop':
      return closeBlock(state, index, endOf);
    case 'message_delta':
      return onMessageDelta(state, frame);
    default:
      // `ping`, and events that did not exist when this was written.
      return { state };
  }
}

function chunkOf(state: State, { target }: Context, choices: ChatChunk['choices']): ChatChunk {
  return { id: state.id, object: 'chat.completion.chunk', created: target.created, model: state.model, choices };
}

const AFTER: Decoder = () => ({ chunks: [], next: AFTER });

function failed(failure: DecoderStep['failure']): DecoderStep {
  return { chunks: [], next: AFTER, ...(failure === undefined ? {} : { failure }) };
}

function completed(state: State, context: Context): DecoderStep {
  const usage = toUsage(state.usage);
  return {
    chunks: usage === undefined ? [] : [{ ...chunkOf(state, context, []), usage }],
    next: AFTER,
    complete: true,
  };
}

function onEnd(state: State, context: Context): DecoderStep {
  if (state.finished) return completed(state, context);
  return failed(invalidResponse(`${TITLE} ended the stream before the answer was complete.`));
}

function stepOf(outcome: Outcome, before: State, self: Decoder, context: Context): DecoderStep {
  const { deltas = [], finish = null } = outcome;
  if (deltas.length === 0)
    return { chunks: [], next: outcome.state === before ? self : decoderAt(outcome.state, context) };
  const state = outcome.state.opened ? outcome.state : { ...outcome.state, opened: true };
  const chunks = deltas.map((delta, position) => {
    const first = position === 0 && !outcome.state.opened;
    return chunkOf(state, context, [
      { index: 0, delta: first ? { role: 'assistant', ...delta } : delta, finish_reason: finish },
    ]);
  });
  return { chunks, next: state === before ? self : decoderAt(state, context) };
}

function decoderAt(state: State, context: Context): Decoder {
  const decode = (event: WireEvent): DecoderStep => {
    if (event.kind === 'end') return onEnd(state, context);
    if (event.data.trim() === '') return { chunks: [], next: decode };
    const frame = parseJson(event.data);
    if (!isObject(frame)) return failed(invalidResponse(`${TITLE} sent a stream event that is not a JSON object.`));
    if (frame['type'] === 'error' || event.name === 'error') return failed(fromStreamError(frame));
    if (frame['type'] === 'message_stop') return onEnd(state, context);
    return stepOf(onEvent(state, frame, context), state, decode, context);
  };
  return decode;
}

export function createDecoder(request: ChatRequest, target: Target): Decoder {
  const context = { target, names: toolNamesOf(request), output: structuredOutputOf(request, target) };
  return decoderAt(
    { id: target.id, model: target.model, opened: false, blocks: new Map(), tools: 0, usage: {}, finished: false },
    context,
  );
}
