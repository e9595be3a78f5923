/** Anthropic takes four cache breakpoints. */
import type { AnthropicTool, Block, MessagesBody } from './wire.ts';

const MOST_BREAKPOINTS = 4;

/** Keeps the last ones, in the order in which Anthropic builds the prompt (tools, system, messages): the later, the longer the prefix. */
export function limitBreakpoints(body: MessagesBody): void {
  const holders: (Block | AnthropicTool)[] = [
    ...(body.tools ?? []),
    ...(body.system ?? []),
    ...body.messages.flatMap((turn) => turn.content),
  ];
  const marked = holders.filter((holder) => holder.cache_control !== undefined);
  const surplus = new Set(marked.slice(0, Math.max(0, marked.length - MOST_BREAKPOINTS)));
  if (surplus.size === 0) return;
  const trimmed = <T extends Block | AnthropicTool>(holder: T): T => {
    if (!surplus.has(holder)) return holder;
    const copy = { ...holder };
    delete copy.cache_control;
    return copy;
  };
  if (body.tools !== undefined) body.tools = body.tools.map(trimmed);
  if (body.system !== undefined) body.system = body.system.map(trimmed);
  for (const turn of body.messages) turn.content = turn.content.map(trimmed);
}
