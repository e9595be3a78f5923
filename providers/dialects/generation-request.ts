/** A body of Google's `:generateContent` as a chat request, for providers that speak something else. */
import type {
  ChatMessage,
  ChatRequest,
  ContentPart,
  ReasoningEffort,
  ResponseFormat,
  ThinkingBlock,
  ToolCall,
} from '../protocol/chat.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import type { Body } from './dialect.ts';
import { inCamelCase } from './generation-spelling.ts';
import { toJsonSchema, toolsOf } from './generation-tools.ts';
import { unsealThinking } from './response-items.ts';

/** Taken over under another name below, or without meaning for another provider. Everything else passes, for the provider to judge. */
const TRANSLATED: ReadonlySet<string> = new Set([
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'safetySettings',
  'labels',
  'serviceTier',
]);

function dataPart(data: JsonObject): ContentPart {
  const type = textOf(data['mimeType']) ?? 'application/octet-stream';
  const base64 = String(data['data']);
  const uri = `data:${type};base64,${base64}`;
  if (type.startsWith('image/')) return { type: 'image_url', image_url: { url: uri } };
  if (type.startsWith('audio/')) {
    const format = type.slice('audio/'.length).replace('mpeg', 'mp3').replace('x-wav', 'wav');
    return { type: 'input_audio', input_audio: { data: base64, format } };
  }
  if (type.startsWith('video/')) return { type: 'video_url', video_url: { url: uri } };
  if (type.startsWith('text/') && type !== 'text/html')
    return { type: 'file', file: { file_data: uri, filename: 'document.txt' } };
  return { type: 'file', file: { file_data: uri, filename: type === 'application/pdf' ? 'document.pdf' : 'document' } };
}

function filePart(file: JsonObject): ContentPart {
  const url = String(file['fileUri']);
  const type = textOf(file['mimeType']);
  const format = type === undefined ? {} : { format: type };
  if (type?.startsWith('image/') === true) return { type: 'image_url', image_url: { url, ...format } };
  if (type?.startsWith('video/') === true) return { type: 'video_url', video_url: { url, ...format } };
  return { type: 'file', file: { file_id: url, ...format } };
}

function toParts(parts: readonly JsonObject[]): ContentPart[] {
  return parts.flatMap((part): ContentPart[] => {
    if (part['thought'] === true) return [];
    if (isObject(part['inlineData'])) return [dataPart(part['inlineData'])];
    if (isObject(part['fileData'])) return [filePart(part['fileData'])];
    const text = textOf(part['text']);
    // Code that ran at Google, and what it printed: its outcome is in the words that follow.
    return text === undefined ? [] : [{ type: 'text', text }];
  });
}

/** Plain text where nothing is lost by it: every provider takes a string. */
function simplest(parts: ContentPart[]): string | ContentPart[] {
  const texts = parts.map((part) => (part.type === 'text' ? String((part as JsonObject)['text']) : undefined));
  return texts.every((text) => text !== undefined) && parts.length === 1 ? (texts[0] ?? '') : parts;
}

/** Calls that wait for their result, in order: Google's own clients mostly send neither with an id. */
type Waiting = { readonly id: string; readonly name: string };

type Reading = { waiting: Waiting[]; calls: number };

function toCall(call: JsonObject, reading: Reading): ToolCall {
  reading.calls += 1;
  const name = String(call['name']);
  const id = textOf(call['id']) ?? `call_${reading.calls}_${name}`.slice(0, 64);
  reading.waiting.push({ id, name });
  return { id, type: 'function', function: { name, arguments: JSON.stringify(call['args'] ?? {}) } };
}

function modelMessage(parts: readonly JsonObject[], reading: Reading): ChatMessage[] {
  if (parts.length === 0) return [];
  const calls = parts.flatMap((part) =>
    isObject(part['functionCall']) ? [toCall(part['functionCall'], reading)] : [],
  );
  const blocks = parts.flatMap((part): ThinkingBlock[] => unsealThinking(textOf(part['thoughtSignature'])));
  const thought = parts.map((part) => (part['thought'] === true ? (textOf(part['text']) ?? '') : '')).join('');
  const content = toParts(parts.filter((part) => !isObject(part['functionCall'])));
  const isPlain = content.every((part) => part.type === 'text');
  const text = isPlain ? content.map((part) => String((part as JsonObject)['text'])).join('') : content;
  return [
    {
      role: 'assistant',
      content: text.length > 0 ? text : calls.length > 0 ? null : '',
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      ...(blocks.length === 0 ? {} : { thinking_blocks: blocks }),
      ...(thought === '' ? {} : { reasoning_content: thought }),
    },
  ];
}

