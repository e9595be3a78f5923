/** Ollama's stream, a JSON object a line, as a pure fold. */
import type { ChatDelta, ChatRequest } from '../protocol/chat.ts';
import { completeStep, failedStep, toChunks, usageChunks, type Stamp } from '../protocol/chunks.ts';
import { invalidResponse } from '../protocol/failure.ts';
import { isObject, listOf, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import { endThink, splitThink, THINK_START, type ThinkState } from '../protocol/think-tags.ts';
import type { Decoder, DecoderStep, Target, WireEvent } from '../provider.ts';
import { fromStreamError, TITLE } from './error.ts';
import { finishReasonOf, toToolCall, toUsage } from './response.ts';

type State = {
  readonly model: string;
  readonly opened: boolean;
  readonly think: ThinkState;
  readonly tools: number;
};

type Outcome = { readonly state: State; readonly deltas: readonly ChatDelta[] };

function spoken(thought: string, text: string): ChatDelta[] {
  return [...(thought === '' ? [] : [{ reasoning_content: thought }]), ...(text === '' ? [] : [{ content: text }])];
}

function onMessage(state: State, message: JsonObject, target: Target): Outcome {
  const split = splitThink(state.think, textOf(message['content']) ?? '');
  const deltas = spoken((textOf(message['thinking']) ?? '') + split.thought, split.text);
  let { tools } = state;
  for (const raw of listOf(message['tool_calls'])) {
    const call = toToolCall(raw, tools, target);
    if (call === undefined) continue;
    deltas.push({ tool_calls: [{ index: tools, ...call }] });
    tools += 1;
  }
  return { state: { ...state, think: split.state, tools }, deltas };
}

function stampOf(state: State, { id, created }: Target): Stamp {
  return { id, created, model: state.model };
}

function onDone({ state, deltas }: Outcome, line: JsonObject, target: Target): DecoderStep {
  const rest = endThink(state.think);
  const last = [...deltas, ...spoken(rest.thought, rest.text), {}];
  const stamp = stampOf(state, target);
  const finish = finishReasonOf(line, state.tools > 0);
  return completeStep([
    ...toChunks(stamp, last, { opened: state.opened, finish }),
    ...usageChunks(stamp, toUsage(line)),
  ]);
}

function decoderAt(state: State, target: Target): Decoder {
  return (event: WireEvent): DecoderStep => {
    if (event.kind === 'end')
      return failedStep(invalidResponse(`${TITLE} ended the stream before the answer was complete.`));
    const line = parseJson(event.data);
    if (!isObject(line)) return failedStep(invalidResponse(`${TITLE} sent a line that is not a JSON object.`));
    if (line['error'] !== undefined && line['error'] !== null) return failedStep(fromStreamError(line));
    const message = isObject(line['message']) ? line['message'] : {};
    const outcome = onMessage({ ...state, model: textOf(line['model']) ?? state.model }, message, target);
    if (line['done'] === true) return onDone(outcome, line, target);
    const chunks = toChunks(stampOf(outcome.state, target), outcome.deltas, { opened: state.opened });
    return { chunks, next: decoderAt({ ...outcome.state, opened: state.opened || chunks.length > 0 }, target) };
  };
}

export function createDecoder(_request: ChatRequest, target: Target): Decoder {
  return decoderAt({ model: target.model, opened: false, think: THINK_START, tools: 0 }, target);
}
