/** A body of Anthropic's Messages API as a chat request, for providers that speak something else. */
import type {
  CacheControl,
  ChatMessage,
  ChatRequest,
  ContentPart,
  ReasoningEffort,
  ResponseFormat,
  ThinkingBlock,
  Tool,
  ToolCall,
} from '../protocol/chat.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import type { Body } from './dialect.ts';
import { isFunctionType } from './messages-schema.ts';

/** Taken over under another name below, or without meaning for another provider. Everything else passes, for the provider to judge. */
const TRANSLATED: ReadonlySet<string> = new Set([
  'messages',
  'system',
  'tools',
  'tool_choice',
  'stop_sequences',
  'metadata',
  'output_config',
  'output_format',
  'service_tier',
  // Trims old tool results on Anthropic's side: without it the model sees more, and nothing is missing.
  'context_management',
  '_headers',
]);

function cached(block: JsonObject): { cache_control?: CacheControl } {
  const control = block['cache_control'];
  return isObject(control) && typeof control['type'] === 'string' ? { cache_control: control as CacheControl } : {};
}

function dataUri(source: JsonObject, fallback: string): string {
  return `data:${textOf(source['media_type']) ?? fallback};base64,${String(source['data'])}`;
}

function imagePart(block: JsonObject): ContentPart {
  const source = isObject(block['source']) ? block['source'] : {};
  switch (source['type']) {
    case 'base64':
      return { type: 'image_url', image_url: { url: dataUri(source, 'image/png') }, ...cached(block) };
    case 'url':
      return { type: 'image_url', image_url: { url: String(source['url']) }, ...cached(block) };
    default:
      return {
        type: 'file',
        file: { file_id: textOf(source['file_id']) ?? '', format: 'image/png' },
        ...cached(block),
      };
  }
}

function documentParts(block: JsonObject): ContentPart[] {
  const source = isObject(block['source']) ? block['source'] : {};
  const title = textOf(block['title']);
  const named = title === undefined ? {} : { filename: title };
  switch (source['type']) {
    case 'base64': {
      const file = { file_data: dataUri(source, 'application/pdf'), filename: title ?? 'document.pdf' };
      return [{ type: 'file', file, ...cached(block) }];
    }
    case 'text':
      return [{ type: 'text', text: titled(title, String(source['data'])), ...cached(block) }];
    case 'url':
      return [{ type: 'file', file: { file_id: String(source['url']), ...named }, ...cached(block) }];
    case 'content': {
      const { content } = source;
      return typeof content === 'string' ? [{ type: 'text', text: titled(title, content) }] : toParts(listOf(content));
    }
    default:
      return [{ type: 'file', file: { file_id: textOf(source['file_id']) ?? '', ...named }, ...cached(block) }];
  }
}

function titled(title: string | undefined, text: string): string {
  return title === undefined ? text : `${title}\n\n${text}`;
}

/** Blocks that only Anthropic's own tools write: their outcome is in the words that follow them. */
function isServerBlock(type: unknown): boolean {
  return (
    typeof type === 'string' && /^(server_tool_use|mcp_tool_use|.*_tool_result)$/.test(type) && type !== 'tool_result'
  );
}

function toParts(blocks: readonly unknown[]): ContentPart[] {
  return blocks.flatMap((block): ContentPart[] => {
    if (!isObject(block) || isServerBlock(block['type'])) return [];
    switch (block['type']) {
      case 'text':
        return [{ type: 'text', text: String(block['text']), ...cached(block) }];
      case 'image':
        return [imagePart(block)];
      case 'document':
        return documentParts(block);
      case 'search_result': {
        const head = [textOf(block['title']), textOf(block['source'])].filter((line) => line !== undefined).join('\n');
        const lines = toParts(listOf(block['content'])).flatMap((part) => textOf((part as JsonObject)['text']) ?? []);
        return [{ type: 'text', text: [head, ...lines].join('\n') }];
      }
      default:
        // The provider refuses by its name what it cannot take.
        return [{ ...block, type: String(block['type']) }];
    }
  });
}

/** Plain text where nothing is lost by it: every provider takes a string. */
function simplest(parts: ContentPart[]): string | ContentPart[] {
  const [only] = parts;
  if (parts.length !== 1 || only?.type !== 'text' || only.cache_control !== undefined) return parts;
  return String((only as JsonObject)['text']);
}

function isText(part: ContentPart): boolean {
  return part.type === 'text';
}

/** A result is text; the pictures and documents in it follow as the user's, because most providers take them nowhere else. */
function toolMessages(blocks: readonly JsonObject[]): {
  readonly results: ChatMessage[];
  readonly shown: ContentPart[];
} {
  const shown: ContentPart[] = [];
  const results = blocks.map((block): ChatMessage => {
    const { content } = block;
    const id = String(block['tool_use_id']);
    if (typeof content === 'string') return { role: 'tool', tool_call_id: id, content, ...cached(block) };
    const parts = toParts(listOf(content));
    const others = parts.filter((part) => !isText(part));
    if (others.length > 0) shown.push({ type: 'text', text: `Shown by the tool call ${id}:` }, ...others);
    const texts = parts.filter(isText);
    return { role: 'tool', tool_call_id: id, content: texts.length === 0 ? '' : simplest(texts), ...cached(block) };
  });
  return { results, shown };
}

function userMessages(content: readonly unknown[]): ChatMessage[] {
  const blocks = content.filter(isObject);
  const isResult = (block: JsonObject): boolean => block['type'] === 'tool_result';
  const { results, shown } = toolMessages(blocks.filter(isResult));
  const parts = [...shown, ...toParts(blocks.filter((block) => !isResult(block)))];
  return parts.length === 0 ? results : [...results, { role: 'user', content: simplest(parts) }];
}

