/** A chat request to Converse's body. */
import { LACKING, samplingObjection } from '../anthropic/lacking.ts';
import type { StructuredOutput } from '../anthropic/structured-output.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject, textOf } from '../protocol/json.ts';
import { checkParameters, type Objection } from '../protocol/parameters.ts';
import { extraBody } from '../protocol/settings.ts';
import type { Refusal, Target } from '../provider.ts';
import { abilitiesOf, type Abilities } from './abilities.ts';
import { limitCachePoints } from './cache-points.ts';
import { TITLE } from './error.ts';
import { toConversation } from './messages.ts';
import type { NamedModel } from './model.ts';
import { toReasoning, type Reasoning } from './reasoning.ts';
import { structuredOutputOf, toOutputConfig } from './structured-output.ts';
import { toolNamesOf } from './tool-names.ts';
import { cannotForce, choiceOf, toToolFields, toTools } from './tools.ts';
import type { ConverseBody } from './wire.ts';

const UNSUPPORTED: ReadonlySet<string> = new Set([...LACKING, 'user', 'metadata']);

const TIERS: ReadonlySet<unknown> = new Set(['auto', 'default', 'flex', 'priority']);

function effortObjection(name: string, request: ChatRequest, { reasoning, claude }: Abilities): Objection | undefined {
  if (name === 'thinking' && request.thinking?.type === 'disabled') return undefined;
  if (name === 'thinking') return reasoning === 'none' ? { param: name } : undefined;
  const given = request.reasoning_effort;
  const effort = isObject(given) ? given.effort : given;
  if (effort === undefined || effort === null || effort === 'none') return undefined;
  if (reasoning === 'none' || claude?.thinking === 'none') return { param: name, because: 'the model does not think' };
  if (claude?.thinking !== 'adaptive' || effort === 'minimal' || claude.efforts.includes(effort)) return undefined;
  return { param: name, because: `it takes ${claude.efforts.join(', ')}` };
}

function objectionTo(request: ChatRequest, abilities: Abilities) {
  const { claude, vendor } = abilities;
  return (name: string, value: unknown): Objection | undefined => {
    if (UNSUPPORTED.has(name)) return { param: name };
    const sampling = claude === undefined ? undefined : samplingObjection(claude, name, value);
    if (sampling !== undefined) return sampling;
    switch (name) {
      case 'top_k':
        return vendor === 'meta' ? { param: name } : undefined;
      case 'service_tier':
        return TIERS.has(value) ? undefined : { param: name };
      case 'parallel_tool_calls':
        return value === false && vendor !== 'anthropic' ? { param: name } : undefined;
      case 'web_search_options':
        return abilities.name.includes('nova') ? undefined : { param: name };
      case 'tool_choice':
        return cannotForce(request, abilities)
          ? { param: name, because: 'the model cannot be forced to call a tool' }
          : undefined;
      case 'reasoning_effort':
      case 'thinking':
        return effortObjection(name, request, abilities);
      default:
        return undefined;
    }
  };
}

/** Converse's own fields, from the caller or from the deployment. */
const OWN = [
  'guardrailConfig',
  'performanceConfig',
  'requestMetadata',
  'promptVariables',
  'additionalModelResponseFieldPaths',
] as const;

/** Handled under another name, or not the model's at all. Everything else is handed to the model as it is. */
const TRANSLATED: ReadonlySet<string> = new Set([
  ...OWN,
  'model',
  'messages',
  'stream',
  'stream_options',
  'temperature',
  'top_p',
  'top_k',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'thinking',
  'service_tier',
  'web_search_options',
  'anthropic_beta',
  'output_config',
  'additionalModelRequestFields',
]);

type Plan = {
  readonly kept: ChatRequest;
  readonly target: Target;
  readonly abilities: Abilities;
  readonly reasoning: Reasoning;
  readonly dropped: string[];
};

/** Served by Amazon through OpenAI's Responses API, which has a least length. */
const LEAST_OPENAI_TOKENS = 16;

function maxTokensOf({ kept, abilities, reasoning }: Plan): number | undefined {
  const given = kept.max_completion_tokens ?? kept.max_tokens ?? reasoning.maxTokens;
  if (given === undefined || given === null) return undefined;
  const raised = abilities.vendor === 'openai' || abilities.vendor === 'xai';
  return raised ? Math.max(given, LEAST_OPENAI_TOKENS) : given;
}

/** `temperature` and `top_p` end at 1 at Bedrock: as random as it gets is as random as it gets. */
function toInference(plan: Plan): Record<string, unknown> {
  const { kept, abilities, reasoning, dropped } = plan;
  const maxTokens = maxTokensOf(plan);
  const stop = (typeof kept.stop === 'string' ? [kept.stop] : (kept.stop ?? [])).filter(
    (sequence) => abilities.vendor !== 'anthropic' || sequence.trim() !== '',
  );
  const wanted: Record<string, unknown> = {
    maxTokens,
    temperature: typeof kept.temperature === 'number' ? Math.min(kept.temperature, 1) : undefined,
    topP: typeof kept.top_p === 'number' ? Math.min(kept.top_p, 1) : undefined,
  };
  const drop = (field: string, name: string): void => {
    if (wanted[field] === undefined) return;
    delete wanted[field];
    dropped.push(name);
  };
  if (reasoning.unlimited) {
    drop('maxTokens', kept.max_completion_tokens === undefined ? 'max_tokens' : 'max_completion_tokens');
    drop('temperature', 'temperature');
    drop('topP', 'top_p');
  }
  if (reasoning.thinking && wanted['temperature'] !== 1) drop('temperature', 'temperature');
  if (reasoning.thinking && typeof wanted['topP'] === 'number' && wanted['topP'] < 0.95) drop('topP', 'top_p');
  // Only the neutral value came this far for such a model, or one that the configuration forces through.
  if (abilities.claude?.sampling === false)
    for (const field of ['temperature', 'topP']) if (wanted[field] === 1) delete wanted[field];
  return {
    ...Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)),
    ...(stop.length === 0 ? {} : { stopSequences: stop }),
  };
}

