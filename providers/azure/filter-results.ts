/** Azure opens a stream with what its filter thinks of the prompt, in a chunk without choices. Clients read `choices[0]` of every chunk. */
import type { ChatChunk } from '../protocol/chat.ts';
import type { Decoder } from '../provider.ts';

const FIELD = 'prompt_filter_results';

type Sorted = { readonly chunks: readonly ChatChunk[]; readonly held: unknown };

function sort(chunks: readonly ChatChunk[], before: unknown): Sorted {
  const kept: ChatChunk[] = [];
  let held = before;
  for (const chunk of chunks) {
    const verdict = chunk[FIELD];
    if (chunk.choices.length === 0 && chunk.usage === undefined && verdict !== undefined) {
      held = verdict;
      continue;
    }
    kept.push(held === undefined ? chunk : { ...chunk, [FIELD]: held });
    held = undefined;
  }
  return { chunks: kept, held };
}

/** The verdict rides on the next chunk instead. Once it has, the inner decoder works alone. */
export function withFilterResults(inner: Decoder, held?: unknown): Decoder {
  return (event) => {
    const step = inner(event);
    const sorted = sort(step.chunks, held);
    const opened = sorted.chunks.length > 0;
    return { ...step, chunks: sorted.chunks, next: opened ? step.next : withFilterResults(step.next, sorted.held) };
  };
}
