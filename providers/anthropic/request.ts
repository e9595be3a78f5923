/** A chat request to Anthropic's Messages API. */
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject, textOf, type JsonObject } from '../protocol/json.ts';
import { checkParameters, type Objection } from '../protocol/parameters.ts';
import { orRefusal } from '../protocol/refused.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import type { Refusal, Target, WireRequest } from '../provider.ts';
import { limitBreakpoints } from './cache-control.ts';
import { TITLE } from './error.ts';
import { LACKING, samplingObjection } from './lacking.ts';
import { toConversation } from './messages.ts';
import { claudeModel, type ClaudeModel } from './models.ts';
import { jsonTool, structuredOutputOf, JSON_TOOL, type StructuredOutput } from './structured-output.ts';
import { effortOf, lacksThinking, toThinking, type Thinking } from './thinking.ts';
import { toolNamesOf, type ToolNames } from './tool-names.ts';
import { isForcedChoice, toToolChoice, toTools, toolsOfHistory } from './tools.ts';
import type { MessagesBody } from './wire.ts';

const UNSUPPORTED: ReadonlySet<string> = new Set(LACKING);

function objectionTo(request: ChatRequest, model: ClaudeModel) {
  return (name: string, value: unknown): Objection | undefined => {
    if (UNSUPPORTED.has(name)) return { param: name };
    const sampling = samplingObjection(model, name, value);
    if (sampling !== undefined) return sampling;
    if (name === 'service_tier' && value !== 'auto' && value !== 'standard_only') return { param: name };
    if (name !== 'reasoning_effort') return undefined;
    const effort = effortOf(request);
    if (effort === undefined || effort === 'none') return undefined;
    if (model.thinking === 'none') return { param: name, because: 'the model does not think' };
    if (model.thinking === 'budget' || effort === 'minimal' || model.efforts.includes(effort)) return undefined;
    return { param: name, because: `it takes ${model.efforts.join(', ')}` };
  };
}

/** Handled below under another name, or not Anthropic's at all. Everything else passes. */
const TRANSLATED: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'thinking',
  'user',
  'metadata',
  'web_search_options',
  'temperature',
  'top_p',
  'anthropic_beta',
  'output_config',
]);

/** An address is a person's; Anthropic asks for opaque ids only. */
function isPersonal(user: string): boolean {
  return user.includes('@') || /^\+?[\d\s().-]{7,20}$/.test(user);
}

function userOf(request: ChatRequest): string | undefined {
  const metadata = request.metadata?.['user_id'];
  const user = textOf(metadata) ?? textOf(request.user);
  return user === undefined || isPersonal(user) ? undefined : user;
}

function stopSequences(stop: ChatRequest['stop']): string[] {
  const list = typeof stop === 'string' ? [stop] : (stop ?? []);
  // White space alone is refused.
  return list.filter((sequence) => sequence.trim() !== '');
}

export function betasOf(kept: JsonObject, settings: Target['settings'], usesFiles: boolean): string[] {
  const betas = new Set<string>();
  for (const source of [settings['anthropic_beta'], kept['anthropic_beta'], extraHeaders(settings)['anthropic-beta']]) {
    const names: unknown[] = typeof source === 'string' ? source.split(',') : Array.isArray(source) ? source : [];
    for (const name of names) if (typeof name === 'string' && /^[\w.-]+$/.test(name.trim())) betas.add(name.trim());
  }
  if (usesFiles) betas.add('files-api-2025-04-14');
  if (kept['mcp_servers'] !== undefined) betas.add('mcp-client-2025-04-04');
  if (kept['context_management'] !== undefined) betas.add('context-management-2025-06-27');
  if (kept['speed'] === 'fast') betas.add('fast-mode-2026-02-01');
  return [...betas];
}

export function messagesUrl(baseUrl: string): string {
  if (baseUrl.endsWith('/messages')) return baseUrl;
  return baseUrl.endsWith('/v1') ? `${baseUrl}/messages` : `${baseUrl}/v1/messages`;
}

type Plan = {
  readonly kept: ChatRequest;
  readonly target: Target;
  readonly model: ClaudeModel;
  readonly names: ToolNames;
  readonly output: StructuredOutput;
  readonly dropped: string[];
};

function thinkingFor({ kept, model, dropped }: Plan, forced: boolean): Thinking {
  const thinking = toThinking(kept, model, kept.max_completion_tokens ?? kept.max_tokens ?? undefined);
  if (!thinking.on) return thinking;
  // Anthropic refuses both of these with thinking; the answer's form matters more to the caller than the thought before it.
  const impossible = forced || (thinking.thinking?.type === 'enabled' && lacksThinking(kept.messages));
  if (!impossible) return thinking;
  dropped.push(kept.thinking ? 'thinking' : 'reasoning_effort');
  return { on: false };
}

