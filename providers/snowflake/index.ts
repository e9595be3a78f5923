/** Snowflake Cortex: OpenAI's wire, with fields that are present and empty where OpenAI leaves them out. */
import { createOpenAiProvider } from '../openai/create.ts';
import { FUNCTIONS, OPENAI_ONLY } from '../openai/dialect.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { mapSpoken, readThoughts, thoughtFields } from '../protocol/reasoning-parts.ts';
import { embeddings } from './embeddings.ts';
import { TITLE } from './title.ts';
import type { Provider, Refusal, Target } from '../provider.ts';

/** What Cortex ignores for models that are not OpenAI's: an answer that does not do what was asked is worse than a 400. */
const ONLY_OPENAI: ReadonlySet<string> = new Set([
  'n',
  'stop',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'seed',
  'parallel_tool_calls',
]);

function isOpenAi(model: string): boolean {
  return model.startsWith('openai-');
}

function readCall(call: unknown): unknown {
  if (!isObject(call)) return call;
  const { custom: _custom, ...rest } = call;
  return rest;
}

function readSpoken(spoken: JsonObject): JsonObject {
  const { function_call: called, audio, reasoning_details: details, tool_calls: calls, ...rest } = spoken;
  const isCalled = isObject(called) && textOf(called['name']) !== undefined;
  const hasSound = isObject(audio) && textOf(audio['data']) !== undefined;
  return {
    ...rest,
    ...(isCalled ? { function_call: called } : {}),
    ...(hasSound ? { audio } : {}),
    ...(Array.isArray(calls) ? { tool_calls: calls.map(readCall) } : {}),
    ...thoughtFields(readThoughts(listOf(details))),
  };
}

function readFrame(frame: JsonObject): JsonObject {
  const read = mapSpoken(frame, readSpoken);
  const choices = listOf(read['choices']).map((choice) => {
    // An empty reason says nothing, not even that the answer has ended.
    if (!isObject(choice) || choice['finish_reason'] !== '') return choice;
    const { finish_reason: _empty, ...rest } = choice;
    return rest;
  });
  return Array.isArray(read['choices']) ? { ...read, choices } : read;
}

/** Models that are not OpenAI's take the effort in an object. */
function adapt(body: ChatRequest, target: Target): void {
  const effort = body['reasoning_effort'];
  if (effort === undefined || isOpenAi(target.model)) return;
  delete body['reasoning_effort'];
  if (effort !== 'none') body['reasoning'] = { effort };
}

const base = createOpenAiProvider({
  id: 'snowflake',
  title: TITLE,
  baseUrl: '',
  baseUrlVariables: ['SNOWFLAKE_API_BASE'],
  keyVariables: ['SNOWFLAKE_JWT'],
  settingVariables: { account_id: ['SNOWFLAKE_ACCOUNT_ID'] },
  auth: { kind: 'snowflake' },
  unsupported: ['user', ...FUNCTIONS, ...OPENAI_ONLY],
  objection: (model, name) =>
    ONLY_OPENAI.has(name) && !isOpenAi(model) ? 'Cortex ignores it for this model' : undefined,
  maxTokens: 'max_completion_tokens',
  reasoning: 'effort',
  streamUsage: true,
  keeps: [],
  adapt,
  readFrame,
});

function baseOf({ baseUrl, settings }: Target): string {
  const account = textOf(settings['account_id']);
  if (baseUrl === '' && account !== undefined && /^[\w.-]+$/.test(account))
    return `https://${account}.snowflakecomputing.com/api/v2/cortex/v1`;
  if (baseUrl === '' || baseUrl.endsWith('/cortex/v1') || baseUrl.endsWith('/chat/completions')) return baseUrl;
  // The address of the account, of its API, or of the older way to complete.
  return `${baseUrl.replace(/\/cortex(\/inference:complete)?$/, '').replace(/\/api\/v2$/, '')}/api/v2/cortex/v1`;
}

function noAddress(): Refusal {
  const message = `${TITLE} has no address: set account_id (SNOWFLAKE_ACCOUNT_ID) or api_base on the deployment.`;
  return { refused: { code: 'provider_unreachable', message, billed: 'no' } };
}

export const snowflake: Provider = {
  ...base,
  chat: {
    ...base.chat,
    toRequest: (request, target) => {
      const baseUrl = baseOf(target);
      if (baseUrl === '') return noAddress();
      const sent = base.chat.toRequest(request, { ...target, baseUrl });
      if ('refused' in sent) return sent;
      return { ...sent, headers: { ...sent.headers, accept: 'application/json, text/event-stream' } };
    },
  },
  embeddings: {
    ...embeddings,
    toRequest: (body, target) => {
      const baseUrl = baseOf(target);
      return baseUrl === '' ? noAddress() : embeddings.toRequest(body, { ...target, baseUrl });
    },
  },
};
