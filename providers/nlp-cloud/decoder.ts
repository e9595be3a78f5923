/** NLP Cloud's stream, one JSON object a line, as a pure fold. */
import type { ChatRequest } from '../protocol/chat.ts';
import { completeStep, failedStep, toChunks, usageChunks, type Stamp } from '../protocol/chunks.ts';
import { invalidResponse, toFailureInside } from '../protocol/failure.ts';
import { isObject, parseJson, textOf } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';
import type { Decoder, Target } from '../provider.ts';
import { TITLE } from './error.ts';
import { toUsage } from './usage.ts';

type State = { readonly opened: boolean; readonly usage?: Usage };

function decoderAt(state: State, stamp: Stamp): Decoder {
  const decode: Decoder = (event) => {
    if (event.kind === 'end')
      return failedStep(invalidResponse(`${TITLE} ended the stream before the answer was complete.`));
    const line = event.data.replace(/^data:\s*/, '').trim();
    if (line === '') return { chunks: [], next: decode };
    if (line === '[DONE]') {
      const end = toChunks(stamp, [{}], { opened: state.opened, finish: 'stop' });
      return completeStep([...end, ...usageChunks(stamp, state.usage)]);
    }
    const frame = parseJson(line);
    if (!isObject(frame)) return failedStep(invalidResponse(`${TITLE} sent a stream line that is not a JSON object.`));
    if (frame['error'] !== undefined || frame['detail'] !== undefined)
      return failedStep(toFailureInside({ title: TITLE, body: frame }));
    const text = textOf(frame['generated_text']);
    const chunks = text === undefined ? [] : toChunks(stamp, [{ content: text }], { opened: state.opened });
    const usage = toUsage(frame) ?? state.usage;
    const next = { opened: state.opened || chunks.length > 0, ...(usage === undefined ? {} : { usage }) };
    return { chunks, next: decoderAt(next, stamp) };
  };
  return decode;
}

export function createDecoder(_request: ChatRequest, { id, created, model }: Target): Decoder {
  return decoderAt({ opened: false }, { id, created, model });
}
