/** OpenAI's messages in Cohere's words: the same roles, fewer fields. */
import type { ChatMessage, ContentPart } from '../protocol/chat.ts';
import { isObject, textOf, type JsonObject } from '../protocol/json.ts';
import { Refused } from '../protocol/refused.ts';
import { TITLE } from './error.ts';

type CohereMessage = { role: 'system' | 'user' | 'assistant' | 'tool'; [field: string]: unknown };

function toPart(part: ContentPart, where: string): JsonObject {
  const fields: JsonObject = part;
  switch (part.type) {
    case 'text':
      return { type: 'text', text: fields['text'] };
    case 'refusal':
      return { type: 'text', text: fields['refusal'] };
    case 'image_url': {
      const image = fields['image_url'];
      const url = isObject(image) ? image['url'] : image;
      const detail = isObject(image) ? textOf(image['detail']) : undefined;
      return { type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) } };
    }
    case 'document':
      return fields;
    default:
      throw new Refused(
        'unsupported_parameter',
        `${TITLE} does not take content of type ${part.type}.`,
        `${where}.type`,
      );
  }
}

function toContent(content: ChatMessage['content'], where: string): string | JsonObject[] {
  if (!Array.isArray(content)) return content ?? '';
  return content.map((part, index) => toPart(part, `${where}[${index}]`));
}

function joined(content: ChatMessage['content'], where: string): string {
  if (!Array.isArray(content)) return content ?? '';
  return content
    .map((part, index) => textOf(toPart(part, `${where}[${index}]`)['text']))
    .filter((text) => text !== undefined)
    .join('\n');
}

/** The deprecated single call has no id: its name is the only thing call and result share. */
function functionId(name: string | undefined): string {
  return `function_${name ?? ''}`;
}

function fromAssistant(message: ChatMessage, where: string): CohereMessage {
  const calls = (message.tool_calls ?? []).map((call) => ({ id: call.id, type: 'function', function: call.function }));
  if (message.function_call)
    calls.push({ id: functionId(message.function_call.name), type: 'function', function: message.function_call });
  const text = joined(message.content, `${where}.content`) || textOf(message.refusal) || '';
  if (calls.length === 0) return { role: 'assistant', content: text };
  // What the model said before it called is its plan; that is how it reads its own history.
  const plan = textOf(message.reasoning_content);
  return {
    role: 'assistant',
    tool_calls: calls,
    ...(plan === undefined ? {} : { tool_plan: plan }),
    ...(text === '' ? {} : { content: text }),
  };
}

function toMessage(message: ChatMessage, where: string): CohereMessage {
  switch (message.role) {
    case 'assistant':
      return fromAssistant(message, where);
    case 'tool':
      return {
        role: 'tool',
        tool_call_id: message.tool_call_id,
        content: toContent(message.content, `${where}.content`),
      };
    case 'function':
      return {
        role: 'tool',
        tool_call_id: functionId(message.name),
        content: joined(message.content, `${where}.content`),
      };
    case 'system':
    case 'developer':
      return { role: 'system', content: joined(message.content, `${where}.content`) };
    case 'user':
      return { role: 'user', content: toContent(message.content, `${where}.content`) };
  }
}

/** Throws `Refused` for content that Cohere cannot take. */
export function toMessages(messages: readonly ChatMessage[]): CohereMessage[] {
  return messages.map((message, index) => toMessage(message, `messages[${index}]`));
}
