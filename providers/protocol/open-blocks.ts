/** Streams that open and close numbered blocks: what a block still has to say when it closes. */
import type { ChatDelta } from './chat.ts';

type WithBlocks<Block> = { readonly blocks: ReadonlyMap<number, Block> };

/** The state without the block; nothing is said of a block that was never opened. */
export function closeBlock<Block, State extends WithBlocks<Block>>(
  state: State,
  index: number,
  endOf: (open: Block) => ChatDelta | undefined,
): { readonly state: State; readonly deltas?: readonly ChatDelta[] } {
  const open = state.blocks.get(index);
  if (open === undefined) return { state };
  const blocks = new Map(state.blocks);
  blocks.delete(index);
  const delta = endOf(open);
  return { state: { ...state, blocks }, ...(delta === undefined ? {} : { deltas: [delta] }) };
}

/** A thought that ends: its text, with the signature that must come back with it. */
export function endOfThought({ text, signature }: { readonly text: string; readonly signature: string }): ChatDelta {
  return { thinking_blocks: [{ type: 'thinking', thinking: text, ...(signature === '' ? {} : { signature }) }] };
}
