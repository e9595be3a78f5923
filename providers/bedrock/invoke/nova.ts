/** Nova behind `invoke`: Converse's body with a version and its own place for settings; its events are named by their only key. */
import { isObject, parseJson } from '../../protocol/json.ts';
import type { Decoder, DecoderStep } from '../../provider.ts';
import { converseDecoder } from '../decoder.ts';
import { toConverse } from '../request.ts';
import { fromConverse } from '../response.ts';
import type { ConverseBody } from '../wire.ts';
import type { InvokeFamily } from './family.ts';

function flattened({ additionalModelRequestFields: fields = {}, ...body }: ConverseBody): Record<string, unknown> {
  const { inferenceConfig: more, ...rest } = fields;
  const inference = { ...body.inferenceConfig, ...(isObject(more) ? more : {}) };
  return {
    schemaVersion: 'messages-v1',
    ...body,
    ...rest,
    ...(Object.keys(inference).length === 0 ? {} : { inferenceConfig: inference }),
  };
}

/** `{contentBlockDelta: {…}}` → an event of that name. */
function renamed(inner: Decoder): Decoder {
  const decode: Decoder = (event) => {
    const frame = event.kind === 'event' ? parseJson(event.data) : undefined;
    if (event.kind === 'end' || !isObject(frame)) return inner(event);
    let step: DecoderStep = { chunks: [], next: inner };
    for (const [name, value] of Object.entries(frame)) {
      if (!isObject(value)) continue;
      const next = step.next({ kind: 'event', name, data: JSON.stringify(value) });
      step = { ...next, chunks: [...step.chunks, ...next.chunks] };
      if (step.complete === true || step.failure !== undefined) return step;
    }
    return { ...step, next: step.next === inner ? decode : renamed(step.next) };
  };
  return decode;
}

export const nova: InvokeFamily = {
  toBody: (request, target, model) => {
    const translated = toConverse(request, target, model);
    if ('refused' in translated) return translated;
    return { json: JSON.stringify(flattened(translated.body)), dropped: translated.dropped };
  },
  fromResponse: fromConverse,
  decoder: (request, target, model) => renamed(converseDecoder(request, target, model)),
};
