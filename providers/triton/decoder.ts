/** Triton's stream as a pure fold: pieces of text, and no mark of the end but the end. */
import type { ChatRequest } from '../protocol/chat.ts';
import { completeStep, failedStep, toChunks, type Stamp } from '../protocol/chunks.ts';
import { invalidResponse, toFailureInside } from '../protocol/failure.ts';
import { isObject, parseJson } from '../protocol/json.ts';
import type { Decoder, Target } from '../provider.ts';
import { TITLE } from './error.ts';
import { textIn } from './response.ts';

function decoderAt(state: { readonly begun: boolean; readonly opened: boolean }, stamp: Stamp): Decoder {
  const decode: Decoder = (event) => {
    if (event.kind === 'end')
      return state.begun
        ? completeStep(toChunks(stamp, [{}], { opened: state.opened, finish: 'stop' }))
        : failedStep(invalidResponse(`${TITLE} sent an empty stream.`));
    if (event.data.trim() === '' || event.data === '[DONE]') return { chunks: [], next: decode };
    const frame = parseJson(event.data);
    if (!isObject(frame)) return failedStep(invalidResponse(`${TITLE} sent a stream event that is not a JSON object.`));
    // It can fail after it has answered 200.
    if (frame['error'] !== undefined) return failedStep(toFailureInside({ title: TITLE, body: frame }));
    const text = textIn(frame) ?? '';
    const chunks = text === '' ? [] : toChunks(stamp, [{ content: text }], { opened: state.opened });
    return { chunks, next: decoderAt({ begun: true, opened: state.opened || chunks.length > 0 }, stamp) };
  };
  return decode;
}

export function createDecoder(_request: ChatRequest, { id, created, model }: Target): Decoder {
  return decoderAt({ begun: false, opened: false }, { id, created, model });
}
