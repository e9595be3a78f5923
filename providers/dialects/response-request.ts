/** A body of the Responses API as a chat request. */
import type { ChatRequest, ReasoningEffort, ResponseFormat, Tool } from '../protocol/chat.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import type { Body } from './dialect.ts';
import { inputItems, itemsToMessages } from './response-items.ts';

/** Said in other words below, or the gateway's own business. Everything else passes, for the provider to judge. */
const TRANSLATED: ReadonlySet<string> = new Set([
  'input',
  'instructions',
  'previous_response_id',
  'background',
  'store',
  'tools',
  'tool_choice',
  'max_output_tokens',
  'max_tool_calls',
  'top_logprobs',
  'text',
  'reasoning',
  'metadata',
  'include',
  'truncation',
  'stream_options',
  'conversation',
  'prompt',
  '_history',
]);

function toTool(tool: JsonObject): Tool {
  const description = textOf(tool['description']);
  return {
    type: 'function',
    function: {
      name: String(tool['name']),
      ...(description === undefined ? {} : { description }),
      parameters: isObject(tool['parameters']) ? tool['parameters'] : { type: 'object', properties: {} },
      ...(typeof tool['strict'] === 'boolean' ? { strict: tool['strict'] } : {}),
    },
  };
}

function choiceOf(choice: unknown): Pick<ChatRequest, 'tool_choice'> {
  if (typeof choice === 'string') return { tool_choice: choice as 'auto' | 'none' | 'required' };
  if (!isObject(choice)) return {};
  return { tool_choice: { type: 'function', function: { name: String(choice['name']) } } };
}

function formatOf(text: JsonObject): { response_format?: ResponseFormat } {
  const { format } = text;
  if (!isObject(format) || format['type'] === 'text') return {};
  if (format['type'] !== 'json_schema') return { response_format: { type: 'json_object' } };
  const { type: _type, ...schema } = format;
  return {
    response_format: { type: 'json_schema', json_schema: schema as { name: string; schema: Record<string, unknown> } },
  };
}

function logprobsOf(body: Body): Pick<ChatRequest, 'logprobs' | 'top_logprobs'> {
  const top = body['top_logprobs'];
  const wanted = listOf(body['include']).includes('message.output_text.logprobs');
  if (typeof top !== 'number' || top === 0) return wanted ? { logprobs: true } : {};
  return { logprobs: true, top_logprobs: top };
}

export function toChat(body: Body): ChatRequest {
  const passed: Record<string, unknown> = {};
  for (const name in body) if (!TRANSLATED.has(name)) passed[name] = body[name];
  const instructions = textOf(body['instructions']);
  const tools = listOf(body['tools']).filter(isObject).map(toTool);
  const text = isObject(body['text']) ? body['text'] : {};
  const verbosity = textOf(text['verbosity']);
  const effort = isObject(body['reasoning']) ? textOf(body['reasoning']['effort']) : undefined;
  return {
    ...passed,
    model: String(body['model']),
    messages: [
      ...(instructions === undefined ? [] : [{ role: 'system' as const, content: instructions }]),
      ...itemsToMessages([...listOf(body['_history']), ...inputItems(body)]),
    ],
    ...(tools.length === 0 ? {} : { tools, ...choiceOf(body['tool_choice']) }),
    ...(typeof body['max_output_tokens'] === 'number' ? { max_tokens: body['max_output_tokens'] } : {}),
    ...formatOf(text),
    ...(verbosity === undefined ? {} : { verbosity }),
    ...(effort === undefined ? {} : { reasoning_effort: effort as ReasoningEffort }),
    ...logprobsOf(body),
  };
}
