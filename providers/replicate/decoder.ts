/** Replicate's events as a pure fold: text is the data itself, white space included. */
import type { ChatRequest } from '../protocol/chat.ts';
import { completeStep, failedStep, toChunks, type Stamp } from '../protocol/chunks.ts';
import { invalidResponse } from '../protocol/failure.ts';
import { isObject, parseJson } from '../protocol/json.ts';
import type { Decoder, DecoderStep, Target } from '../provider.ts';
import { fromModel, TITLE } from './error.ts';

function onDone(data: string, opened: boolean, stamp: Stamp): DecoderStep {
  const said = parseJson(data);
  const reason = isObject(said) ? said['reason'] : undefined;
  if (typeof reason === 'string' && reason !== '') return failedStep(fromModel(`The prediction ended: ${reason}.`));
  return completeStep(toChunks(stamp, [{}], { opened, finish: 'stop' }));
}

function decoderAt(opened: boolean, stamp: Stamp): Decoder {
  const decode: Decoder = (event) => {
    if (event.kind === 'end')
      return failedStep(invalidResponse(`${TITLE} ended the stream before the answer was complete.`));
    switch (event.name) {
      case 'output': {
        if (event.data === '') return { chunks: [], next: decode };
        const chunks = toChunks(stamp, [{ content: event.data }], { opened });
        return { chunks, next: opened ? decode : decoderAt(true, stamp) };
      }
      case 'error':
        return failedStep(fromModel(parseJson(event.data) ?? event.data));
      case 'done':
        return onDone(event.data, opened, stamp);
      default:
        // `logs`, and events that did not exist when this was written.
        return { chunks: [], next: decode };
    }
  };
  return decode;
}

export function createDecoder(_request: ChatRequest, { id, created, model }: Target): Decoder {
  return decoderAt(false, { id, created, model });
}
