/** IBM watsonx.ai: OpenAI's messages in a body and at addresses of IBM's own. */
import { createOpenAiProvider } from '../openai/create.ts';
import { FUNCTIONS, OPENAI_ONLY } from '../openai/dialect.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject } from '../protocol/json.ts';
import { orRefusal } from '../protocol/refused.ts';
import type { Provider, Refusal, Target, WireRequest } from '../provider.ts';
import { fromError, TITLE } from './error.ts';
import { embeddings, rerank } from './plain.ts';
import { neededProject, projectOf, rootOf, urlOf } from './project.ts';
import { looseSchema } from './schema.ts';

const DEPLOYMENT = 'deployment/';

function isDeployment(model: string): boolean {
  return model.startsWith(DEPLOYMENT);
}

/** watsonx has one field for a word and another for a name. */
function setToolChoice(body: ChatRequest): void {
  const choice = body.tool_choice;
  if (typeof choice !== 'string') return;
  delete body.tool_choice;
  body['tool_choice_option'] = choice === 'any' ? 'required' : choice;
}

function adapt(body: ChatRequest, target: Target): void {
  const fields: Record<string, unknown> = body;
  // Whether it streams is said by the address, and a deployment knows its model and project.
  for (const name of ['model', 'stream', 'stream_options']) delete fields[name];
  if (!isDeployment(target.model)) {
    fields['model_id'] = target.model;
    Object.assign(fields, projectOf(target));
  }
  body.messages = body.messages.map((message) =>
    message.role === 'developer' ? { ...message, role: 'system' as const } : message,
  );
  if (!body.tools) return;
  setToolChoice(body);
  body.tools = body.tools.map((tool) =>
    tool.function?.parameters === undefined
      ? tool
      : { ...tool, function: { ...tool.function, parameters: looseSchema(tool.function.parameters) } },
  );
}

const base = createOpenAiProvider({
  id: 'watsonx',
  title: TITLE,
  baseUrl: '',
  baseUrlVariables: ['WATSONX_API_BASE', 'WATSONX_URL', 'WX_URL', 'WML_URL'],
  keyVariables: ['WATSONX_APIKEY', 'WATSONX_API_KEY', 'WX_API_KEY'],
  settingVariables: {
    project_id: ['WATSONX_PROJECT_ID', 'WX_PROJECT_ID', 'PROJECT_ID'],
    space_id: ['WATSONX_DEPLOYMENT_SPACE_ID', 'WATSONX_SPACE_ID', 'WX_SPACE_ID', 'SPACE_ID'],
    token: ['WATSONX_TOKEN'],
    zen_api_key: ['WATSONX_ZENAPIKEY'],
    iam_url: ['WATSONX_IAM_URL'],
  },
  auth: { kind: 'ibm-iam' },
  unsupported: ['logit_bias', 'user', 'parallel_tool_calls', ...FUNCTIONS, ...OPENAI_ONLY],
  maxTokens: 'max_tokens',
  reasoning: 'effort',
  streamUsage: false,
  keeps: [],
  looseTools: true,
  adapt,
});

function pathOf(target: Target, streaming: boolean): string {
  const call = streaming ? 'chat_stream' : 'chat';
  if (!isDeployment(target.model)) return `text/${call}`;
  return `deployments/${encodeURIComponent(target.model.slice(DEPLOYMENT.length))}/text/${call}`;
}

function toRequest(request: ChatRequest, target: Target): WireRequest | Refusal {
  return orRefusal(() => {
    const baseUrl = rootOf(target);
    if (!isDeployment(target.model)) neededProject(target);
    const sent = base.chat.toRequest(request, { ...target, baseUrl });
    return 'refused' in sent ? sent : { ...sent, url: urlOf(target, pathOf(target, request.stream === true)) };
  });
}

export const watsonx: Provider = {
  ...base,
  chat: {
    ...base.chat,
    toRequest,
    fromResponse: (body, request, target) =>
      base.chat.fromResponse(isObject(body) ? { model: body['model_id'], ...body } : body, request, target),
  },
  embeddings,
  rerank,
  fromError,
};
