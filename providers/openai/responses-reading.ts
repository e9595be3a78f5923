/** Answers of OpenAI's Responses API, read for their counts and their end. */
import type { Reading } from '../pass-through/reading.ts';
import { completeStep, failedStep } from '../protocol/chunks.ts';
import { invalidResponse } from '../protocol/failure.ts';
import { isObject, listOf, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';
import type { Decoder, DecoderStep, Target, WireEvent } from '../provider.ts';
import { fromErrorInside } from './error.ts';

const TITLE = 'OpenAI';

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0;
}

/** Undefined where the response counts nothing. */
export function usageOfResponse(response: JsonObject): Usage | undefined {
  const { usage } = response;
  if (!isObject(usage)) return undefined;
  const input = numberOf(usage['input_tokens']);
  const output = numberOf(usage['output_tokens']);
  const read = isObject(usage['input_tokens_details']) ? numberOf(usage['input_tokens_details']['cached_tokens']) : 0;
  const thought = isObject(usage['output_tokens_details'])
    ? numberOf(usage['output_tokens_details']['reasoning_tokens'])
    : 0;
  const searches = listOf(response['output']).filter(
    (item) => isObject(item) && item['type'] === 'web_search_call',
  ).length;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(read === 0 ? {} : { prompt_tokens_details: { cached_tokens: read } }),
    ...(thought === 0 ? {} : { completion_tokens_details: { reasoning_tokens: thought } }),
    // Charged by the search.
    ...(searches === 0 ? {} : { server_tool_use: { web_search_requests: searches } }),
  };
}

const ENDS: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete', 'response.cancelled']);

function endOf(frame: JsonObject, target: Target): DecoderStep {
  const response = isObject(frame['response']) ? frame['response'] : {};
  const usage = usageOfResponse(response);
  const tier = textOf(response['service_tier']);
  const head = {
    id: target.id,
    object: 'chat.completion.chunk' as const,
    created: target.created,
    model: target.model,
    ...(tier === undefined ? {} : { service_tier: tier }),
  };
  return completeStep([
    { ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    ...(usage === undefined ? [] : [{ ...head, choices: [], usage }]),
  ]);
}

export function createResponsesDecoder(target: Target): Decoder {
  const decode = (event: WireEvent): DecoderStep => {
    if (event.kind === 'end')
      return failedStep(invalidResponse(`${TITLE} ended the stream before the response was complete.`));
    const frame = parseJson(event.data);
    if (!isObject(frame)) return { chunks: [], next: decode };
    if (ENDS.has(frame['type'])) return endOf(frame, target);
    if (frame['type'] === 'error') {
      const { type: _type, ...error } = frame;
      return failedStep(fromErrorInside({ title: TITLE }, isObject(frame['error']) ? frame : { error }));
    }
    if (frame['type'] === 'response.failed') {
      const response = isObject(frame['response']) ? frame['response'] : {};
      return failedStep(fromErrorInside({ title: TITLE }, { error: response['error'] ?? { message: 'failed' } }));
    }
    return { chunks: [], next: decode };
  };
  return decode;
}

export const responsesReading: Reading = {
  framing: 'sse',
  decoder: createResponsesDecoder,
  whole: (body) => {
    if (!isObject(body)) return {};
    const usage = usageOfResponse(body);
    const tier = textOf(body['service_tier']);
    return { ...(usage === undefined ? {} : { usage }), ...(tier === undefined ? {} : { serviceTier: tier }) };
  },
};