function setSampling(body: MessagesBody, { kept, model, dropped }: Plan, thinking: Thinking): void {
  const temperature = kept.temperature ?? undefined;
  const topP = kept.top_p ?? undefined;
  if (!model.sampling) {
    // Only the neutral value came this far, or a value the configuration forces through.
    if (temperature !== undefined && temperature !== 1) body['temperature'] = temperature;
    if (topP !== undefined && topP !== 1) body['top_p'] = topP;
    return;
  }
  if (thinking.on) {
    if (temperature !== undefined && temperature !== 1) dropped.push('temperature');
    if (topP !== undefined && topP < 0.95) dropped.push('top_p');
    else if (topP !== undefined) body['top_p'] = topP;
    if (body['top_k'] !== undefined) {
      delete body['top_k'];
      dropped.push('top_k');
    }
    return;
  }
  // OpenAI's scale ends at 2, Anthropic's at 1: as random as it gets is as random as it gets.
  if (temperature !== undefined) body['temperature'] = Math.min(temperature, 1);
  if (topP !== undefined) body['top_p'] = topP;
}

function setTools(body: MessagesBody, { kept, names, output }: Plan, thinkingOn: () => Thinking): Thinking {
  const tools = toTools(kept, names);
  const choice = tools.length === 0 ? undefined : toToolChoice(kept, names);
  if (output.kind === 'tool') {
    const thinking = thinkingOn();
    body.tools = [...tools, jsonTool(output.schema)];
    if (tools.length === 0 && !thinking.on) body.tool_choice = { type: 'tool', name: JSON_TOOL };
    else if (choice !== undefined && choice['type'] !== 'none') body.tool_choice = choice;
    return thinking;
  }
  if (tools.length > 0) {
    body.tools = tools;
    if (choice !== undefined) body.tool_choice = choice;
    return thinkingOn();
  }
  const earlier = toolsOfHistory(body.messages);
  if (earlier.length > 0) {
    body.tools = earlier;
    body.tool_choice = { type: 'none' };
  }
  return thinkingOn();
}

function toBody(plan: Plan): MessagesBody {
  const { kept, target, model, names, output } = plan;
  const { system, turns } = toConversation(kept.messages, names);
  const body: MessagesBody = {
    model: target.model,
    max_tokens: kept.max_completion_tokens ?? kept.max_tokens ?? model.maxOutputTokens,
    messages: turns,
  };
  if (system.length > 0) body.system = system;
  for (const name in kept) if (!TRANSLATED.has(name)) body[name] = kept[name];

  const forced = isForcedChoice(toToolChoice(kept, names)) && (kept.tools ?? []).length > 0;
  const thinking = setTools(body, plan, () => thinkingFor(plan, forced));
  if (thinking.thinking !== undefined) body.thinking = thinking.thinking;
  const config = {
    ...(isObject(kept['output_config']) ? kept['output_config'] : {}),
    ...(thinking.effort === undefined ? {} : { effort: thinking.effort }),
    ...(output.kind === 'native' ? { format: { type: 'json_schema', schema: output.schema } } : {}),
  };
  if (Object.keys(config).length > 0) body.output_config = config;
  setSampling(body, plan, thinking);

  const stop = stopSequences(kept.stop);
  if (stop.length > 0) body['stop_sequences'] = stop;
  const user = userOf(kept);
  if (user !== undefined) body['metadata'] = { user_id: user };
  if (kept.stream === true) body['stream'] = true;
  limitBreakpoints(body);
  return body;
}

function usesFiles(body: MessagesBody): boolean {
  return body.messages.some((turn) =>
    turn.content.some(
      (block) => block.type === 'container_upload' || (isObject(block['source']) && block['source']['type'] === 'file'),
    ),
  );
}

/** Anthropic's body, before it is addressed: other houses serve Claude under other addresses. */
export type MessagesRequest = {
  readonly body: Readonly<Record<string, unknown>>;
  readonly betas: readonly string[];
  readonly streaming: boolean;
  readonly dropped: readonly string[];
};

export function toMessagesRequest(request: ChatRequest, target: Target): MessagesRequest | Refusal {
  const { settings } = target;
  const model = claudeModel(target.model);
  const parameters = checkParameters(request, { title: TITLE, settings, objection: objectionTo(request, model) });
  if ('refused' in parameters) return parameters;
  const { kept } = parameters;
  return orRefusal(() => {
    const dropped = [...parameters.dropped];
    // Names and structured output follow from the caller's request: the answer is read with the same one.
    const body = toBody({
      kept,
      target,
      model,
      names: toolNamesOf(request),
      output: structuredOutputOf(kept, target),
      dropped,
    });
    const extra = extraBody(settings);
    return {
      body: { ...body, ...extra },
      betas: betasOf(kept, settings, usesFiles(body)),
      streaming: kept.stream === true,
      dropped,
    };
  });
}

export function toRequest(request: ChatRequest, target: Target): WireRequest | Refusal {
  const translated = toMessagesRequest(request, target);
  if ('refused' in translated) return translated;
  const { body, betas, streaming, dropped } = translated;
  const { settings } = target;
  return {
    method: 'POST',
    url: messagesUrl(target.baseUrl),
    headers: {
      'content-type': 'application/json',
      accept: streaming ? 'text/event-stream' : 'application/json',
      'anthropic-version': textOf(settings['anthropic_version']) ?? '2023-06-01',
      ...extraHeaders(settings),
      ...(betas.length === 0 ? {} : { 'anthropic-beta': betas.join(',') }),
    },
    body: JSON.stringify(body),
    dropped,
  };
}