function topK({ kept, abilities, reasoning, dropped }: Plan): Record<string, unknown> {
  const value = kept['top_k'];
  if (value === undefined) return {};
  if (reasoning.thinking) {
    dropped.push('top_k');
    return {};
  }
  if (abilities.name.includes('nova')) return { inferenceConfig: { topK: value } };
  return abilities.vendor === 'cohere' ? { k: value } : { top_k: value };
}

function betasOf({ kept, target }: Plan, more: readonly string[]): string[] {
  const betas = new Set<string>(more);
  for (const source of [target.settings['anthropic_beta'], kept['anthropic_beta']]) {
    const names: unknown[] = typeof source === 'string' ? source.split(',') : Array.isArray(source) ? source : [];
    for (const name of names) if (typeof name === 'string' && name.trim() !== '') betas.add(name.trim());
  }
  return [...betas];
}

/** For the model itself, in its maker's words. */
function toAdditional(plan: Plan, more: Readonly<Record<string, unknown>>, betas: readonly string[]) {
  const { kept, reasoning } = plan;
  const fields: Record<string, unknown> = {};
  for (const name in kept) if (!TRANSLATED.has(name)) fields[name] = kept[name];
  const { output_config: effort, ...thinking } = reasoning.fields;
  Object.assign(fields, topK(plan), thinking, more);
  const config = {
    ...(isObject(kept['output_config']) ? kept['output_config'] : {}),
    ...(isObject(effort) ? effort : {}),
  };
  if (Object.keys(config).length > 0) fields['output_config'] = config;
  const all = betasOf(plan, betas);
  if (all.length > 0) fields['anthropic_beta'] = all;
  return { ...fields, ...(isObject(kept['additionalModelRequestFields']) ? kept['additionalModelRequestFields'] : {}) };
}

function setOwn(body: ConverseBody, { kept, target }: Plan): void {
  for (const name of OWN) {
    const value = kept[name] ?? target.settings[name];
    if (value !== undefined && value !== null) body[name] = value;
  }
  const { guardrailConfig: guardrail } = body;
  // How a guardrail reads a stream is refused where there is none.
  if (isObject(guardrail) && kept.stream !== true) {
    const { streamProcessingMode: _mode, ...rest } = guardrail;
    body['guardrailConfig'] = rest;
  }
  const tier = textOf(kept['service_tier']);
  // `auto` is what happens anyway.
  if (tier !== undefined && tier !== 'auto') body['serviceTier'] = { type: tier };
}

export type ConverseRequest = {
  readonly body: ConverseBody;
  readonly streaming: boolean;
  readonly dropped: readonly string[];
};

function toBody(request: ChatRequest, plan: Plan, output: StructuredOutput): ConverseBody {
  const { kept, abilities, reasoning } = plan;
  // Names follow from the caller's request: the answer is read with the same one.
  const names = toolNamesOf(request);
  const tools = toTools(kept, names, abilities);
  const { toolConfig, additional } = toToolFields({
    request: kept,
    tools,
    names,
    abilities,
    output,
    thinkingOn: reasoning.thinking,
  });
  const context = { abilities, names, documents: new Set<string>(), hasTools: toolConfig !== undefined };
  const { system, turns } = toConversation(kept.messages, context);
  const body: ConverseBody = { messages: turns };
  if (system.length > 0) body.system = system;
  const inference = toInference(plan);
  if (Object.keys(inference).length > 0) body.inferenceConfig = inference;
  if (toolConfig !== undefined) body.toolConfig = toolConfig;
  const fields = toAdditional(plan, additional, tools.betas);
  if (Object.keys(fields).length > 0) body.additionalModelRequestFields = fields;
  const format = toOutputConfig(kept, output);
  if (format !== undefined) body.outputConfig = format;
  setOwn(body, plan);
  limitCachePoints(body);
  return body;
}

/** Throws `Refused` for content that Bedrock cannot take. */
export function toConverse(request: ChatRequest, target: Target, model: NamedModel): ConverseRequest | Refusal {
  const abilities = abilitiesOf(model.name);
  const parameters = checkParameters(request, {
    title: TITLE,
    settings: target.settings,
    objection: objectionTo(request, abilities),
  });
  if ('refused' in parameters) return parameters;
  const { kept } = parameters;
  const choice = choiceOf(kept)?.kind;
  const forced = (choice === 'any' || choice === 'tool') && (kept.tools ?? []).length > 0;
  const reasoning = toReasoning(kept, abilities, forced);
  const dropped = [...parameters.dropped, ...reasoning.dropped];
  const body = toBody(
    request,
    { kept, target, abilities, reasoning, dropped },
    structuredOutputOf(kept, target, abilities),
  );
  const extra = extraBody(target.settings);
  return { body: { ...body, ...extra }, streaming: kept.stream === true, dropped };
}
