/** SAP AI Core's orchestration: OpenAI's messages inside a configuration, OpenAI's answer inside a result. */
import { createOpenAiProvider } from '../openai/create.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject, textOf, type JsonObject } from '../protocol/json.ts';
import type { Provider, Target } from '../provider.ts';

const TITLE = 'SAP AI Core';
const DEFAULT_GROUP = 'default';

/** What belongs to the prompt; the rest are the model's parameters. */
const PROMPT_WORDS = ['tools', 'response_format'] as const;

function adapt(body: ChatRequest, { settings }: Target): void {
  const fields: Record<string, unknown> = body;
  const { model: name, messages: template, stream, stream_options: _counts, ...params } = { ...fields };
  const prompt: Record<string, unknown> = { template };
  for (const word of PROMPT_WORDS) {
    if (params[word] !== undefined) prompt[word] = params[word];
    delete params[word];
  }
  for (const field of Object.keys(fields)) delete fields[field];
  const version = textOf(settings['model_version']);
  const model = { name, ...(version === undefined ? {} : { version }), params };
  fields['config'] = {
    modules: { prompt_templating: { prompt, model } },
    ...(stream === true ? { stream: { enabled: true } } : {}),
  };
}

function readFrame(frame: JsonObject): JsonObject {
  return isObject(frame['final_result']) ? frame['final_result'] : frame;
}

const base = createOpenAiProvider({
  id: 'sap',
  title: TITLE,
  // The address of the deployment of orchestration, which differs by account.
  baseUrl: '',
  baseUrlVariables: ['AICORE_API_BASE'],
  keyVariables: ['AICORE_SERVICE_KEY'],
  settingVariables: { resource_group: ['AICORE_RESOURCE_GROUP'] },
  auth: { kind: 'sap' },
  unsupported: ['user', 'functions', 'function_call', 'store'],
  maxTokens: 'max_tokens',
  reasoning: 'effort',
  streamUsage: false,
  keeps: [],
  path: '/v2/completion',
  adapt,
  readFrame,
});

export const sap: Provider = {
  ...base,
  chat: {
    ...base.chat,
    toRequest: (request, target) => {
      const sent = base.chat.toRequest(request, target);
      if ('refused' in sent) return sent;
      const group = textOf(target.settings['resource_group']) ?? DEFAULT_GROUP;
      return { ...sent, headers: { 'ai-resource-group': group, ...sent.headers } };
    },
  },
};
