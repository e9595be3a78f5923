/** Cohere's event stream as a pure fold. */
import type { ChatDelta, ChatRequest, FinishReason } from '../protocol/chat.ts';
import { completeStep, failedStep, toChunks, usageChunks, type Stamp } from '../protocol/chunks.ts';
import { invalidResponse } from '../protocol/failure.ts';
import { isObject, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import type { Decoder, DecoderStep, Target, WireEvent } from '../provider.ts';
import { fromFinishReason, fromStreamError, TITLE } from './error.ts';
import { finishReasonOf, nativeReason } from './response.ts';
import { toUsage } from './usage.ts';

type OpenTool = {
  /** Position among the answer's tool calls. */
  readonly at: number;
  readonly hasArguments: boolean;
  /** Arguments that may yet turn out to be the word `null`, Cohere's way to say that there are none. */
  readonly held: string;
};

type State = {
  readonly stamp: Stamp;
  /** The first chunk waits for content, so that a stream that fails at once has shown nothing. */
  readonly opened: boolean;
  readonly tools: ReadonlyMap<number, OpenTool>;
  readonly toolCount: number;
};

type Outcome = { readonly state: State; readonly deltas?: readonly ChatDelta[] };

const NO_ARGUMENTS = 'null';

function messageOf(frame: JsonObject): JsonObject {
  const delta = isObject(frame['delta']) ? frame['delta'] : {};
  return isObject(delta['message']) ? delta['message'] : {};
}

function withTool(state: State, index: number, tool: OpenTool): State {
  return { ...state, tools: new Map(state.tools).set(index, tool) };
}

function argumentsDelta(at: number, text: string): ChatDelta {
  return { tool_calls: [{ index: at, function: { arguments: text } }] };
}

function onContent(state: State, frame: JsonObject): Outcome {
  const { content } = messageOf(frame);
  if (!isObject(content)) return { state };
  const thought = textOf(content['thinking']);
  const text = textOf(content['text']);
  if (thought !== undefined) return { state, deltas: [{ reasoning_content: thought }] };
  return text === undefined ? { state } : { state, deltas: [{ content: text }] };
}

function addArguments(state: State, index: number, tool: OpenTool, text: string): Outcome {
  if (tool.hasArguments) return text === '' ? { state } : { state, deltas: [argumentsDelta(tool.at, text)] };
  const whole = tool.held + text;
  if (NO_ARGUMENTS.startsWith(whole)) return { state: withTool(state, index, { ...tool, held: whole }) };
  return {
    state: withTool(state, index, { ...tool, hasArguments: true, held: '' }),
    deltas: [argumentsDelta(tool.at, whole)],
  };
}

function onToolStart(state: State, index: number, frame: JsonObject, id: string): Outcome {
  const call = messageOf(frame)['tool_calls'];
  const called = isObject(call) ? call['function'] : undefined;
  if (!isObject(call) || !isObject(called)) return { state };
  const tool: OpenTool = { at: state.toolCount, hasArguments: false, held: '' };
  const opening: ChatDelta = {
    tool_calls: [
      {
        index: tool.at,
        id: textOf(call['id']) ?? `call_${id}_${tool.at}`,
        type: 'function',
        function: { name: textOf(called['name']) ?? '', arguments: '' },
      },
    ],
  };
  const next = { ...withTool(state, index, tool), toolCount: state.toolCount + 1 };
  const first = addArguments(next, index, tool, textOf(called['arguments']) ?? '');
  return { state: first.state, deltas: [opening, ...(first.deltas ?? [])] };
}

function onToolDelta(state: State, index: number, frame: JsonObject): Outcome {
  const tool = state.tools.get(index);
  const call = messageOf(frame)['tool_calls'];
  const called = isObject(call) ? call['function'] : undefined;
  const text = isObject(called) ? textOf(called['arguments']) : undefined;
  return tool === undefined || text === undefined ? { state } : addArguments(state, index, tool, text);
}

/** Closes a call: one that got no arguments has an empty object of them. */
function onToolEnd(state: State, index: number): Outcome {
  const tool = state.tools.get(index);
  if (tool === undefined) return { state };
  const tools = new Map(state.tools);
  tools.delete(index);
  const next = { ...state, tools };
  if (tool.hasArguments) return { state: next };
  const text = tool.held === '' || tool.held === NO_ARGUMENTS ? '{}' : tool.held;
  return { state: next, deltas: [argumentsDelta(tool.at, text)] };
}

function onEvent(state: State, frame: JsonObject, target: Target): Outcome {
  const index = typeof frame['index'] === 'number' ? frame['index'] : 0;
  switch (frame['type']) {
    case 'message-start':
      return { state: { ...state, stamp: { ...state.stamp, id: textOf(frame['id']) ?? state.stamp.id } } };
    case 'content-start':
    case 'content-delta':
      return onContent(state, frame);
    case 'tool-plan-delta': {
      const plan = textOf(messageOf(frame)['tool_plan']);
      return plan === undefined ? { state } : { state, deltas: [{ reasoning_content: plan }] };
    }
    case 'tool-call-start':
      return onToolStart(state, index, frame, target.id);
    case 'tool-call-delta':
      return onToolDelta(state, index, frame);
    case 'tool-call-end':
      return onToolEnd(state, index);
    case 'citation-start': {
      const { citations } = messageOf(frame);
      const list = Array.isArray(citations) ? citations : isObject(citations) ? [citations] : [];
      return list.length === 0 ? { state } : { state, deltas: [{ provider_specific_fields: { citations: list } }] };
    }
    default:
      return { state };
  }
}

/** The last event: tools that were never closed, the reason, the counts. */
function onMessageEnd(state: State, frame: JsonObject): DecoderStep {
  const delta = isObject(frame['delta']) ? frame['delta'] : {};
  const word = delta['finish_reason'];
  const failure = fromFinishReason(word, delta['error']);
  if (failure !== undefined) return failedStep(failure);
  const deltas: ChatDelta[] = [];
  for (const index of state.tools.keys()) deltas.push(...(onToolEnd(state, index).deltas ?? []));
  const native = nativeReason(word);
  deltas.push(Object.keys(native).length === 0 ? {} : { provider_specific_fields: native });
  const finish: FinishReason = finishReasonOf(word, state.toolCount > 0);
  const usage = toUsage(delta['usage']);
  return completeStep([
    ...toChunks(state.stamp, deltas, { opened: state.opened, finish }),
    ...usageChunks(state.stamp, usage),
  ]);
}

function stepOf({ state, deltas = [] }: Outcome, before: State, self: Decoder, target: Target): DecoderStep {
  if (deltas.length === 0) return { chunks: [], next: state === before ? self : decoderAt(state, target) };
  const chunks = toChunks(state.stamp, deltas, { opened: state.opened });
  const after = state.opened ? state : { ...state, opened: true };
  return { chunks, next: after === before ? self : decoderAt(after, target) };
}

function decoderAt(state: State, target: Target): Decoder {
  const decode = (event: WireEvent): DecoderStep => {
    if (event.kind === 'end')
      return failedStep(invalidResponse(`${TITLE} ended the stream before the answer was complete.`));
    const data = event.data.trim();
    if (data === '' || data === '[DONE]') return { chunks: [], next: decode };
    const frame = parseJson(data);
    if (!isObject(frame)) return failedStep(invalidResponse(`${TITLE} sent a stream event that is not a JSON object.`));
    if (frame['type'] === 'message-end') return onMessageEnd(state, frame);
    const isError = frame['type'] === 'error' || event.name === 'error';
    if (isError || (frame['type'] === undefined && typeof frame['message'] === 'string'))
      return failedStep(fromStreamError(frame));
    return stepOf(onEvent(state, frame, target), state, decode, target);
  };
  return decode;
}

export function createDecoder(_request: ChatRequest, target: Target): Decoder {
  const { id, created, model } = target;
  return decoderAt({ stamp: { id, created, model }, opened: false, tools: new Map(), toolCount: 0 }, target);
}
