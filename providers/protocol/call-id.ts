/** Ids of tool calls may carry a thought signature behind the id proper: `call_1__thought__<signature>`, as LiteLLM writes them. */
import type { ChatMessage, ChatRequest, ToolCall } from './chat.ts';

export const THOUGHT_SEPARATOR = '__thought__';

export function splitCallId(id: string): { readonly id: string; readonly signature?: string } {
  const at = id.indexOf(THOUGHT_SEPARATOR);
  if (at === -1) return { id };
  return { id: id.slice(0, at), signature: id.slice(at + THOUGHT_SEPARATOR.length) };
}

function isSigned(id: string | undefined): boolean {
  return id?.includes(THOUGHT_SEPARATOR) === true;
}

function isPlain({ tool_call_id: id, tool_calls: calls }: ChatMessage): boolean {
  return !isSigned(id) && calls?.some((call) => isSigned(call.id)) !== true;
}

function plainCall(call: ToolCall): ToolCall {
  if (!isSigned(call.id)) return call;
  const { provider_specific_fields: _fields, extra_content: _extra, ...rest } = call;
  return { ...rest, id: splitCallId(call.id).id };
}

/**
 * The request without signatures: a conversation may go on at another provider, which knows nothing of them and refuses ids of
 * thousands of characters. Untouched messages are shared.
 */
export function withPlainCallIds(request: ChatRequest): ChatRequest {
  if (request.messages.every(isPlain)) return request;
  const messages = request.messages.map((message): ChatMessage => {
    if (isPlain(message)) return message;
    const { tool_call_id: id, tool_calls: calls } = message;
    return {
      ...message,
      ...(id === undefined ? {} : { tool_call_id: splitCallId(id).id }),
      ...(calls ? { tool_calls: calls.map(plainCall) } : {}),
    };
  });
  return { ...request, messages };
}
