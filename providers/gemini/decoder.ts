/** Google's stream of answers as a pure fold. The stream has no end of its own: the connection's is it. */
import type { ChatRequest } from '../protocol/chat.ts';
import { completeStep, failedStep } from '../protocol/chunks.ts';
import { invalidResponse } from '../protocol/failure.ts';
import { isObject, parseJson } from '../protocol/json.ts';
import type { Decoder, DecoderStep, Target, WireEvent } from '../provider.ts';
import { fromGoogleErrorInside, isErrorBody } from './error.ts';
import { contextOf, endChunks, initialState, isFinished, readFrame, type Context, type State } from './fold.ts';

function decoderAt(state: State, context: Context, title: string): Decoder {
  const decode = (event: WireEvent): DecoderStep => {
    if (event.kind === 'end') {
      if (isFinished(state)) return completeStep(endChunks(state, context));
      return failedStep(invalidResponse(`${title} ended the stream before the answer was complete.`));
    }
    const text = event.data.trim();
    // Gateways in front of Google may end streams as OpenAI does.
    if (text === '' || text === '[DONE]') return { chunks: [], next: decode };
    const frame = parseJson(text);
    if (isErrorBody(frame)) return failedStep(fromGoogleErrorInside(title, frame));
    if (!isObject(frame)) return failedStep(invalidResponse(`${title} sent a stream event that is not a JSON object.`));
    const outcome = readFrame(state, frame, context);
    return { chunks: outcome.chunks, next: decoderAt(outcome.state, context, title) };
  };
  return decode;
}

export function createDecoder(title: string) {
  return (request: ChatRequest, target: Target): Decoder =>
    decoderAt(initialState(target), contextOf(request, target), title);
}
