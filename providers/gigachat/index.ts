/** GigaChat: nearly OpenAI's wire, with the words that functions had before tools. */
import { createOpenAiProvider } from '../openai/create.ts';
import { FUNCTIONS, OPENAI_ONLY } from '../openai/dialect.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { mapSpoken } from '../protocol/reasoning-parts.ts';
import type { Provider } from '../provider.ts';
import { toGigaChatMessages } from './messages.ts';

const TITLE = 'GigaChat';

function choiceOf(choice: ChatRequest['tool_choice']): unknown {
  const named = isObject(choice) ? choice['function'] : undefined;
  return isObject(named) ? { name: named['name'] } : choice;
}

function adapt(body: ChatRequest): void {
  const fields: Record<string, unknown> = body;
  fields['messages'] = toGigaChatMessages(body.messages);
  if (body.tools) {
    fields['functions'] = body.tools.map((tool) => tool.function);
    if (body.tool_choice) fields['function_call'] = choiceOf(body.tool_choice);
    delete body.tools;
    delete body.tool_choice;
  }
  // It takes no 0 here, and this means the same.
  if (body.temperature === 0) {
    delete body.temperature;
    body.top_p = 0;
  }
}

/** One call, its arguments an object. */
function readSpoken(spoken: JsonObject): JsonObject {
  const { function_call: called, functions_state_id: _state, ...rest } = spoken;
  const name = isObject(called) ? textOf(called['name']) : undefined;
  if (!isObject(called) || name === undefined) return rest;
  const given = called['arguments'];
  const text = typeof given === 'string' ? given : JSON.stringify(given ?? {});
  return { ...rest, tool_calls: [{ index: 0, type: 'function', function: { name, arguments: text } }] };
}

function readFrame(frame: JsonObject): JsonObject {
  const read = mapSpoken(frame, readSpoken);
  if (!Array.isArray(read['choices'])) return read;
  const choices = listOf(read['choices']).map((choice) =>
    isObject(choice) && choice['finish_reason'] === 'function_call'
      ? { ...choice, finish_reason: 'tool_calls' }
      : choice,
  );
  return { ...read, choices };
}

export const gigachat: Provider = createOpenAiProvider({
  id: 'gigachat',
  title: TITLE,
  baseUrl: 'https://gigachat.devices.sberbank.ru/api/v1',
  baseUrlVariables: ['GIGACHAT_API_BASE'],
  keyVariables: ['GIGACHAT_CREDENTIALS', 'GIGACHAT_API_KEY'],
  settingVariables: { gigachat_scope: ['GIGACHAT_SCOPE'], gigachat_auth_url: ['GIGACHAT_AUTH_URL'] },
  auth: { kind: 'gigachat' },
  also: ['embeddings'],
  unsupported: [
    'n',
    'stop',
    'presence_penalty',
    'frequency_penalty',
    'logit_bias',
    'logprobs',
    'top_logprobs',
    'user',
    'seed',
    'response_format',
    'parallel_tool_calls',
    'reasoning_effort',
    ...FUNCTIONS,
    ...OPENAI_ONLY,
  ],
  objection: (_model, name, value) =>
    name === 'tool_choice' && value === 'required' ? 'a call can be asked for by name only' : undefined,
  maxTokens: 'max_tokens',
  reasoning: 'effort',
  streamUsage: false,
  keeps: [],
  flattenText: true,
  adapt,
  readFrame,
});