function toolCall(block: JsonObject): ToolCall {
  return {
    id: String(block['id']),
    type: 'function',
    function: { name: String(block['name']), arguments: JSON.stringify(block['input']) },
    ...cached(block),
  };
}

function assistantMessage(content: readonly unknown[]): ChatMessage[] {
  const blocks = content.filter(isObject);
  const thinking = blocks.filter((block) => block['type'] === 'thinking' || block['type'] === 'redacted_thinking');
  const calls = blocks.filter((block) => block['type'] === 'tool_use').map(toolCall);
  const parts = toParts(blocks.filter((block) => !thinking.includes(block) && block['type'] !== 'tool_use'));
  const plain = parts.every((part) => isText(part) && part.cache_control === undefined);
  const text = plain ? parts.map((part) => String((part as JsonObject)['text'])).join('') : parts;
  const thought = thinking.map((block) => textOf(block['thinking']) ?? '').join('');
  if (blocks.length === 0) return [];
  return [
    {
      role: 'assistant',
      content: text.length === 0 ? (calls.length === 0 ? '' : null) : text,
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      ...(thinking.length === 0 ? {} : { thinking_blocks: thinking as ThinkingBlock[] }),
      ...(thought === '' ? {} : { reasoning_content: thought }),
    },
  ];
}

function messagesOf(body: Body): ChatMessage[] {
  const { system } = body;
  const first: ChatMessage[] =
    typeof system === 'string' && system !== ''
      ? [{ role: 'system', content: system }]
      : Array.isArray(system) && system.length > 0
        ? [{ role: 'system', content: simplest(toParts(system)) }]
        : [];
  return [
    ...first,
    ...listOf(body['messages']).flatMap((message): ChatMessage[] => {
      if (!isObject(message)) return [];
      const { role, content } = message as { role: 'user' | 'assistant' | 'system'; content: unknown };
      if (typeof content === 'string') return [{ role, content }];
      const blocks = listOf(content);
      if (role === 'assistant') return assistantMessage(blocks);
      return role === 'user' ? userMessages(blocks) : [{ role, content: simplest(toParts(blocks)) }];
    }),
  ];
}

const WEB_SEARCH = /^web_search_\d+$/;

function toolsOf(body: Body): { tools?: Tool[]; web_search_options?: JsonObject } {
  const declared = listOf(body['tools']).filter(isObject);
  const search = declared.find((tool) => WEB_SEARCH.test(String(tool['type'])));
  const tools = declared
    .filter((tool) => tool !== search)
    .map((tool): Tool => {
      if (!isFunctionType(tool['type'])) return { ...tool, type: String(tool['type']) };
      const description = textOf(tool['description']);
      return {
        type: 'function',
        function: {
          name: String(tool['name']),
          ...(description === undefined ? {} : { description }),
          parameters: tool['input_schema'] as Record<string, unknown>,
          ...(tool['strict'] === true ? { strict: true } : {}),
        },
        ...cached(tool),
      };
    });
  const location = search?.['user_location'];
  return {
    ...(tools.length === 0 ? {} : { tools }),
    ...(search === undefined
      ? {}
      : {
          web_search_options: isObject(location)
            ? { user_location: { type: 'approximate', approximate: location } }
            : {},
        }),
  };
}

function choiceOf(body: Body): Pick<ChatRequest, 'tool_choice' | 'parallel_tool_calls'> {
  const choice = body['tool_choice'];
  if (!isObject(choice)) return {};
  const parallel = choice['disable_parallel_tool_use'] === true ? { parallel_tool_calls: false } : {};
  switch (choice['type']) {
    case 'any':
      return { tool_choice: 'required', ...parallel };
    case 'tool':
      return { tool_choice: { type: 'function', function: { name: String(choice['name']) } }, ...parallel };
    case 'none':
      return { tool_choice: 'none', ...parallel };
    default:
      return { tool_choice: 'auto', ...parallel };
  }
}

const EFFORTS: ReadonlySet<string> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

function effortOf(body: Body): Pick<ChatRequest, 'reasoning_effort'> {
  const config = body['output_config'];
  const effort = isObject(config) ? config['effort'] : undefined;
  return typeof effort === 'string' && EFFORTS.has(effort) ? { reasoning_effort: effort as ReasoningEffort } : {};
}

function formatOf(body: Body): { response_format?: ResponseFormat } {
  const config = body['output_config'];
  const format = (isObject(config) ? config['format'] : undefined) ?? body['output_format'];
  if (!isObject(format) || format['type'] !== 'json_schema' || !isObject(format['schema'])) return {};
  return { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: format['schema'] } } };
}

function userOf(body: Body): { user?: string } {
  const { metadata } = body;
  const user = isObject(metadata) ? textOf(metadata['user_id']) : undefined;
  return user === undefined ? {} : { user };
}

export function toChat(body: Body): ChatRequest {
  const passed: Record<string, unknown> = {};
  for (const name in body) if (!TRANSLATED.has(name)) passed[name] = body[name];
  const stop = listOf(body['stop_sequences']) as string[];
  return {
    ...passed,
    model: String(body['model']),
    messages: messagesOf(body),
    ...toolsOf(body),
    ...choiceOf(body),
    ...effortOf(body),
    ...formatOf(body),
    ...userOf(body),
    ...(stop.length === 0 ? {} : { stop }),
    ...(body['service_tier'] === 'standard_only' ? { service_tier: 'default' } : {}),
  };
}
