/** What decoders of foreign streams have in common: from deltas to our chunks, and how a stream ends. */
import type { Decoder, DecoderStep } from '../provider.ts';
import type { ChatChunk, ChatDelta, FinishReason } from './chat.ts';
import type { Failure } from './errors.ts';
import type { Usage } from './usage.ts';

export type Stamp = { readonly id: string; readonly created: number; readonly model: string };

function chunkOf({ id, created, model }: Stamp, choices: ChatChunk['choices']): ChatChunk {
  return { id, object: 'chat.completion.chunk', created, model, choices };
}

/** One chunk for each delta. The first of a stream carries the role; the last of these the reason, when there is one. */
export function toChunks(
  stamp: Stamp,
  deltas: readonly ChatDelta[],
  { opened, finish = null }: { readonly opened: boolean; readonly finish?: FinishReason | null },
): ChatChunk[] {
  return deltas.map((delta, position) =>
    chunkOf(stamp, [
      {
        index: 0,
        delta: position === 0 && !opened ? { role: 'assistant', ...delta } : delta,
        finish_reason: position === deltas.length - 1 ? finish : null,
      },
    ]),
  );
}

export function usageChunks(stamp: Stamp, usage: Usage | undefined): ChatChunk[] {
  return usage === undefined ? [] : [{ ...chunkOf(stamp, []), usage }];
}

/** Whatever a provider sends after its answer was complete, or after it failed. */
export const AFTER: Decoder = () => ({ chunks: [], next: AFTER });

export function failedStep(failure: Failure): DecoderStep {
  return { chunks: [], next: AFTER, failure };
}

export function completeStep(chunks: readonly ChatChunk[]): DecoderStep {
  return { chunks, next: AFTER, complete: true };
}
