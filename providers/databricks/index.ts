/** Databricks' model serving: OpenAI's wire in front of models with rules of their own. */
import { createOpenAiProvider } from '../openai/create.ts';
import { FUNCTIONS, OPENAI_ONLY } from '../openai/dialect.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { toFailure } from '../protocol/failure.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { mapSpoken, readThoughts, thoughtFields } from '../protocol/reasoning-parts.ts';
import type { Provider, Target, WireHeaders } from '../provider.ts';
import { toDatabricksMessages } from './messages.ts';

const TITLE = 'Databricks';

function isClaude(model: string): boolean {
  return model.toLowerCase().includes('claude');
}

/** An answer's content may be a list: thoughts as summaries, then text. */
function readSpoken(spoken: JsonObject): JsonObject {
  const { content } = spoken;
  if (!Array.isArray(content)) return spoken;
  const parts = listOf(content).filter(isObject);
  const thoughts = parts.filter((part) => part['type'] === 'reasoning').flatMap((part) => listOf(part['summary']));
  const texts = parts.filter((part) => part['type'] !== 'reasoning');
  const citations = texts.flatMap((part) => listOf(part['citations']));
  return {
    ...spoken,
    content: texts.map((part) => textOf(part['text']) ?? '').join(''),
    ...thoughtFields(readThoughts(thoughts)),
    ...(citations.length === 0 ? {} : { provider_specific_fields: { citations } }),
  };
}

function adapt(body: ChatRequest, target: Target): void {
  body.messages = toDatabricksMessages(body.messages, isClaude(target.model));
}

/** Models of the Unity Catalog have three names and an address of their own; an address of one endpoint is used as it is. */
function address(model: string, baseUrl: string): string {
  const url = new URL(baseUrl);
  if (url.pathname === '/') url.pathname = '/serving-endpoints';
  if (model.split('.').length > 2 && url.pathname === '/serving-endpoints') url.pathname = '/ai-gateway/mlflow/v1';
  return url.toString();
}

const shared = {
  id: 'databricks',
  title: TITLE,
  baseUrl: '',
  baseUrlVariables: ['DATABRICKS_API_BASE'],
  keyVariables: ['DATABRICKS_API_KEY', 'DATABRICKS_TOKEN'],
  settingVariables: {
    databricks_client_id: ['DATABRICKS_CLIENT_ID'],
    databricks_client_secret: ['DATABRICKS_CLIENT_SECRET'],
  },
  auth: { kind: 'databricks' },
  unsupported: [
    'presence_penalty',
    'frequency_penalty',
    'logit_bias',
    'logprobs',
    'top_logprobs',
    'user',
    'seed',
    'parallel_tool_calls',
    ...FUNCTIONS,
    ...OPENAI_ONLY,
  ],
  maxTokens: 'max_tokens',
  streamUsage: true,
  adapt,
  address,
  also: ['embeddings'],
  plainUrl: (target: Target, path: string) =>
    target.baseUrl.endsWith('/invocations') ? target.baseUrl : `${address(target.model, target.baseUrl)}${path}`,
  readFrame: (frame: JsonObject) => mapSpoken(frame, readSpoken),
} as const;

/** Claude keeps what it can do: marks for its cache, thinking by a budget. */
const claude = createOpenAiProvider({ ...shared, reasoning: 'as_sent', keeps: ['cache_control'] });
const others = createOpenAiProvider({ ...shared, reasoning: 'effort', keeps: [], flattenText: true, looseTools: true });

const CODES: Readonly<Record<string, ErrorCode>> = {
  REQUEST_LIMIT_EXCEEDED: 'rate_limit_exceeded',
  PERMISSION_DENIED: 'provider_auth_failed',
  UNAUTHENTICATED: 'provider_auth_failed',
  ENDPOINT_NOT_FOUND: 'provider_model_not_found',
  RESOURCE_DOES_NOT_EXIST: 'provider_model_not_found',
  TEMPORARILY_UNAVAILABLE: 'provider_unavailable',
};

export const databricks: Provider = {
  ...others,
  chat: {
    ...others.chat,
    toRequest: (request, target) => {
      if (target.baseUrl !== '' && !URL.canParse(target.baseUrl)) {
        const message = `${TITLE}: api_base ${JSON.stringify(target.baseUrl)} is no URL.`;
        return { refused: { code: 'provider_unreachable', message, billed: 'no' } };
      }
      const sent = (isClaude(target.model) ? claude : others).chat.toRequest(request, target);
      if ('refused' in sent || !target.baseUrl.endsWith('/invocations')) return sent;
      return { ...sent, url: target.baseUrl };
    },
  },
  fromError: (status: number, body: unknown, headers: WireHeaders) => {
    const code = isObject(body) ? body['error_code'] : undefined;
    const known = isObject(body) && typeof code === 'string' ? { ...body, code } : body;
    return toFailure({ title: TITLE, status, body: known, headers, codes: CODES });
  },
};
