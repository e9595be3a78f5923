/** OpenAI's list of messages to Converse's system text and alternating turns. */
import type { ChatMessage, ThinkingBlock } from '../protocol/chat.ts';
import { isObject, parseJson } from '../protocol/json.ts';
import type { ToolNames } from '../protocol/tool-names.ts';
import { cachePoint, toBlocks, type PartContext } from './parts.ts';
import { toToolUseId } from './tool-names.ts';
import type { Block, Turn } from './wire.ts';

/** Stands where Bedrock insists on words and the caller gave none. */
const PLACEHOLDER: Block = { text: '.' };

export type MessageContext = PartContext & {
  readonly names: ToolNames;
  /** Whether the request declares tools. Without, Bedrock refuses a history with calls: they are told as text. */
  readonly hasTools: boolean;
};

/** Arguments a model wrote may be broken JSON; Bedrock takes objects only, so the text is kept inside one. */
function toInput(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  const parsed = parseJson(text);
  return isObject(parsed) ? parsed : { arguments: text };
}

function toReasoning(block: ThinkingBlock): Block | undefined {
  if (block.type === 'redacted_thinking') return { reasoningContent: { redactedContent: block.data } };
  // Without a signature the whole request is refused; without the block the model only thinks again.
  if (block.type !== 'thinking' || block.signature === undefined || block.signature === '') return undefined;
  return { reasoningContent: { reasoningText: { text: block.thinking, signature: block.signature } } };
}

function toToolUse(id: string, name: string, args: string, { names, hasTools }: MessageContext): Block {
  if (!hasTools) return { text: `[Called the tool ${name} with ${args.trim() === '' ? '{}' : args}]` };
  return { toolUse: { toolUseId: toToolUseId(id), name: names.toWire(name), input: toInput(args) } };
}

/** The deprecated single function call has no id: its name is the only thing call and result share. */
function functionId(name: string): string {
  return `function_${name}`;
}

function assistantBlocks(message: ChatMessage, context: MessageContext, where: string): Block[] {
  const blocks: Block[] = [];
  for (const block of message.thinking_blocks ?? []) {
    const reasoning = toReasoning(block);
    if (reasoning !== undefined) blocks.push(reasoning);
  }
  blocks.push(...toBlocks(message.content, context, `${where}.content`));
  if (typeof message.refusal === 'string' && message.refusal.trim() !== '') blocks.push({ text: message.refusal });
  for (const call of message.tool_calls ?? []) {
    // A call of a custom tool has no function.
    if (isObject(call.function)) blocks.push(toToolUse(call.id, call.function.name, call.function.arguments, context));
  }
  if (message.function_call) {
    const { name, arguments: args } = message.function_call;
    blocks.push(toToolUse(functionId(name), name, args, context));
  }
  return blocks;
}

function resultBlocks(message: ChatMessage, context: MessageContext, where: string): Block[] {
  const content = toBlocks(message.content, context, `${where}.content`);
  if (!context.hasTools) return [{ text: '[Result of the tool]' }, ...content];
  const id = message.role === 'function' ? functionId(message.name ?? '') : (message.tool_call_id ?? '');
  // A cache point inside a result is not possible; it belongs after the result.
  const points = content.filter((block) => 'cachePoint' in block).slice(0, 1);
  const inside = content.filter((block) => !('cachePoint' in block));
  const result = { toolUseId: toToolUseId(id), content: inside.length === 0 ? [PLACEHOLDER] : inside };
  return [{ toolResult: message['is_error'] === true ? { ...result, status: 'error' } : result }, ...points];
}

function contentOf(message: ChatMessage, context: MessageContext, where: string): Block[] {
  switch (message.role) {
    case 'assistant':
      return assistantBlocks(message, context, where);
    case 'tool':
    case 'function':
      return resultBlocks(message, context, where);
    case 'system':
    case 'developer':
    case 'user':
      return toBlocks(message.content, context, `${where}.content`);
  }
}

function blocksOf(message: ChatMessage, context: MessageContext, where: string): Block[] {
  const blocks = contentOf(message, context, where);
  const point = cachePoint(message.cache_control, context.abilities);
  return point === undefined || blocks.length === 0 ? blocks : [...blocks, point];
}

/** Results come first in a turn, whatever the order in which they were sent; their cache points stay with them. */
function resultsFirst(blocks: Block[]): Block[] {
  const results: Block[] = [];
  const others: Block[] = [];
  let into = others;
  for (const block of blocks) {
    if ('toolResult' in block) into = results;
    else if (!('cachePoint' in block)) into = others;
    into.push(block);
  }
  return results.length === 0 ? blocks : [...results, ...others];
}

/** A document alone is refused: it needs words beside it. */
function withWords(turn: Turn): void {
  const needs = turn.content.some((block) => 'document' in block) && !turn.content.some((block) => 'text' in block);
  if (needs) turn.content = [...turn.content, PLACEHOLDER];
}

function trimEnd(turn: Turn): void {
  const last = turn.content.at(-1);
  if (turn.role !== 'assistant' || last === undefined || typeof last['text'] !== 'string') return;
  // Claude refuses a last assistant turn that ends in white space.
  turn.content[turn.content.length - 1] = { ...last, text: last['text'].trimEnd() };
}

export type Conversation = { readonly system: Block[]; readonly turns: Turn[] };

/** Throws `Refused` for content that Bedrock cannot take. */
export function toConversation(messages: readonly ChatMessage[], context: MessageContext): Conversation {
  const system: Block[] = [];
  const turns: Turn[] = [];
  let leading = true;
  messages.forEach((message, index) => {
    leading &&= message.role === 'system' || message.role === 'developer';
    const blocks = blocksOf(message, context, `messages[${index}]`);
    if (leading) {
      system.push(...blocks);
      return;
    }
    if (blocks.length === 0) return;
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else turns.push({ role, content: [...blocks] });
  });
  for (const turn of turns) {
    if (turn.role === 'user') turn.content = resultsFirst(turn.content);
    withWords(turn);
  }
  if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [PLACEHOLDER] });
  const last = turns.at(-1);
  if (last !== undefined) trimEnd(last);
  return { system, turns };
}
