/** How much of an answer a chunk brings, for people who watch it grow. */
import type { ChatChunk } from './chat.ts';

export function textCharsOf(chunk: ChatChunk): number {
  let chars = 0;
  for (const { delta } of chunk.choices) {
    chars += (delta.content?.length ?? 0) + (delta.reasoning_content?.length ?? 0) + (delta.refusal?.length ?? 0);
    for (const call of delta.tool_calls ?? []) chars += call.function?.arguments?.length ?? 0;
  }
  return chars;
}

/** Four characters a token, which is about right for English and too few for most else: providers count at the end only. */
export function tokensOf(chars: number): number {
  return Math.ceil(chars / 4);
}
