/** OpenAI's messages as Mistral checks them: a name on every tool result, documents as URLs, no empty turns. */
import type { ChatMessage, ContentPart } from '../protocol/chat.ts';
import { isObject, textOf, type JsonObject } from '../protocol/json.ts';
import { Refused } from '../protocol/refused.ts';
import { callIdsOf, type CallIds } from './call-ids.ts';

function fromFile(file: JsonObject, where: string): ContentPart {
  const id = textOf(file['file_id']);
  const data = textOf(file['file_data']);
  const name = textOf(file['filename']);
  const named = name === undefined ? {} : { document_name: name };
  if (data !== undefined) {
    const url = data.startsWith('data:') || data.startsWith('https://') ? data : `data:application/pdf;base64,${data}`;
    if (url.startsWith('data:image/')) return { type: 'image_url', image_url: url };
    return { type: 'document_url', document_url: url, ...named };
  }
  if (id === undefined) throw new Refused('invalid_request', 'A file needs file_data or file_id.', where);
  if (id.startsWith('https://')) return { type: 'document_url', document_url: id, ...named };
  return { type: 'file', file_id: id };
}

function toPart(part: ContentPart, where: string): ContentPart {
  const fields: JsonObject = part;
  switch (part.type) {
    case 'file':
      return fromFile(isObject(fields['file']) ? fields['file'] : {}, `${where}.file`);
    case 'input_audio': {
      // OpenAI's object has the format beside the data; Mistral looks at the data itself.
      const audio = fields['input_audio'];
      return { type: 'input_audio', input_audio: isObject(audio) ? audio['data'] : audio };
    }
    case 'image_url': {
      const image = fields['image_url'];
      if (!isObject(image)) return part;
      const detail = textOf(image['detail']);
      return {
        type: 'image_url',
        image_url: { url: textOf(image['url']) ?? '', ...(detail === undefined ? {} : { detail }) },
      };
    }
    case 'refusal':
      return { type: 'text', text: textOf(fields['refusal']) ?? '' };
    default:
      return part;
  }
}

function isEmpty(message: ChatMessage): boolean {
  const { content } = message;
  const silent = content === undefined || content === null || content.length === 0;
  return message.role === 'assistant' && silent && (message.tool_calls ?? []).length === 0;
}

function withContent(message: ChatMessage, where: string): ChatMessage {
  const { content } = message;
  if (!Array.isArray(content)) return message;
  const parts = content.map((part, index) => toPart(part, `${where}.content[${index}]`));
  return { ...message, content: parts };
}

function withCalls(message: ChatMessage, ids: CallIds, names: Map<string, string>): ChatMessage {
  const calls = message.tool_calls ?? [];
  if (calls.length === 0) return message;
  for (const call of calls) names.set(call.id, call.function.name);
  const said =
    typeof message.content === 'string' && message.content === '' ? {} : { content: message.content ?? null };
  const { content: _content, ...rest } = message;
  return {
    ...rest,
    ...(said.content === null || said.content === undefined ? {} : said),
    tool_calls: calls.map((call) => ({ ...call, id: ids(call.id) })),
  };
}

function toMessage(message: ChatMessage, where: string, ids: CallIds, names: Map<string, string>): ChatMessage {
  const plain = withContent(message, where);
  switch (message.role) {
    case 'assistant':
      return withCalls(plain, ids, names);
    case 'tool': {
      const id = message.tool_call_id ?? '';
      const name = message.name ?? names.get(id);
      return { ...plain, tool_call_id: ids(id), ...(name === undefined ? {} : { name }) };
    }
    case 'developer':
      return { ...plain, role: 'system' };
    case 'system':
    case 'user':
    case 'function':
      return plain;
  }
}

/** Throws `Refused` for files that Mistral cannot read. */
export function toMistralMessages(messages: readonly ChatMessage[]): ChatMessage[] {
  const ids = callIdsOf(messages);
  const names = new Map<string, string>();
  const result: ChatMessage[] = [];
  messages.forEach((message, index) => {
    if (!isEmpty(message)) result.push(toMessage(message, `messages[${index}]`, ids, names));
  });
  const last = result.at(-1);
  // Mistral continues an assistant's last turn only when it is told that this is meant.
  if (last?.role === 'assistant' && (last.tool_calls ?? []).length === 0)
    result[result.length - 1] = { ...last, prefix: true };
  return result;
}
