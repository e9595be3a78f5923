/** Anthropic's own dialect in front of Anthropic: whatever the API learns next passes, in both directions. */
import type { Body } from '../dialects/dialect.ts';
import { splitCallId } from '../protocol/call-id.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { createHold } from '../protocol/held-frames.ts';
import { isObject, listOf, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import { checkParameters } from '../protocol/parameters.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import type { NativeStream, NativeTranslation, Refusal, Target, WireRequest } from '../provider.ts';
import { createDecoder } from './decoder.ts';
import { TITLE } from './error.ts';
import { claudeModel } from './models.ts';
import { createMessageFold } from './native-answer.ts';
import { betasOf, messagesUrl } from './request.ts';
import { fromResponse } from './response.ts';
import { toThinking } from './thinking.ts';
import { toToolUseId } from './tool-names.ts';

/** A conversation may have been answered by another provider before: its unsigned thoughts and signed ids would be refused. */
function cleanBlock(block: unknown): unknown {
  if (!isObject(block)) return block;
  switch (block['type']) {
    case 'thinking':
      return textOf(block['signature']) === undefined ? undefined : block;
    case 'tool_use':
      return { ...block, id: toToolUseId(splitCallId(String(block['id'])).id) };
    case 'tool_result':
      return { ...block, tool_use_id: toToolUseId(splitCallId(String(block['tool_use_id'])).id) };
    default:
      return block;
  }
}

function cleanMessages(messages: unknown): unknown[] {
  return listOf(messages).flatMap((message) => {
    if (!isObject(message) || !Array.isArray(message['content'])) return [message];
    const content = message['content'].map(cleanBlock).filter((block) => block !== undefined);
    return content.length === 0 && message['content'].length > 0 ? [] : [{ ...message, content }];
  });
}

/** The deployment's defaults in Anthropic's words, where the caller said nothing. */
function defaultsFor(body: JsonObject, defaults: Partial<ChatRequest>, target: Target): JsonObject {
  const { temperature, top_p: topP, stop } = defaults;
  const { thinking, effort } = toThinking(
    { ...defaults, model: target.model, messages: [] },
    claudeModel(target.model),
    typeof body['max_tokens'] === 'number' ? body['max_tokens'] : undefined,
  );
  const sequences = typeof stop === 'string' ? [stop] : (stop ?? []);
  return {
    ...(typeof temperature === 'number' ? { temperature } : {}),
    ...(typeof topP === 'number' ? { top_p: topP } : {}),
    ...(defaults['top_k'] === undefined ? {} : { top_k: defaults['top_k'] }),
    ...(sequences.length === 0 ? {} : { stop_sequences: sequences }),
    ...(thinking === undefined ? {} : { thinking }),
    ...(effort === undefined ? {} : { output_config: { effort } }),
  };
}

export function callerHeaders(body: Body): Readonly<Record<string, string>> {
  const headers = body['_headers'];
  return isObject(headers) ? (headers as Readonly<Record<string, string>>) : {};
}

export function nativeHeaders(body: Body, kept: JsonObject, settings: Target['settings']): Record<string, string> {
  const given = callerHeaders(body);
  const betas = betasOf({ ...kept, anthropic_beta: given['anthropic-beta'] }, settings, false);
  return {
    'content-type': 'application/json',
    'anthropic-version': given['anthropic-version'] ?? textOf(settings['anthropic_version']) ?? '2023-06-01',
    ...extraHeaders(settings),
    ...(betas.length === 0 ? {} : { 'anthropic-beta': betas.join(',') }),
  };
}

function toRequest(body: Body, target: Target, defaults: Partial<ChatRequest>): WireRequest | Refusal {
  const { settings } = target;
  const { _headers: _allowed, ...said } = body;
  const asked = { ...defaultsFor(body, defaults, target), ...said, messages: cleanMessages(body['messages']) };
  // Anthropic judges its own parameters; only what the configuration or the caller wants left out is left out.
  const parameters = checkParameters(asked as unknown as ChatRequest, {
    title: TITLE,
    settings,
    objection: () => undefined,
  });
  if ('refused' in parameters) return parameters;
  const { kept, dropped } = parameters;
  const extra = extraBody(settings);
  return {
    method: 'POST',
    url: messagesUrl(target.baseUrl),
    headers: {
      ...nativeHeaders(body, kept, settings),
      accept: kept.stream === true ? 'text/event-stream' : 'application/json',
    },
    body: JSON.stringify({ ...kept, model: target.model, ...extra }),
    dropped,
  };
}

/** What comes before the first word. */
const OPENERS: ReadonlySet<unknown> = new Set(['message_start', 'ping', 'content_block_start']);

const TYPE_FIRST = /^\{"type":"[\w.-]+"[,}]/;

function frameOf(frame: JsonObject, text: string, model: string): string {
  if (frame['type'] === 'message_start' && isObject(frame['message']))
    return JSON.stringify({ type: 'message_start', ...frame, message: { ...frame['message'], model } });
  if (TYPE_FIRST.test(text)) return text;
  const { type, ...rest } = frame;
  return JSON.stringify({ type, ...rest });
}

function createStream(model: string): NativeStream {
  const fold = createMessageFold(model);
  const show = createHold(OPENERS);
  return {
    pass: ({ data }) => {
      const frame = parseJson(data);
      if (!isObject(frame) || typeof frame['type'] !== 'string') return [];
      fold.add(frame);
      const text = frameOf(frame, data, model);
      return show(frame['type'], text);
    },
    answer: fold.message,
  };
}

/** For reading only: names of tools and the form of the answer are the caller's own. */
const NOTHING_ASKED: ChatRequest = { model: '', messages: [] };

export const nativeMessages: NativeTranslation = {
  toRequest,
  fromResponse: (body, model) => ({ ...(isObject(body) ? body : {}), model }),
  stream: createStream,
  meter: (body, target) => fromResponse(body, NOTHING_ASKED, target),
  framing: 'sse',
  decoder: (target) => createDecoder(NOTHING_ASKED, target),
};
