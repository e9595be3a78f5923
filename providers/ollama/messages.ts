/** OpenAI's messages in Ollama's words: text is one string, images lie beside it, arguments are objects. */
import type { ChatMessage, ContentPart } from '../protocol/chat.ts';
import { parseDataUri } from '../protocol/data-uri.ts';
import { isObject, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import { Refused } from '../protocol/refused.ts';
import { TITLE } from './error.ts';

export type OllamaMessage = {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  [field: string]: unknown;
};

type Content = { readonly text: string; readonly images: readonly string[] };

function imageData(url: string | undefined, where: string): string {
  const data = url === undefined ? undefined : parseDataUri(url);
  if (data === undefined) throw new Refused('invalid_request', `${TITLE} takes images as base64 data URIs.`, where);
  if (!data.mediaType.startsWith('image/'))
    throw new Refused('invalid_request', `${TITLE} takes images, not ${data.mediaType}.`, where);
  return data.data;
}

function imageOf(part: ContentPart, where: string): string {
  const fields: JsonObject = part;
  if (part.type === 'image_url') {
    const image = fields['image_url'];
    return imageData(textOf(isObject(image) ? image['url'] : image), `${where}.image_url`);
  }
  if (part.type === 'file' && isObject(fields['file']))
    return imageData(textOf(fields['file']['file_data']), `${where}.file`);
  throw new Refused('unsupported_parameter', `${TITLE} does not take content of type ${part.type}.`, `${where}.type`);
}

function toContent(content: ChatMessage['content'], where: string): Content {
  if (!Array.isArray(content)) return { text: content ?? '', images: [] };
  const texts: string[] = [];
  const images: string[] = [];
  content.forEach((part, index) => {
    const fields: JsonObject = part;
    if (part.type === 'text' || part.type === 'refusal') texts.push(textOf(fields[part.type]) ?? '');
    else images.push(imageOf(part, `${where}[${index}]`));
  });
  return { text: texts.join('\n'), images };
}

/** Arguments a model wrote may be broken JSON; Ollama takes objects only, so the text is kept inside one. */
function toArguments(text: string): unknown {
  const parsed = text.trim() === '' ? {} : parseJson(text);
  return isObject(parsed) ? parsed : { arguments: text };
}

function toMessage(message: ChatMessage, where: string, names: Map<string, string>): OllamaMessage {
  const { text, images } = toContent(message.content, `${where}.content`);
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: text };
    case 'user':
      return { role: 'user', content: text, ...(images.length === 0 ? {} : { images }) };
    case 'assistant': {
      const calls = (message.tool_calls ?? []).map((call) => call.function);
      if (message.function_call) calls.push(message.function_call);
      for (const call of message.tool_calls ?? []) names.set(call.id, call.function.name);
      const thinking = textOf(message.reasoning_content);
      return {
        role: 'assistant',
        content: text,
        ...(thinking === undefined ? {} : { thinking }),
        ...(calls.length === 0
          ? {}
          : {
              tool_calls: calls.map((call) => ({
                function: { name: call.name, arguments: toArguments(call.arguments) },
              })),
            }),
      };
    }
    case 'tool':
    case 'function': {
      // Ollama has no ids: a result says whose it is by the tool's name.
      const name = message.name ?? names.get(message.tool_call_id ?? '');
      return { role: 'tool', content: text, ...(name === undefined ? {} : { tool_name: name }) };
    }
  }
}

/** Throws `Refused` for content that Ollama cannot take. */
export function toMessages(messages: readonly ChatMessage[]): OllamaMessage[] {
  const names = new Map<string, string>();
  return messages.map((message, index) => toMessage(message, `messages[${index}]`, names));
}
