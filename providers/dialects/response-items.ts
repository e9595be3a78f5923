/** Items of the Responses API as messages: what a model said in one turn is several items there and one message here. */
import type { ChatMessage, ContentPart, ThinkingBlock, ToolCall } from '../protocol/chat.ts';
import { isObject, listOf, parseJson, textOf, type JsonObject } from '../protocol/json.ts';

function filePart(part: JsonObject): ContentPart {
  const id = textOf(part['file_id']) ?? textOf(part['file_url']);
  const data = textOf(part['file_data']);
  const filename = textOf(part['filename']);
  return {
    type: 'file',
    file: {
      ...(data === undefined ? { file_id: id ?? '' } : { file_data: data }),
      ...(filename === undefined ? {} : { filename }),
    },
  };
}

function toPart(part: JsonObject): ContentPart {
  switch (part['type']) {
    case 'input_image': {
      const url = textOf(part['image_url']);
      const detail = textOf(part['detail']);
      if (url === undefined) return { type: 'file', file: { file_id: String(part['file_id']), format: 'image/png' } };
      return { type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) } };
    }
    case 'input_file':
      return filePart(part);
    case 'input_audio':
      return { type: 'input_audio', input_audio: part['input_audio'] as { data: string; format: string } };
    case 'refusal':
      return { type: 'text', text: String(part['refusal']) };
    default:
      return { type: 'text', text: String(part['text']) };
  }
}

function toContent(content: unknown): string | ContentPart[] {
  if (typeof content === 'string') return content;
  const parts = listOf(content).filter(isObject).map(toPart);
  const plain = parts.every((part) => part.type === 'text');
  return plain ? parts.map((part) => String((part as JsonObject)['text'])).join('') : parts;
}

/** Marks thoughts of other providers that must come back unchanged; OpenAI's own encrypted ones are not for us to read. */
const SEALED = 'thinking:';

export function isSealed(text: unknown): boolean {
  return typeof text === 'string' && text.startsWith(SEALED);
}

export function sealThinking(blocks: readonly ThinkingBlock[]): string {
  return SEALED + JSON.stringify(blocks);
}

export function unsealThinking(text: string | undefined): ThinkingBlock[] {
  const parsed = text?.startsWith(SEALED) === true ? parseJson(text.slice(SEALED.length)) : undefined;
  return listOf(parsed).filter(isObject) as ThinkingBlock[];
}

function thoughtOf(item: JsonObject): string {
  return [...listOf(item['content']), ...listOf(item['summary'])]
    .filter(isObject)
    .map((part) => textOf(part['text']) ?? '')
    .join('\n\n');
}

/** What the model said in the turn that is being read. */
type Turn = {
  readonly texts: (string | ContentPart[])[];
  readonly calls: ToolCall[];
  readonly thoughts: string[];
  readonly blocks: ThinkingBlock[];
};

function emptyTurn(): Turn {
  return { texts: [], calls: [], thoughts: [], blocks: [] };
}

function isEmpty({ texts, calls, thoughts, blocks }: Turn): boolean {
  return texts.length + calls.length + thoughts.length + blocks.length === 0;
}

function toMessage({ texts, calls, thoughts, blocks }: Turn): ChatMessage {
  const plain = texts.every((text) => typeof text === 'string');
  const content = plain
    ? texts.join('')
    : texts.flatMap((text): ContentPart[] => (typeof text === 'string' ? [{ type: 'text', text }] : text));
  return {
    role: 'assistant',
    content: content.length === 0 && calls.length > 0 ? null : content,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(blocks.length === 0 ? {} : { thinking_blocks: blocks }),
    ...(thoughts.length === 0 ? {} : { reasoning_content: thoughts.join('\n\n') }),
  };
}

function toCall(item: JsonObject): ToolCall {
  return {
    id: String(item['call_id']),
    type: 'function',
    function: { name: String(item['name']), arguments: String(item['arguments']) },
  };
}

/** Results are text for most providers: pictures in them follow as the user's. */
function toResult(item: JsonObject): ChatMessage[] {
  const id = String(item['call_id']);
  const content = toContent(item['output']);
  if (typeof content === 'string') return [{ role: 'tool', tool_call_id: id, content }];
  const texts = content.filter((part) => part.type === 'text').map((part) => String((part as JsonObject)['text']));
  const others = content.filter((part) => part.type !== 'text');
  return [
    { role: 'tool', tool_call_id: id, content: texts.join('') },
    { role: 'user', content: [{ type: 'text', text: `Shown by the tool call ${id}:` }, ...others] },
  ];
}

/** Results must follow their calls at once: what is shown beside them waits until the last of them. */
function resultsFirst(messages: readonly ChatMessage[]): ChatMessage[] {
  const ordered: ChatMessage[] = [];
  let shown: ChatMessage[] = [];
  messages.forEach((message, index) => {
    const isShown =
      message.role === 'user' && messages[index - 1]?.role === 'tool' && messages[index + 1]?.role === 'tool';
    if (isShown) {
      shown.push(message);
      return;
    }
    if (message.role !== 'tool' && shown.length > 0) {
      ordered.push(...shown);
      shown = [];
    }
    ordered.push(message);
  });
  return [...ordered, ...shown];
}

export function itemsToMessages(items: readonly unknown[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  let turn = emptyTurn();
  const flush = (): void => {
    // A thought alone is the rest of an answer that was cut off.
    if (!isEmpty(turn)) messages.push(toMessage(turn));
    turn = emptyTurn();
  };
  for (const item of items.filter(isObject)) {
    switch (item['type']) {
      case 'reasoning': {
        // A thought begins a turn.
        if (turn.calls.length > 0) flush();
        const thought = thoughtOf(item);
        if (thought !== '') turn.thoughts.push(thought);
        turn.blocks.push(...unsealThinking(textOf(item['encrypted_content'])));
        break;
      }
      case 'function_call':
        turn.calls.push(toCall(item));
        break;
      case 'function_call_output':
        flush();
        messages.push(...toResult(item));
        break;
      case undefined:
      case 'message': {
        const role = item['role'] as 'user' | 'assistant' | 'system' | 'developer';
        if (role === 'assistant') {
          if (turn.calls.length > 0) flush();
          turn.texts.push(toContent(item['content']));
          break;
        }
        flush();
        messages.push({ role, content: toContent(item['content']) });
        break;
      }
      default:
      // What OpenAI's own tools did in an earlier turn: its outcome is in the words that follow it.
    }
  }
  flush();
  return resultsFirst(messages);
}

/** What was asked, as items. */
export function inputItems(body: JsonObject): readonly unknown[] {
  const { input } = body;
  return typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : listOf(input);
}
