/** OpenAI's list of messages to Anthropic's system text and alternating turns. */
import type { CacheControl, ChatMessage, ThinkingBlock, ToolCall } from '../protocol/chat.ts';
import { isObject, parseJson } from '../protocol/json.ts';
import { toBlocks } from './parts.ts';
import { toToolUseId, type ToolNames } from './tool-names.ts';
import type { Block, Turn } from './wire.ts';

/** Stands where Anthropic insists on words and the caller gave none. */
const PLACEHOLDER = '.';

/** Arguments a model wrote may be broken JSON; Anthropic takes objects only, so the text is kept inside one. */
function toInput(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  const parsed = parseJson(text);
  return isObject(parsed) ? parsed : { arguments: text };
}

function toThinking(block: ThinkingBlock): Block | undefined {
  if (block.type === 'redacted_thinking') return { type: 'redacted_thinking', data: block.data };
  // Without a signature Anthropic refuses the whole request; without the block it only thinks again.
  if (block.type !== 'thinking' || block.signature === undefined || block.signature === '') return undefined;
  return { type: 'thinking', thinking: block.thinking, signature: block.signature };
}

function toToolUse(call: ToolCall, names: ToolNames): Block {
  return {
    type: 'tool_use',
    id: toToolUseId(call.id),
    name: names.toWire(call.function.name),
    input: toInput(call.function.arguments),
    ...(isObject(call['cache_control']) ? { cache_control: call['cache_control'] as CacheControl } : {}),
  };
}

/** The deprecated single function call has no id: its name is the only thing call and result share. */
function functionId(name: string): string {
  return toToolUseId(`function_${name}`);
}

function assistantBlocks(message: ChatMessage, names: ToolNames, where: string): Block[] {
  const blocks: Block[] = [];
  for (const block of message.thinking_blocks ?? []) {
    const thinking = toThinking(block);
    if (thinking !== undefined) blocks.push(thinking);
  }
  blocks.push(...toBlocks(message.content, `${where}.content`));
  if (typeof message.refusal === 'string' && message.refusal !== '')
    blocks.push({ type: 'text', text: message.refusal });
  for (const call of message.tool_calls ?? []) blocks.push(toToolUse(call, names));
  if (message.function_call) {
    const { name, arguments: text } = message.function_call;
    blocks.push({ type: 'tool_use', id: functionId(name), name: names.toWire(name), input: toInput(text) });
  }
  return blocks;
}

function toolResult(message: ChatMessage, where: string): Block {
  const id = message.role === 'function' ? functionId(message.name ?? '') : toToolUseId(message.tool_call_id ?? '');
  const content = toBlocks(message.content, `${where}.content`);
  // A breakpoint inside a result is not possible; it belongs on the result.
  const control = content.findLast((block) => block.cache_control !== undefined)?.cache_control;
  for (const block of content) delete block.cache_control;
  return {
    type: 'tool_result',
    tool_use_id: id,
    content,
    ...(control === undefined ? {} : { cache_control: control }),
  };
}

function withControl(blocks: Block[], control: CacheControl | undefined): Block[] {
  const last = blocks.at(-1);
  if (control === undefined || last === undefined) return blocks;
  return [...blocks.slice(0, -1), { ...last, cache_control: control }];
}

function blocksOf(message: ChatMessage, names: ToolNames, where: string): Block[] {
  switch (message.role) {
    case 'assistant':
      return assistantBlocks(message, names, where);
    case 'tool':
    case 'function':
      return [toolResult(message, where)];
    case 'system':
    case 'developer':
    case 'user':
      return toBlocks(message.content, `${where}.content`);
  }
}

/** Results come first in a turn, whatever the order in which they were sent. */
function resultsFirst(blocks: Block[]): Block[] {
  const results = blocks.filter((block) => block.type === 'tool_result');
  return results.length === 0 ? blocks : [...results, ...blocks.filter((block) => block.type !== 'tool_result')];
}

function trimEnd(turn: Turn): void {
  const last = turn.content.at(-1);
  if (turn.role !== 'assistant' || last?.type !== 'text' || typeof last['text'] !== 'string') return;
  // Anthropic refuses a last assistant turn that ends in white space.
  turn.content[turn.content.length - 1] = { ...last, text: last['text'].trimEnd() };
}

function isInstruction(message: ChatMessage): boolean {
  return message.role === 'system' || message.role === 'developer';
}

export type Conversation = { readonly system: Block[]; readonly turns: Turn[] };

/** Throws `Refused` for content that Anthropic cannot take. */
export function toConversation(messages: readonly ChatMessage[], names: ToolNames): Conversation {
  const system: Block[] = [];
  const turns: Turn[] = [];
  let leading = true;
  messages.forEach((message, index) => {
    leading &&= isInstruction(message);
    const blocks = withControl(blocksOf(message, names, `messages[${index}]`), message.cache_control);
    if (leading) {
      system.push(...blocks);
      return;
    }
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    if (blocks.length === 0) return;
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else turns.push({ role, content: [...blocks] });
  });
  for (const turn of turns) if (turn.role === 'user') turn.content = resultsFirst(turn.content);
  if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [{ type: 'text', text: PLACEHOLDER }] });
  const last = turns.at(-1);
  if (last !== undefined) trimEnd(last);
  return { system, turns };
}
