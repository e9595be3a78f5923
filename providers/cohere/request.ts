/** A chat request to Cohere's v2 API. */
import { FUNCTIONS, OPENAI_ONLY } from '../openai/dialect.ts';
import type { ChatRequest, Tool } from '../protocol/chat.ts';
import { isObject } from '../protocol/json.ts';
import { checkParameters, type Objection } from '../protocol/parameters.ts';
import { budgetOfEffort } from '../protocol/reasoning.ts';
import { orRefusal, Refused } from '../protocol/refused.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import type { Refusal, Target, WireRequest } from '../provider.ts';
import { TITLE } from './error.ts';
import { toMessages } from './messages.ts';

const UNSUPPORTED: ReadonlySet<string> = new Set([
  'n',
  'stream_options',
  'logit_bias',
  'top_logprobs',
  'user',
  'parallel_tool_calls',
  ...FUNCTIONS,
  ...OPENAI_ONLY,
  'metadata',
]);

/** The models before Cohere's reasoning ones. A name that is not known yet counts as one that can think. */
const DOES_NOT_THINK = /^(command(-light|-nightly)?$|command-r|command-a-(03|translate|vision)|c4ai-)/;

function effortOf(request: ChatRequest) {
  const given = request.reasoning_effort;
  return isObject(given) ? given.effort : (given ?? undefined);
}

function objectionTo(request: ChatRequest, model: string) {
  return (name: string, value: unknown): Objection | undefined => {
    if (UNSUPPORTED.has(name)) return { param: name };
    if (
      (name === 'presence_penalty' || name === 'frequency_penalty') &&
      typeof value === 'number' &&
      (value < 0 || value > 1)
    )
      return { param: name, because: 'it takes 0 to 1' };
    if (name === 'response_format' && isObject(value) && value['type'] !== 'text' && (request.tools ?? []).length > 0)
      return { param: name, because: 'not together with tools' };
    if (!DOES_NOT_THINK.test(model)) return undefined;
    const thinks =
      (name === 'thinking' && request.thinking?.type !== 'disabled') ||
      (name === 'reasoning_effort' && effortOf(request) !== undefined && effortOf(request) !== 'none');
    return thinks ? { param: name, because: 'the model does not think' } : undefined;
  };
}

/** Handled below under another name. Everything else passes. */
const TRANSLATED: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'top_p',
  'top_k',
  'tools',
  'tool_choice',
  'response_format',
  'reasoning_effort',
  'thinking',
]);

function toTool(tool: Tool, where: string): Record<string, unknown> {
  const declared = tool.function;
  if (declared === undefined)
    throw new Refused('unsupported_parameter', `${TITLE} does not take tools of type ${tool.type}.`, `${where}.type`);
  const { name, description, parameters } = declared;
  return {
    type: 'function',
    function: {
      name,
      ...(typeof description === 'string' ? { description } : {}),
      parameters: parameters ?? { type: 'object', properties: {} },
    },
  };
}

/** Cohere cannot name a tool: the others are left out, and one must be called. */
function setTools(body: Record<string, unknown>, kept: ChatRequest): void {
  const tools = kept.tools ?? [];
  if (tools.length === 0) return;
  const choice = kept.tool_choice ?? 'auto';
  const named = isObject(choice) ? choice.function?.name : undefined;
  const offered = named === undefined ? tools : tools.filter((tool) => tool.function?.name === named);
  if (offered.length === 0)
    throw new Refused('invalid_request', `tool_choice names ${named}, which is not among the tools.`, 'tool_choice');
  body['tools'] = offered.map((tool, index) => toTool(tool, `tools[${index}]`));
  if (body['strict_tools'] === undefined && offered.some((tool) => tool.function?.strict === true))
    body['strict_tools'] = true;
  const word = isObject(choice) ? (named === undefined ? choice.type : 'required') : choice;
  if (word === 'required' || word === 'any') body['tool_choice'] = 'REQUIRED';
  if (word === 'none') body['tool_choice'] = 'NONE';
}

function setFormat(body: Record<string, unknown>, format: ChatRequest['response_format']): void {
  if (!format || format.type === 'text') return;
  if (format.type === 'json_object') {
    body['response_format'] = format;
    return;
  }
  const { schema } = format.json_schema;
  body['response_format'] = { type: 'json_object', ...(schema === undefined ? {} : { json_schema: schema }) };
}

function thinkingOf(
  kept: ChatRequest,
  model: string,
  maxTokens: number | undefined,
): Record<string, unknown> | undefined {
  const effort = effortOf(kept);
  const off = kept.thinking ? kept.thinking.type === 'disabled' : effort === 'none';
  if (off) return DOES_NOT_THINK.test(model) ? undefined : { type: 'disabled' };
  const wanted = kept.thinking
    ? kept.thinking.budget_tokens
    : effort === undefined
      ? undefined
      : budgetOfEffort(effort);
  if (!kept.thinking && wanted === undefined) return undefined;
  const budget = wanted === undefined || maxTokens === undefined ? wanted : Math.min(wanted, maxTokens - 1);
  return { type: 'enabled', ...(budget === undefined ? {} : { token_budget: budget }) };
}

function toBody(kept: ChatRequest, model: string): Record<string, unknown> {
  const body: Record<string, unknown> = { model, messages: toMessages(kept.messages) };
  for (const name in kept) if (!TRANSLATED.has(name)) body[name] = kept[name];
  const maxTokens = kept.max_completion_tokens ?? kept.max_tokens ?? undefined;
  if (maxTokens !== undefined) body['max_tokens'] = maxTokens;
  if (kept.stop) body['stop_sequences'] = typeof kept.stop === 'string' ? [kept.stop] : kept.stop;
  // OpenAI's range is closed, Cohere's is not: clients that send the neutral 1 mean "no limit".
  if (typeof kept.top_p === 'number') body['p'] = Math.min(Math.max(kept.top_p, 0.01), 0.99);
  if (kept['top_k'] !== undefined) body['k'] = kept['top_k'];
  setTools(body, kept);
  setFormat(body, kept.response_format);
  const thinking = thinkingOf(kept, model, maxTokens);
  if (thinking !== undefined) body['thinking'] = thinking;
  if (kept.stream === true) body['stream'] = true;
  return body;
}

function chatUrl(baseUrl: string): string {
  return baseUrl.endsWith('/chat') ? baseUrl : `${baseUrl.replace(/\/v[12]$/, '')}/v2/chat`;
}

export function toRequest(request: ChatRequest, target: Target): WireRequest | Refusal {
  const { settings } = target;
  // Configurations name the older API by a prefix; the newer one serves the same models.
  const model = target.model.startsWith('v1/') ? target.model.slice('v1/'.length) : target.model;
  const parameters = checkParameters(request, { title: TITLE, settings, objection: objectionTo(request, model) });
  if ('refused' in parameters) return parameters;
  return orRefusal(() => ({
    method: 'POST',
    url: chatUrl(target.baseUrl),
    headers: {
      'content-type': 'application/json',
      accept: request.stream === true ? 'text/event-stream' : 'application/json',
      ...extraHeaders(settings),
    },
    body: JSON.stringify({
      ...toBody(parameters.kept, model),
      ...extraBody(settings),
    }),
    dropped: parameters.dropped,
  }));
}