function resultMessage(result: JsonObject, reading: Reading): ChatMessage {
  const name = String(result['name']);
  const given = textOf(result['id']);
  const at = reading.waiting.findIndex((call) => (given === undefined ? call.name === name : call.id === given));
  const [call] = at === -1 ? [] : reading.waiting.splice(at, 1);
  const response = isObject(result['response']) ? result['response'] : {};
  // What a function says under `output` or `result` alone is all that it says.
  const keys = Object.keys(response);
  const only = keys.length === 1 && (keys[0] === 'output' || keys[0] === 'result') ? response[keys[0]] : response;
  return {
    role: 'tool',
    tool_call_id: given ?? call?.id ?? name,
    content: typeof only === 'string' ? only : JSON.stringify(only),
  };
}

function userMessages(parts: readonly JsonObject[], reading: Reading): ChatMessage[] {
  const results = parts.flatMap((part) =>
    isObject(part['functionResponse']) ? [resultMessage(part['functionResponse'], reading)] : [],
  );
  const said = toParts(parts.filter((part) => !isObject(part['functionResponse'])));
  return said.length === 0 ? results : [...results, { role: 'user', content: simplest(said) }];
}

function messagesOf(body: Body): ChatMessage[] {
  const { systemInstruction: system } = body;
  const instructions = typeof system === 'string' ? system : textIn(system);
  const reading: Reading = { waiting: [], calls: 0 };
  const messages = listOf(body['contents']).flatMap((content): ChatMessage[] => {
    if (!isObject(content)) return [];
    const parts = listOf(content['parts']).filter(isObject);
    switch (content['role']) {
      case 'model':
        return modelMessage(parts, reading);
      case 'system':
        return [{ role: 'system', content: textIn(content) }];
      default:
        return userMessages(parts, reading);
    }
  });
  return instructions === '' ? messages : [{ role: 'system', content: instructions }, ...messages];
}

function textIn(content: unknown): string {
  const parts = isObject(content) ? listOf(content['parts']) : [];
  return parts.map((part) => (isObject(part) ? (textOf(part['text']) ?? '') : '')).join('\n');
}

function formatOf(config: JsonObject): { response_format?: ResponseFormat } {
  const given = config['responseJsonSchema'] ?? toJsonSchema(config['responseSchema'] ?? undefined);
  if (isObject(given))
    return { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: given } } };
  return config['responseMimeType'] === 'application/json' ? { response_format: { type: 'json_object' } } : {};
}

const LEVELS: ReadonlySet<string> = new Set(['minimal', 'low', 'medium', 'high']);

/** A budget of 0 switches thinking off where the model would think; elsewhere it says what is so anyway. */
function thinkingOf(config: JsonObject): Pick<ChatRequest, 'reasoning_effort' | 'thinking'> {
  const thinking = config['thinkingConfig'];
  if (!isObject(thinking)) return {};
  const level = textOf(thinking['thinkingLevel'])?.toLowerCase();
  if (level !== undefined && LEVELS.has(level)) return { reasoning_effort: level as ReasoningEffort };
  const budget = thinking['thinkingBudget'];
  return typeof budget === 'number' && budget > 0 ? { thinking: { type: 'enabled', budget_tokens: budget } } : {};
}

const RENAMED = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  candidateCount: 'n',
  maxOutputTokens: 'max_tokens',
  seed: 'seed',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
} as const;

function parametersOf(config: JsonObject): Partial<ChatRequest> {
  const parameters: Record<string, unknown> = {};
  for (const [from, to] of Object.entries(RENAMED)) {
    const value = config[from];
    if (value !== undefined && value !== null) parameters[to] = value;
  }
  // One answer is what everybody gives who is not asked for more.
  if (parameters['n'] === 1) delete parameters['n'];
  const stop = listOf(config['stopSequences']);
  const modalities = listOf(config['responseModalities']).map((one) => String(one).toLowerCase());
  return {
    ...parameters,
    ...(stop.length === 0 ? {} : { stop: stop as string[] }),
    ...(config['responseLogprobs'] === true
      ? { logprobs: true, ...(typeof config['logprobs'] === 'number' ? { top_logprobs: config['logprobs'] } : {}) }
      : {}),
    ...(modalities.some((one) => one !== 'text') ? { modalities } : {}),
  };
}

export function toChat(written: Body): ChatRequest {
  const body = inCamelCase(written);
  const passed: Record<string, unknown> = {};
  for (const name in body) if (!TRANSLATED.has(name)) passed[name] = body[name];
  const config = isObject(body['generationConfig']) ? body['generationConfig'] : {};
  const tier = textOf(body['serviceTier'])?.toLowerCase();
  return {
    ...passed,
    model: String(body['model']),
    messages: messagesOf(body),
    ...toolsOf(body),
    ...parametersOf(config),
    ...formatOf(config),
    ...thinkingOf(config),
    ...(tier === undefined || tier === 'standard' || tier === 'unspecified' ? {} : { service_tier: tier }),
  };
}
