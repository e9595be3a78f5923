/** The `response` object: what was asked for repeated, what became of it, and what the model said as items. */
import type { AssistantMessage, ChatResponse, FinishReason } from '../protocol/chat.ts';
import type { Failure } from '../protocol/errors.ts';
import { isObject, listOf, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';
import { inputItems, sealThinking } from './response-items.ts';

export type ResponseStatus = 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled';

/** The part of an id that requests, responses and their items share. */
function stemOf(id: string): string {
  return id.slice(id.indexOf('_') + 1);
}

export function responseId(id: string): string {
  return `resp_${stemOf(id)}`;
}

/** Ids of items follow from their place, so that the stream and the stored answer say the same. */
export function itemId(prefix: 'msg' | 'rs' | 'fc', id: string, index: number): string {
  return `${prefix}_${stemOf(id)}_${index}`;
}

/** The response that an item belongs to; undefined for an id that this gateway never gave. */
export function responseOf(itemIdentity: string): string | undefined {
  const stem = /^(?:msg|rs|fc)_([0-9A-Z]{26})_\d+$/.exec(itemIdentity)?.[1];
  return stem === undefined ? undefined : responseId(`_${stem}`);
}

const BASE_32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Seconds since 1970, from the ten characters of time that an id begins with: the same whenever the response is shown. */
function createdAt(id: string): number {
  let ms = 0;
  for (const character of stemOf(id).slice(0, 10)) ms = ms * 32 + BASE_32.indexOf(character);
  return Math.floor(ms / 1000);
}

export type Shell = {
  readonly id: string;
  readonly body: JsonObject;
  readonly model: string;
  readonly status: ResponseStatus;
};

/** A response without output. Every field is there: typed clients read them without asking. */
export function shellOf({ id, body, model, status }: Shell): Record<string, unknown> {
  const reasoning = isObject(body['reasoning']) ? body['reasoning'] : {};
  const text = isObject(body['text']) ? body['text'] : {};
  return {
    id: responseId(id),
    object: 'response',
    created_at: createdAt(id),
    status,
    background: body['background'] === true,
    error: null,
    incomplete_details: null,
    instructions: body['instructions'] ?? null,
    max_output_tokens: body['max_output_tokens'] ?? null,
    max_tool_calls: body['max_tool_calls'] ?? null,
    metadata: body['metadata'] ?? {},
    model,
    output: [],
    parallel_tool_calls: body['parallel_tool_calls'] ?? true,
    previous_response_id: body['previous_response_id'] ?? null,
    prompt_cache_key: body['prompt_cache_key'] ?? null,
    reasoning: { effort: reasoning['effort'] ?? null, summary: reasoning['summary'] ?? null },
    safety_identifier: body['safety_identifier'] ?? null,
    service_tier: body['service_tier'] ?? 'auto',
    store: body['store'] !== false,
    temperature: body['temperature'] ?? 1,
    text: { ...text, format: text['format'] ?? { type: 'text' } },
    tool_choice: body['tool_choice'] ?? 'auto',
    tools: listOf(body['tools']),
    top_logprobs: body['top_logprobs'] ?? 0,
    top_p: body['top_p'] ?? 1,
    truncation: 'disabled',
    usage: null,
    user: body['user'] ?? null,
  };
}

export function usageOf(usage: Usage | null | undefined): JsonObject | null {
  if (!usage) return null;
  return {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: { cached_tokens: usage.prompt_tokens_details?.cached_tokens ?? 0 },
    output_tokens: usage.completion_tokens,
    output_tokens_details: { reasoning_tokens: usage.completion_tokens_details?.reasoning_tokens ?? 0 },
    total_tokens: usage.total_tokens,
  };
}

/** How the answer ended, in the fields of the response. */
export function endingOf(finish: FinishReason | null): { readonly status: ResponseStatus } & JsonObject {
  if (finish === 'length') return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
  if (finish === 'content_filter') return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } };
  return { status: 'completed' };
}

export function textPart(text: string, logprobs: readonly unknown[] = []): JsonObject {
  return { type: 'output_text', text, annotations: [], logprobs };
}

export function messageItem(itemIdentity: string, content: readonly JsonObject[], status: string): JsonObject {
  return { id: itemIdentity, type: 'message', status, role: 'assistant', content };
}

function reasoningItem(message: AssistantMessage, id: string): JsonObject[] {
  const blocks = message.thinking_blocks ?? [];
  const thought = textOf(message.reasoning_content);
  if (blocks.length === 0 && thought === undefined) return [];
  return [
    {
      id: itemId('rs', id, 0),
      type: 'reasoning',
      summary: thought === undefined ? [] : [{ type: 'summary_text', text: thought }],
      ...(blocks.length === 0 ? {} : { encrypted_content: sealThinking(blocks) }),
    },
  ];
}

function contentOf(message: AssistantMessage, logprobs: unknown): JsonObject[] {
  const text = textOf(message.content);
  const refusal = textOf(message.refusal);
  const listed = isObject(logprobs) ? listOf(logprobs['content']) : [];
  return [
    ...(text === undefined ? [] : [textPart(text, listed)]),
    ...(refusal === undefined ? [] : [{ type: 'refusal', refusal }]),
  ];
}

function outputOf(response: ChatResponse, id: string): JsonObject[] {
  const choice = response.choices[0];
  if (choice === undefined) return [];
  const { message } = choice;
  const output = reasoningItem(message, id);
  const content = contentOf(message, choice.logprobs);
  const calls = (message.tool_calls ?? []).filter((call) => isObject(call.function));
  // A message says at least that nothing was said.
  if (content.length > 0 || (calls.length === 0 && output.length === 0))
    output.push(messageItem(itemId('msg', id, output.length), content, 'completed'));
  for (const call of calls) {
    output.push({
      id: itemId('fc', id, output.length),
      type: 'function_call',
      status: 'completed',
      call_id: call.id,
      name: call.function.name,
      arguments: call.function.arguments,
    });
  }
  return output;
}

export function fromResponse(response: ChatResponse, body: JsonObject, id: string): Record<string, unknown> {
  const ending = endingOf(response.choices[0]?.finish_reason ?? null);
  return {
    ...shellOf({ id, body, model: response.model, status: ending.status }),
    ...ending,
    ...(typeof response.service_tier === 'string' ? { service_tier: response.service_tier } : {}),
    output: outputOf(response, id),
    usage: usageOf(response.usage),
  };
}

export type EndedRequest = {
  readonly id: string;
  readonly body: JsonObject;
  readonly model: string;
  readonly status: 'in_progress' | 'completed' | 'failed' | 'cancelled' | 'outcome_unknown';
  readonly failure?: Failure;
};

/** A request that has no answer, or none yet, as a response. */
export function endedResponse({ id, body, model, status, failure }: EndedRequest): Record<string, unknown> {
  if (status === 'in_progress' || status === 'cancelled') return shellOf({ id, body, model, status });
  const code = failure?.code === 'rate_limit_exceeded' ? 'rate_limit_exceeded' : 'server_error';
  const message = failure?.message ?? 'The outcome of the request is not known.';
  return { ...shellOf({ id, body, model, status: 'failed' }), error: { code, message } };
}

/** The conversation up to and with a stored response, as items. */
export function historyOf(body: JsonObject, responseJson: string): readonly unknown[] {
  const response = parseJson(responseJson);
  return [
    ...listOf(body['_history']),
    ...inputItems(body),
    ...listOf(isObject(response) ? response['output'] : undefined),
  ];
}
