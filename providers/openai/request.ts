/** A chat request on OpenAI's wire. Same dialect in and out: what is not known here passes unchanged. */
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject } from '../protocol/json.ts';
import { checkParameters, type Objection, type Parameters } from '../protocol/parameters.ts';
import { effortOfThinking } from '../protocol/reasoning.ts';
import { orRefusal } from '../protocol/refused.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import type { Refusal, Target, WireRequest } from '../provider.ts';
import type { Dialect } from './dialect.ts';
import { toMessages, toToolChoice, toTools } from './messages.ts';

function objectionTo(dialect: Dialect, unsupported: ReadonlySet<string>, model: string, effort: unknown) {
  return (name: string, value: unknown): Objection | undefined => {
    if (unsupported.has(name)) return { param: name };
    const because = dialect.objection?.(model, name, value, effort);
    return because === undefined ? undefined : { param: name, because };
  };
}

function lengthName(dialect: Dialect, model: string) {
  return typeof dialect.maxTokens === 'function' ? dialect.maxTokens(model) : dialect.maxTokens;
}

function setLength(body: ChatRequest, dialect: Dialect, model: string): void {
  const name = lengthName(dialect, model);
  if (name === 'as_sent') return;
  const other = name === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  const value = body.max_completion_tokens ?? body.max_tokens;
  delete body[other];
  if (value !== undefined && value !== null) body[name] = value;
}

/** OpenAI takes the string; the object form, with its `summary`, belongs to its Responses API. */
function setReasoning(body: ChatRequest, dialect: Dialect): void {
  const given = body.reasoning_effort;
  const asked = given === null || given === undefined ? undefined : isObject(given) ? given.effort : given;
  const effort = asked ?? (dialect.reasoning === 'effort' ? effortOfThinking(body.thinking) : undefined);
  if (dialect.reasoning === 'effort') delete body.thinking;
  if (effort === undefined) {
    delete body.reasoning_effort;
    return;
  }
  if (dialect.reasoning === 'switch') {
    delete body.reasoning_effort;
    body.thinking ??= { type: effort === 'none' ? 'disabled' : 'enabled' };
    return;
  }
  const word: string = dialect.efforts?.[effort] ?? effort;
  body['reasoning_effort'] = word as typeof effort;
}

function setTools(body: ChatRequest, dialect: Dialect): void {
  if (body.tools && body.tools.length > 0) {
    body.tools = toTools(body.tools, dialect);
    if (body.tool_choice !== undefined)
      body['tool_choice'] = toToolChoice(body.tool_choice, dialect) as typeof body.tool_choice;
    return;
  }
  // OpenAI refuses an empty list, and both of these without tools.
  delete body.tools;
  delete body.tool_choice;
  delete body.parallel_tool_calls;
}

function setStreaming(body: ChatRequest, request: ChatRequest, dialect: Dialect): void {
  delete body.stream;
  delete body.stream_options;
  if (request.stream !== true) return;
  body.stream = true;
  // Always asked for: the gateway accounts with it. The caller sees it only when the caller asked.
  if (dialect.streamUsage) body.stream_options = { ...request.stream_options, include_usage: true };
}

function noAddress(dialect: Dialect): Refusal {
  return {
    refused: {
      code: 'provider_unreachable',
      message: `${dialect.title} has no address: set api_base on the deployment.`,
      billed: 'no',
    },
  };
}

function hasEnded(dialect: Dialect, ended: string): Refusal {
  return { refused: { code: 'provider_ended', message: `${dialect.title} ${ended}`, billed: 'no' } };
}

export function chatUrl(baseUrl: string, path = '/chat/completions'): string {
  return baseUrl.endsWith(path) ? baseUrl : `${baseUrl}${path}`;
}

function toWire(request: ChatRequest, target: Target, dialect: Dialect, parameters: Parameters): WireRequest {
  const { model, settings } = target;
  const body = parameters.kept;
  body.model = dialect.upstreamModel?.(model) ?? model;
  body.messages = toMessages(request.messages, dialect);
  setLength(body, dialect, model);
  setReasoning(body, dialect);
  setTools(body, dialect);
  setStreaming(body, request, dialect);
  // OpenAI takes metadata only for answers it stores; otherwise it is the gateway's own (tags, traces).
  if (body.metadata !== undefined && body['store'] !== true) delete body.metadata;
  const hottest = dialect.temperature?.most;
  if (hottest !== undefined && typeof body.temperature === 'number')
    body.temperature = Math.min(body.temperature, hottest);
  for (const [from, to] of Object.entries(dialect.rename ?? {})) {
    if (body[from] === undefined) continue;
    body[to] = body[from];
    delete body[from];
  }
  dialect.adapt?.(body, target);
  const extra = extraBody(settings);
  return {
    method: 'POST',
    url: chatUrl(dialect.address?.(model, target.baseUrl) ?? target.baseUrl, dialect.path),
    headers: {
      'content-type': 'application/json',
      accept: request.stream === true ? 'text/event-stream' : 'application/json',
      ...(typeof settings['organization'] === 'string' ? { 'openai-organization': settings['organization'] } : {}),
      ...(typeof settings['project'] === 'string' ? { 'openai-project': settings['project'] } : {}),
      ...extraHeaders(settings),
    },
    body: JSON.stringify({ ...dialect.extraBody, ...body, ...extra }),
    dropped: parameters.dropped,
  };
}

/** Why nothing can be sent, where that is so. */
export function addressProblem(dialect: Dialect, baseUrl: string, target: Target): Refusal | undefined {
  if (target.baseUrl === '') return noAddress(dialect);
  if (dialect.ended !== undefined && target.baseUrl === baseUrl) return hasEnded(dialect, dialect.ended);
  return undefined;
}

export type RequestTranslation = (request: ChatRequest, target: Target) => WireRequest | Refusal;

export function createToRequest(dialect: Dialect, baseUrl: string): RequestTranslation {
  const unsupported: ReadonlySet<string> = new Set(dialect.unsupported);
  return (request, target) => {
    const problem = addressProblem(dialect, baseUrl, target);
    if (problem !== undefined) return problem;
    const { model, settings } = target;
    const effort = isObject(request.reasoning_effort) ? request.reasoning_effort.effort : request.reasoning_effort;
    const parameters = checkParameters(request, {
      title: dialect.title,
      settings,
      objection: objectionTo(dialect, unsupported, model, effort),
    });
    if ('refused' in parameters) return parameters;

    return orRefusal(() => toWire(request, target, dialect, parameters));
  };
}
