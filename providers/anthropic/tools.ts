/** Tools and the choice among them. */
import type { ChatRequest, Tool } from '../protocol/chat.ts';
import { isObject, textOf } from '../protocol/json.ts';
import { Refused } from '../protocol/refused.ts';
import type { ToolNames } from './tool-names.ts';
import type { AnthropicTool, Turn } from './wire.ts';

function toTool(tool: Tool, names: ToolNames, where: string): AnthropicTool {
  const declared = tool.function;
  if (declared === undefined) {
    // Anthropic's own tools: web search, computer use, a text editor, or a custom one in its own shape.
    if (tool.type !== 'custom' || isObject(tool['input_schema'])) return tool as unknown as AnthropicTool;
    throw new Refused(
      'unsupported_parameter',
      'Anthropic does not take custom tools without a schema.',
      `${where}.type`,
    );
  }
  const schema = declared.parameters ?? {};
  return {
    name: names.toWire(declared.name),
    ...(textOf(declared.description) === undefined ? {} : { description: declared.description }),
    input_schema:
      schema['type'] === 'object'
        ? schema
        : { ...schema, type: 'object', ...(schema['properties'] ? {} : { properties: {} }) },
    ...(tool.cache_control === undefined ? {} : { cache_control: tool.cache_control }),
  };
}

const SEARCHES: Readonly<Record<string, number>> = { low: 1, medium: 5, high: 10 };

function webSearch(options: unknown): AnthropicTool {
  const given = isObject(options) ? options : {};
  const location = isObject(given['user_location']) ? given['user_location'] : undefined;
  const approximate = isObject(location?.['approximate']) ? location['approximate'] : location;
  const uses = SEARCHES[textOf(given['search_context_size']) ?? ''];
  return {
    type: 'web_search_20250305',
    name: 'web_search',
    ...(uses === undefined ? {} : { max_uses: uses }),
    ...(approximate === undefined ? {} : { user_location: { ...approximate, type: 'approximate' } }),
  };
}

export function toTools(request: ChatRequest, names: ToolNames): AnthropicTool[] {
  const tools = (request.tools ?? []).map((tool, index) => toTool(tool, names, `tools[${index}]`));
  if (request['web_search_options'] !== undefined && request['web_search_options'] !== null)
    tools.push(webSearch(request['web_search_options']));
  return tools;
}

/** Anthropic refuses a history with tool calls when no tools are declared: the ones that were called are declared again. */
export function toolsOfHistory(turns: readonly Turn[]): AnthropicTool[] {
  const names = new Set<string>();
  let hasResult = false;
  for (const turn of turns) {
    for (const block of turn.content) {
      hasResult ||= block.type === 'tool_result';
      if (block.type === 'tool_use' && typeof block['name'] === 'string') names.add(block['name']);
    }
  }
  if (names.size === 0 && hasResult) names.add('earlier_tool');
  return [...names].map((name) => ({
    name,
    description: 'Used earlier in this conversation; not available any more.',
    input_schema: { type: 'object', properties: {} },
  }));
}

function chosen(choice: ChatRequest['tool_choice'], names: ToolNames): Record<string, unknown> | undefined {
  if (choice === null || choice === undefined) return undefined;
  if (choice === 'required') return { type: 'any' };
  if (typeof choice === 'string') return { type: choice };
  if (choice.function !== undefined) return { type: 'tool', name: names.toWire(choice.function.name) };
  // Anthropic's own form, or OpenAI's named forms of `auto` and `required`.
  return { ...choice, type: choice.type === 'required' ? 'any' : choice.type };
}

export function toToolChoice(request: ChatRequest, names: ToolNames): Record<string, unknown> | undefined {
  const choice = chosen(request.tool_choice, names);
  if (request.parallel_tool_calls !== false) return choice;
  const base = choice ?? { type: 'auto' };
  return base['type'] === 'none' ? base : { ...base, disable_parallel_tool_use: true };
}

export function isForcedChoice(choice: Record<string, unknown> | undefined): boolean {
  return choice?.['type'] === 'any' || choice?.['type'] === 'tool';
}
