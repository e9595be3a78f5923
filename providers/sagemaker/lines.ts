/** SageMaker streams what its container writes, cut anywhere: lines are put together again, server-sent events or bare JSON. */
import { fromException, isException } from '../bedrock/error.ts';
import { failedStep } from '../protocol/chunks.ts';
import type { Decoder, DecoderStep, WireEvent } from '../provider.ts';
import { TITLE } from './error.ts';

/** What a line says; nothing for comments and for fields of an event that mean nothing here. */
function payloadOf(line: string): string | undefined {
  const text = line.trim();
  if (text.startsWith('data:')) return text.slice('data:'.length).trim();
  return text === '' || /^(:|event:|id:|retry:)/.test(text) ? undefined : text;
}

function fed(inner: Decoder, lines: readonly string[]): DecoderStep {
  let step: DecoderStep = { chunks: [], next: inner };
  for (const line of lines) {
    const data = payloadOf(line);
    if (data === undefined || data === '') continue;
    const next = step.next({ kind: 'event', name: '', data });
    step = { ...next, chunks: [...step.chunks, ...next.chunks] };
    if (step.complete === true || step.failure !== undefined) break;
  }
  return step;
}

function linesAt(inner: Decoder, rest: string): Decoder {
  return (event: WireEvent): DecoderStep => {
    if (event.kind === 'end') {
      const step = fed(inner, [rest]);
      if (step.complete === true || step.failure !== undefined) return step;
      const last = step.next(event);
      return { ...last, chunks: [...step.chunks, ...last.chunks] };
    }
    if (isException(event.name)) return failedStep(fromException(TITLE, event.name, event.data));
    const lines = event.data.split('\n');
    const first = rest + (lines[0] ?? '');
    // No line has ended: the text is only kept.
    if (lines.length === 1) return { chunks: [], next: linesAt(inner, first) };
    const step = fed(inner, [first, ...lines.slice(1, -1)]);
    return { ...step, next: linesAt(step.next, lines.at(-1) ?? '') };
  };
}

/** The container's decoder, fed with what its lines say. */
export function byLines(inner: Decoder): Decoder {
  return linesAt(inner, '');
}
