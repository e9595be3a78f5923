/** Requests to Bedrock's models, for its tests. */
import { bedrock } from '../../../providers/bedrock/index.ts';
import type { ChatMessage, ChatRequest, Tool } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, sent, targetOf } from '../streams.ts';

export const chat = chatOf(bedrock);

export const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
export const OLD_CLAUDE = 'anthropic.claude-3-haiku-20240307-v1:0';
export const NOVA = 'amazon.nova-lite-v1:0';
export const LLAMA = 'meta.llama3-1-70b-instruct-v1:0';
export const MISTRAL = 'mistral.mistral-large-2407-v1:0';
export const OSS = 'openai.gpt-oss-120b-1:0';

export type Settings = Record<string, unknown>;

export const to = (
  model: string,
  fields: Partial<ChatRequest> = {},
  settings: Settings = {},
  baseUrl = bedrock.baseUrl,
) => chat.toRequest(ask(fields), targetOf(model, settings, baseUrl));
export const bodyOf = (model: string, fields: Partial<ChatRequest> = {}, settings: Settings = {}) =>
  sent(to(model, fields, settings)).body;
export const messagesOf = (messages: ChatMessage[], model = CLAUDE, fields: Partial<ChatRequest> = {}) =>
  bodyOf(model, { messages, ...fields })['messages'];

export const WEATHER: Tool = {
  type: 'function',
  function: { name: 'weather', description: 'Tells it.', parameters: { type: 'object', properties: { city: {} } } },
};
