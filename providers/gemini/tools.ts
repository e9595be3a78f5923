/** Functions, Google's own tools, and the choice among them. */
import type { ChatRequest, Tool } from '../protocol/chat.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { Refused } from '../protocol/refused.ts';
import type { ToolNames } from '../protocol/tool-names.ts';
import type { GeminiModel } from './models.ts';
import { toJsonSchema, toOpenApi } from './schema.ts';
import type { GeminiTool } from './wire.ts';

/** Google's own tools, by every name that clients give them. */
const OWN: Readonly<Record<string, string>> = {
  googleSearch: 'googleSearch',
  google_search: 'googleSearch',
  web_search: 'googleSearch',
  web_search_preview: 'googleSearch',
  googleSearchRetrieval: 'googleSearchRetrieval',
  google_search_retrieval: 'googleSearchRetrieval',
  enterpriseWebSearch: 'enterpriseWebSearch',
  enterprise_web_search: 'enterpriseWebSearch',
  codeExecution: 'codeExecution',
  code_execution: 'codeExecution',
  code_interpreter: 'codeExecution',
  urlContext: 'urlContext',
  url_context: 'urlContext',
  googleMaps: 'googleMaps',
  google_maps: 'googleMaps',
  computerUse: 'computerUse',
  computer_use: 'computerUse',
  fileSearch: 'fileSearch',
  retrieval: 'retrieval',
};

function parametersOf(schema: JsonObject | null | undefined): JsonObject {
  if (!schema || Object.keys(schema).length === 0) return {};
  const converted = toOpenApi(schema);
  // A schema that holds itself can only be said in JSON Schema.
  if (converted === undefined) return { parametersJsonSchema: toJsonSchema(schema) };
  // Google refuses an object without properties: a function without parameters has no schema at all.
  if (converted['type'] === 'object' && converted['properties'] === undefined) return {};
  return { parameters: converted };
}

export function declaration(
  name: string,
  description: string | undefined,
  schema: JsonObject | null | undefined,
): JsonObject {
  return { name, ...(description === undefined ? {} : { description }), ...parametersOf(schema) };
}

function ownTool(tool: Tool, where: string): GeminiTool {
  const name = Object.hasOwn(OWN, tool.type) ? tool.type : Object.keys(tool).find((key) => Object.hasOwn(OWN, key));
  const wire = name === undefined ? undefined : OWN[name];
  if (name === undefined || wire === undefined)
    throw new Refused('unsupported_parameter', `Gemini does not take tools of type ${tool.type}.`, `${where}.type`);
  const options = tool[name] ?? tool[wire];
  return { [wire]: isObject(options) ? options : {} };
}

export type Tools = {
  readonly tools: GeminiTool[];
  readonly hasFunctions: boolean;
  /** Parameters that could not be honoured beside the functions. */
  readonly dropped: readonly string[];
};

export function toTools(
  request: ChatRequest,
  names: ToolNames,
  model: GeminiModel,
  more: readonly JsonObject[],
): Tools {
  const functions: JsonObject[] = [];
  const own: GeminiTool[] = [];
  (request.tools ?? []).forEach((tool, index) => {
    const declared = tool.function;
    if (declared === undefined) own.push(ownTool(tool, `tools[${index}]`));
    else functions.push(declaration(names.toWire(declared.name), textOf(declared.description), declared.parameters));
  });
  functions.push(...more);
  const search = request['web_search_options'];
  if (search !== undefined && !own.some((tool) => 'googleSearch' in tool)) own.push({ googleSearch: {} });
  const hasFunctions = functions.length > 0;
  // Before generation 3 Google takes functions or its own tools, never both; the caller's functions are what the caller waits for.
  const mixed = hasFunctions && own.length > 0 && !model.third;
  return {
    tools: [...(hasFunctions ? [{ functionDeclarations: functions }] : []), ...(mixed ? [] : own)],
    hasFunctions,
    dropped: mixed ? [search === undefined ? 'tools' : 'web_search_options'] : [],
  };
}

function namesAllowed(choice: JsonObject, names: ToolNames): string[] {
  const listed = isObject(choice['allowed_tools']) ? choice['allowed_tools'] : choice;
  return listOf(listed['tools']).flatMap((tool) => {
    const declared = isObject(tool) ? (isObject(tool['function']) ? tool['function'] : tool) : {};
    const name = textOf(declared['name']);
    return name === undefined ? [] : [names.toWire(name)];
  });
}

function modeOf(choice: JsonObject): string {
  const listed = isObject(choice['allowed_tools']) ? choice['allowed_tools'] : choice;
  // VALIDATED leaves it to the model whether to call, and takes a list of names all the same.
  return listed['mode'] === 'required' ? 'ANY' : 'VALIDATED';
}

export function toToolConfig(choice: ChatRequest['tool_choice'], names: ToolNames): JsonObject | undefined {
  const config = callingConfig(choice, names);
  return config === undefined ? undefined : { functionCallingConfig: config };
}

const MODES: ReadonlyMap<string, string> = new Map([
  ['auto', 'AUTO'],
  ['none', 'NONE'],
  ['required', 'ANY'],
  ['any', 'ANY'],
]);

function callingConfig(choice: ChatRequest['tool_choice'], names: ToolNames): JsonObject | undefined {
  if (choice === null || choice === undefined) return undefined;
  if (typeof choice === 'string') return { mode: MODES.get(choice) };
  if (choice.function !== undefined) return { mode: 'ANY', allowedFunctionNames: [names.toWire(choice.function.name)] };
  if (choice.type === 'allowed_tools')
    return { mode: modeOf(choice), allowedFunctionNames: namesAllowed(choice, names) };
  const mode = MODES.get(choice.type);
  return mode === undefined ? undefined : { mode };
}
