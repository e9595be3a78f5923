/** IBM watsonx.ai: OpenAI's messages in a body and at addresses of IBM's own. */
import { createOpenAiProvider } from '../openai/create.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject, textOf } from '../protocol/json.ts';
import type { Provider, Refusal, Target, WireRequest } from '../provider.ts';
import { fromError, TITLE } from './error.ts';
import { looseSchema } from './schema.ts';

const VERSION = '2024-03-13';
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
    const project = textOf(target.settings['project_id']);
    const space = textOf(target.settings['space_id']);
    if (project !== undefined) fields['project_id'] = project;
    else fields['space_id'] = space;
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
  unsupported: [
    'logit_bias',
    'user',
    'parallel_tool_calls',
    'functions',
    'function_call',
    'verbosity',
    'modalities',
    'audio',
    'prediction',
    'web_search_options',
    'service_tier',
    'safety_identifier',
    'prompt_cache_key',
    'prompt_cache_retention',
    'store',
  ],
  maxTokens: 'max_tokens',
  reasoning: 'effort',
  streamUsage: false,
  keeps: [],
  looseTools: true,
  adapt,
});

function baseOf(target: Target): string {
  const region = textOf(target.settings['watsonx_region_name']) ?? textOf(target.settings['region_name']);
  if (target.baseUrl !== '' || region === undefined) return target.baseUrl;
  return /^[a-z0-9-]+$/.test(region) ? `https://${region}.ml.cloud.ibm.com` : '';
}

function refuse(message: string): Refusal {
  return { refused: { code: 'provider_unreachable', message, billed: 'no' } };
}

function address(baseUrl: string, target: Target, streaming: boolean): string {
  const call = streaming ? 'chat_stream' : 'chat';
  const version = textOf(target.settings['api_version']) ?? VERSION;
  const root = baseUrl.replace(/\/ml\/v1.*$/, '');
  const path = isDeployment(target.model)
    ? `deployments/${encodeURIComponent(target.model.slice(DEPLOYMENT.length))}/text/${call}`
    : `text/${call}`;
  return `${root}/ml/v1/${path}?version=${encodeURIComponent(version)}`;
}

function toRequest(request: ChatRequest, target: Target): WireRequest | Refusal {
  const baseUrl = baseOf(target);
  if (baseUrl === '') return refuse(`${TITLE} has no address: set api_base or watsonx_region_name on the deployment.`);
  const { settings, model } = target;
  if (
    !isDeployment(model) &&
    textOf(settings['project_id']) === undefined &&
    textOf(settings['space_id']) === undefined
  )
    return refuse(`${TITLE} needs a project: set project_id or space_id on the deployment.`);
  const sent = base.chat.toRequest(request, { ...target, baseUrl });
  return 'refused' in sent ? sent : { ...sent, url: address(baseUrl, target, request.stream === true) };
}

export const watsonx: Provider = {
  ...base,
  chat: {
    ...base.chat,
    toRequest,
    fromResponse: (body, request, target) =>
      base.chat.fromResponse(isObject(body) ? { model: body['model_id'], ...body } : body, request, target),
  },
  fromError,
};
