/** The built-in provider `mock/*`: OpenAI's wire without a network. Everything about an answer follows from the request; the transport waits. */
import { createOpenAiProvider, type OpenAiWire } from './openai/create.ts';
import { imageEdits, imageVariations, transcription, translation, withoutFiles } from './openai/files.ts';
import { jsonRequest } from './openai/plain-request.ts';
import type { PlainTranslation } from './provider.ts';
import { answerTo, type MockAnswer } from './mock/answer.ts';
import { answerPlain } from './mock/plain.ts';
import { readControl, type Control } from './mock/control.ts';
import type { ChatRequest } from './protocol/chat.ts';
import { parseChatRequest } from './protocol/chat-schema.ts';
import { isObject, parseJson, textOf } from './protocol/json.ts';

export const MOCK_BASE_URL = 'mock:';

const wire: OpenAiWire = {
  id: 'mock',
  title: 'Mock',
  baseUrl: MOCK_BASE_URL,
  keyVariables: [],
  auth: { kind: 'none' },
  keyOptional: true,
  also: ['embeddings', 'moderation', 'rerank', 'images', 'speech'],
  unsupported: [],
  maxTokens: 'as_sent',
  reasoning: 'as_sent',
  streamUsage: true,
  keeps: [],
};

/** The mock reads JSON only: of files it is told the name and the size. */
function asJson(create: (wire: OpenAiWire) => PlainTranslation, path: string): PlainTranslation {
  return { ...create(wire), toRequest: (body, target) => jsonRequest(wire, target, path, withoutFiles(body)) };
}

export const mock = {
  ...createOpenAiProvider(wire),
  imageEdits: asJson(imageEdits, '/images/edits'),
  imageVariations: asJson(imageVariations, '/images/variations'),
  transcription: asJson(transcription, '/audio/transcriptions'),
  translation: asJson(translation, '/audio/translations'),
};

export type MockEvent = { readonly delayMs: number; readonly data: string };

type Head = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly delayMs: number };

export type MockReply =
  | (Head & { readonly body: string })
  | (Head & { readonly bytes: Uint8Array })
  /** `truncated`: the connection is lost after the last event. */
  | (Head & { readonly events: readonly MockEvent[]; readonly truncated?: boolean });

const JSON_HEADERS = { 'content-type': 'application/json' } as const;

function errorBody(status: number, message: string): string {
  const type = status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'api_error';
  return JSON.stringify({ error: { message, type, param: null, code: `mock_${status}`, status_code: status } });
}

function failReply(status: number, control: Control): MockReply {
  const retryAfter = control.fail?.retry_after_s;
  return {
    status,
    headers: { ...JSON_HEADERS, ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }) },
    delayMs: control.delay_ms ?? 0,
    body: errorBody(status, control.fail?.message ?? `The mock was told to fail with ${status}.`),
  };
}

function wholeBody(request: ChatRequest, answer: MockAnswer): string {
  const message = {
    role: 'assistant',
    content: answer.tool === undefined ? answer.words.join('') : null,
    ...(answer.tool === undefined ? {} : { tool_calls: [answer.tool] }),
  };
  const choices = Array.from({ length: request.n ?? 1 }, (_, index) => ({
    index,
    message,
    finish_reason: answer.finishReason,
  }));
  return JSON.stringify({ object: 'chat.completion', model: request.model, choices, usage: answer.usage });
}

function deltasOf(answer: MockAnswer): readonly object[] {
  const role = { role: 'assistant', content: answer.tool === undefined ? '' : null };
  if (answer.tool === undefined) return [role, ...answer.words.map((content) => ({ content }))];
  const { id, type, function: called } = answer.tool;
  return [
    role,
    { tool_calls: [{ index: 0, id, type, function: { name: called.name, arguments: '' } }] },
    { tool_calls: [{ index: 0, function: { arguments: called.arguments } }] },
  ];
}

function chunksOf(request: ChatRequest, answer: MockAnswer): readonly string[] {
  const chunks: string[] = [];
  const chunk = (rest: object): string =>
    JSON.stringify({ object: 'chat.completion.chunk', model: request.model, ...rest });
  for (let index = 0; index < (request.n ?? 1); index += 1) {
    for (const delta of deltasOf(answer)) chunks.push(chunk({ choices: [{ index, delta, finish_reason: null }] }));
    chunks.push(chunk({ choices: [{ index, delta: {}, finish_reason: answer.finishReason }] }));
  }
  if (request.stream_options?.include_usage === true) chunks.push(chunk({ choices: [], usage: answer.usage }));
  return chunks;
}

function streamReply(request: ChatRequest, answer: MockAnswer, control: Control): MockReply {
  const chunks = chunksOf(request, answer);
  const { fail } = control;
  const sent = fail === undefined ? [...chunks, '[DONE]'] : chunks.slice(0, fail.after_chunks ?? 0);
  if (fail?.status !== undefined) sent.push(errorBody(fail.status, fail.message ?? 'The mock was told to fail.'));
  const gap = control.chunk_delay_ms ?? 0;
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    delayMs: control.delay_ms ?? 0,
    events: sent.map((data, index) => ({ delayMs: index === 0 ? 0 : gap, data })),
    ...(fail === undefined ? {} : { truncated: true }),
  };
}

/** What the mock answers to a request that one of its translations made. */
export function mockReply(body: string, path: string = '/chat/completions'): MockReply {
  return path === '/chat/completions' ? chatReply(body) : plainReply(body, path);
}

function plainReply(text: string, path: string): MockReply {
  const body = parseJson(text);
  const asked = isObject(body) ? body : {};
  const control = readControl(textOf(asked['model']) ?? '', asked['mock']);
  if ('problem' in control)
    return { status: 400, headers: JSON_HEADERS, delayMs: 0, body: errorBody(400, control.problem) };
  const delayMs = control.delay_ms ?? 0;
  if (control.fail?.status !== undefined) return failReply(control.fail.status, control);
  if (control.fail !== undefined) return { status: 200, headers: JSON_HEADERS, delayMs, events: [], truncated: true };
  const answer = answerPlain(path, asked);
  if (answer === undefined)
    return { status: 404, headers: JSON_HEADERS, delayMs, body: errorBody(404, `The mock has no ${path}.`) };
  if (!('bytes' in answer)) return { status: 200, headers: JSON_HEADERS, delayMs, body: JSON.stringify(answer.json) };
  return { status: 200, headers: { 'content-type': answer.contentType }, delayMs, bytes: answer.bytes };
}

function chatReply(body: string): MockReply {
  const parsed = parseChatRequest(parseJson(body));
  if ('refused' in parsed)
    return { status: 400, headers: JSON_HEADERS, delayMs: 0, body: errorBody(400, parsed.refused.message) };
  const { request } = parsed;
  const control = readControl(request.model, request['mock']);
  if ('problem' in control)
    return { status: 400, headers: JSON_HEADERS, delayMs: 0, body: errorBody(400, control.problem) };
  const { fail } = control;
  const later = request.stream === true && fail?.after_chunks !== undefined;
  if (fail?.status !== undefined && !later) return failReply(fail.status, control);
  const answer = answerTo(request, control);
  if (request.stream === true) return streamReply(request, answer, control);
  if (fail === undefined) {
    return { status: 200, headers: JSON_HEADERS, delayMs: control.delay_ms ?? 0, body: wholeBody(request, answer) };
  }
  return { status: 200, headers: JSON_HEADERS, delayMs: control.delay_ms ?? 0, events: [], truncated: true };
}
