/** Tools and the choice among them. */
import { JSON_TOOL, type StructuredOutput } from '../anthropic/structured-output.ts';
import type { ChatRequest, Tool } from '../protocol/chat.ts';
import { isObject, textOf } from '../protocol/json.ts';
import { Refused } from '../protocol/refused.ts';
import type { ToolNames } from '../protocol/tool-names.ts';
import type { Abilities } from './abilities.ts';
import { TITLE } from './error.ts';
import { cachePoint } from './parts.ts';
import { jsonTool } from './structured-output.ts';
import type { Block, ToolConfig } from './wire.ts';

/** Claude's own tools are no `toolSpec`: they go to the model as they are, with the beta that knows them. */
const CLAUDE_TOOLS: readonly (readonly [RegExp, string | undefined])[] = [
  [/^(computer|bash|text_editor)_20241022$/, 'computer-use-2024-10-22'],
  [/^(computer|bash|text_editor)_2025/, 'computer-use-2025-01-24'],
  [/^(memory|tool_search_tool_\w+)_\d{8}$/, undefined],
];

export type Tools = {
  readonly specs: readonly Block[];
  /** For the model itself, beside Bedrock's. */
  readonly native: readonly Tool[];
  readonly betas: readonly string[];
};

function toSpec(tool: Tool, names: ToolNames): Block | undefined {
  const declared = tool.function;
  if (declared === undefined) return undefined;
  const schema = declared.parameters ?? {};
  const object = schema['type'] === 'object' ? schema : { properties: {}, ...schema, type: 'object' };
  return {
    toolSpec: {
      name: names.toWire(declared.name),
      // Required, and not blank.
      description: textOf(declared.description?.trim()) ?? declared.name,
      inputSchema: { json: object },
    },
  };
}

/** Bedrock's own forms, passed unchanged. */
function nativeBlock(tool: Tool): Block | undefined {
  for (const kind of ['toolSpec', 'systemTool', 'cachePoint']) if (isObject(tool[kind])) return { [kind]: tool[kind] };
  return undefined;
}

export function toTools(request: ChatRequest, names: ToolNames, abilities: Abilities): Tools {
  const specs: Block[] = [];
  const native: Tool[] = [];
  const betas = new Set<string>();
  (request.tools ?? []).forEach((tool, index) => {
    const spec = toSpec(tool, names) ?? nativeBlock(tool);
    if (spec !== undefined) {
      specs.push(spec);
      // Nova's cache does not reach its tools.
      const point = abilities.vendor === 'anthropic' ? cachePoint(tool.cache_control, abilities) : undefined;
      if (point !== undefined) specs.push(point);
      return;
    }
    const claude = abilities.vendor === 'anthropic' ? CLAUDE_TOOLS.find(([type]) => type.test(tool.type)) : undefined;
    if (claude === undefined)
      throw new Refused(
        'unsupported_parameter',
        `${TITLE} does not take tools of type ${tool.type} for model ${abilities.name}.`,
        `tools[${index}].type`,
      );
    native.push(tool);
    if (claude[1] !== undefined) betas.add(claude[1]);
  });
  if (request['web_search_options'] !== undefined && request['web_search_options'] !== null)
    specs.push({ systemTool: { name: 'nova_grounding' } });
  return { specs, native, betas: [...betas] };
}

type Choice = { readonly kind: 'auto' | 'any' | 'none' } | { readonly kind: 'tool'; readonly name: string };

export function choiceOf(request: ChatRequest): Choice | undefined {
  const choice = request.tool_choice;
  if (choice === null || choice === undefined) return undefined;
  const word = typeof choice === 'string' ? choice : choice.type;
  const name = typeof choice === 'string' ? undefined : (choice.function?.name ?? textOf(choice['name']));
  if (name !== undefined) return { kind: 'tool', name };
  if (word === 'none') return { kind: 'none' };
  return { kind: word === 'required' || word === 'any' ? 'any' : 'auto' };
}

/** Whether this choice forces a call that the model cannot be forced to. */
export function cannotForce(request: ChatRequest, abilities: Abilities): boolean {
  const kind = choiceOf(request)?.kind;
  return (kind === 'any' || kind === 'tool') && abilities.choice === 'auto';
}

type ToolPlan = {
  readonly request: ChatRequest;
  readonly tools: Tools;
  readonly names: ToolNames;
  readonly abilities: Abilities;
  readonly output: StructuredOutput;
  readonly thinkingOn: boolean;
};

/** `alone`: the tool behind structured output is the only one. */
function chosen({ request, names, abilities, thinkingOn }: ToolPlan, alone: boolean): Choice | undefined {
  const choice = choiceOf(request);
  if (alone)
    return thinkingOn || abilities.choice === 'auto'
      ? undefined
      : abilities.choice === 'any'
        ? { kind: 'any' }
        : { kind: 'tool', name: JSON_TOOL };
  if (choice?.kind === 'tool') {
    if (abilities.choice === 'auto') return undefined;
    return abilities.choice === 'any' ? { kind: 'any' } : { kind: 'tool', name: names.toWire(choice.name) };
  }
  if (choice?.kind === 'any') return abilities.choice === 'auto' ? undefined : choice;
  return choice;
}

/** A model that can be forced to any tool is forced to one by being given no other. */
function narrowed({ request, tools, names, abilities }: ToolPlan): readonly Block[] {
  const choice = choiceOf(request);
  if (choice?.kind !== 'tool' || abilities.choice !== 'any') return tools.specs;
  const wanted = names.toWire(choice.name);
  return tools.specs.filter((block) => isObject(block['toolSpec']) && block['toolSpec']['name'] === wanted);
}

export type ToolFields = { readonly toolConfig?: ToolConfig; readonly additional: Readonly<Record<string, unknown>> };

/** One call at a time is Claude's own word; its choice must then be said in Claude's words, too. */
function oneAtATime(choice: Choice | undefined): Record<string, unknown> {
  const named = choice?.kind === 'tool' ? { type: 'tool', name: choice.name } : { type: choice?.kind ?? 'auto' };
  return { tool_choice: { ...named, disable_parallel_tool_use: true } };
}

/** Nothing for `none`: Bedrock has no such choice, so the tools are left out. */
export function toToolFields(plan: ToolPlan): ToolFields {
  const { request, tools, abilities, output } = plan;
  const none = choiceOf(request)?.kind === 'none';
  const own = none ? [] : narrowed(plan);
  const specs = [...own, ...(output.kind === 'tool' ? [jsonTool(output)] : [])];
  const native = none || tools.native.length === 0 ? {} : { tools: tools.native };
  if (specs.length === 0) return { additional: native };
  const choice = chosen(plan, own.length === 0 && !('tools' in native));
  if (request.parallel_tool_calls === false && abilities.vendor === 'anthropic')
    return { toolConfig: { tools: specs }, additional: { ...native, ...oneAtATime(choice) } };
  const word: Block | undefined =
    choice === undefined || choice.kind === 'none'
      ? undefined
      : choice.kind === 'tool'
        ? { tool: { name: choice.name } }
        : { [choice.kind]: {} };
  return { toolConfig: { tools: specs, ...(word === undefined ? {} : { toolChoice: word }) }, additional: native };
}
