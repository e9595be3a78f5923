/** What Amazon puts around the answers of `invoke`: events of base64, and counts in headers and in the last event. */
import { decodeText } from '../../protocol/data-uri.ts';
import { tokenCount } from '../../protocol/count.ts';
import { failedStep, usageChunks, type Stamp } from '../../protocol/chunks.ts';
import { invalidResponse } from '../../protocol/failure.ts';
import { isObject, parseJson, textOf } from '../../protocol/json.ts';
import type { Usage } from '../../protocol/usage.ts';
import type { Decoder, DecoderStep, WireEvent, WireHeaders } from '../../provider.ts';
import { fromException, isException, TITLE } from '../error.ts';

const METRICS = 'amazon-bedrock-invocationMetrics';

function counted(input: unknown, output: unknown): Usage | undefined {
  const prompt = tokenCount(input);
  const completion = tokenCount(output);
  if (prompt === undefined || completion === undefined) return undefined;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** Counts of a whole answer, for families whose bodies have none. */
export function usageInHeaders(headers: WireHeaders): Usage | undefined {
  const count = (kind: string): number | undefined => {
    const value = headers[`x-amzn-bedrock-${kind}-token-count`];
    return value !== undefined && /^\d{1,10}$/.test(value) ? Number(value) : undefined;
  };
  return counted(count('input'), count('output'));
}

function metricsIn(json: string): Usage | undefined {
  // Only the last of thousands of events has it: the others are not parsed twice.
  if (!json.includes(METRICS)) return undefined;
  const frame = parseJson(json);
  const metrics = isObject(frame) ? frame[METRICS] : undefined;
  return isObject(metrics) ? counted(metrics['inputTokenCount'], metrics['outputTokenCount']) : undefined;
}

type State = { readonly inner: Decoder; readonly metrics: Usage | undefined; readonly counted: boolean };

function stepOf(step: DecoderStep, state: State, stamp: Stamp): DecoderStep {
  const hasUsage = state.counted || step.chunks.some((chunk) => chunk.usage !== undefined && chunk.usage !== null);
  if (step.complete !== true)
    return { ...step, next: unwrappedAt({ inner: step.next, metrics: state.metrics, counted: hasUsage }, stamp) };
  return hasUsage ? step : { ...step, chunks: [...step.chunks, ...usageChunks(stamp, state.metrics)] };
}

function unwrappedAt(state: State, stamp: Stamp): Decoder {
  const decode = (event: WireEvent): DecoderStep => {
    if (event.kind === 'end') return stepOf(state.inner(event), state, stamp);
    if (isException(event.name)) return failedStep(fromException(TITLE, event.name, event.data));
    const frame = parseJson(event.data);
    const bytes = isObject(frame) ? textOf(frame['bytes']) : undefined;
    const json = bytes === undefined ? undefined : decodeText(bytes);
    if (json === undefined) {
      // Events that did not exist when this was written have no bytes; an event that is broken is no event.
      if (isObject(frame) && frame['bytes'] === undefined) return { chunks: [], next: decode };
      return failedStep(invalidResponse(`${TITLE} sent a stream event that cannot be read.`));
    }
    const metrics = metricsIn(json) ?? state.metrics;
    return stepOf(state.inner({ kind: 'event', name: '', data: json }), { ...state, metrics }, stamp);
  };
  return decode;
}

/** The family's decoder, fed with what lies inside Amazon's events. */
export function unwrapped(inner: Decoder, stamp: Stamp): Decoder {
  return unwrappedAt({ inner, metrics: undefined, counted: false }, stamp);
}
