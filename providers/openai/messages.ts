/** Messages and tools for an OpenAI-compatible provider. Untouched messages are shared, not copied: histories are long and images large. */
import type { ChatMessage, ContentPart, TextPart, Tool } from '../protocol/chat.ts';
import { isObject } from '../protocol/json.ts';
import type { Dialect, ForeignField } from './dialect.ts';

const FOREIGN: readonly ForeignField[] = [
  'cache_control',
  'reasoning_content',
  'thinking_blocks',
  'provider_specific_fields',
];

function foreignFor(dialect: Dialect): readonly ForeignField[] {
  return FOREIGN.filter((field) => !dialect.keeps.includes(field));
}

function withoutCacheControl(parts: ContentPart[]): ContentPart[] {
  if (!parts.some((part) => part.cache_control !== undefined)) return parts;
  return parts.map((part) => {
    const { cache_control: _dropped, ...rest } = part;
    return rest;
  });
}

function isText(part: ContentPart): part is TextPart {
  return part.type === 'text' && 'text' in part && typeof part.text === 'string';
}

function flatten(parts: ContentPart[]): string | ContentPart[] {
  return parts.every(isText) ? parts.map((part) => part.text).join('\n') : parts;
}

function toContent(content: ContentPart[], dialect: Dialect): string | ContentPart[] {
  const parts = dialect.keeps.includes('cache_control') ? content : withoutCacheControl(content);
  return dialect.flattenText === true ? flatten(parts) : parts;
}

function isUntouched(
  message: ChatMessage,
  content: ChatMessage['content'],
  foreign: readonly ForeignField[],
  dialect: Dialect,
): boolean {
  if (content !== message.content) return false;
  if (foreign.some((field) => message[field] !== undefined)) return false;
  if (dialect.noNames === true && message.name !== undefined) return false;
  return dialect.stripNulls !== true || !Object.values(message).includes(null);
}

export function toMessages(messages: readonly ChatMessage[], dialect: Dialect): ChatMessage[] {
  const foreign = foreignFor(dialect);
  return messages.map((message) => {
    const content = Array.isArray(message.content) ? toContent(message.content, dialect) : message.content;
    if (isUntouched(message, content, foreign, dialect)) return message;
    const copy: ChatMessage = { ...message };
    if (content !== undefined) copy.content = content;
    for (const field of foreign) delete copy[field];
    if (dialect.noNames === true && copy.role !== 'tool') delete copy.name;
    if (dialect.stripNulls === true) {
      for (const field in copy) if (copy[field] === null) delete copy[field];
    }
    return copy;
  });
}

function loosened(tool: Tool): Tool {
  if (tool.function === undefined) return tool;
  const { strict: _strict, parameters, ...rest } = tool.function;
  if (parameters === undefined) return { ...tool, function: rest };
  const { additionalProperties: _additional, ...schema } = parameters;
  return { ...tool, function: { ...rest, parameters: schema } };
}

export function toTools(tools: readonly Tool[], dialect: Dialect): Tool[] {
  return tools.map((tool) => {
    const plain = dialect.looseTools === true ? loosened(tool) : tool;
    if (plain.cache_control === undefined || dialect.keeps.includes('cache_control')) return plain;
    const { cache_control: _dropped, ...rest } = plain;
    return rest;
  });
}

export function toToolChoice(choice: unknown, dialect: Dialect): unknown {
  const words = dialect.toolChoice;
  if (choice === 'any' || choice === 'required') return words?.required ?? 'required';
  if (isObject(choice) && words?.named !== undefined) return words.named;
  return choice;
}
