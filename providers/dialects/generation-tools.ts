/** Google's declarations of functions, and its spelling of JSON Schema, in the chat protocol's words. */
import type { ChatRequest, Tool } from '../protocol/chat.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import type { Body } from './dialect.ts';

/** Google's own hints, which JSON Schema does not know. */
const HINTS: ReadonlySet<string> = new Set(['propertyOrdering', 'property_ordering', 'nullable', 'example']);

/** `{type: "STRING", nullable: true}` → `{type: ["string", "null"]}`. */
export function toJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toJsonSchema);
  if (!isObject(schema)) return schema;
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (HINTS.has(key)) continue;
    if (key === 'type' && typeof value === 'string') result['type'] = value.toLowerCase();
    // Their keys are names of the caller's, and their values are what the model may say.
    else if (key === 'properties' && isObject(value))
      result[key] = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toJsonSchema(inner)]));
    else if (key === 'enum' || key === 'default' || key === 'required') result[key] = value;
    // Google writes integers as text, as every 64-bit number.
    else if (/^(min|max)(Items|Length|Properties)$/.test(key) && typeof value === 'string') result[key] = Number(value);
    else result[key] = toJsonSchema(value);
  }
  if (schema['nullable'] === true && typeof result['type'] === 'string') result['type'] = [result['type'], 'null'];
  return result;
}

function toTool(declaration: JsonObject): Tool {
  const description = textOf(declaration['description']);
  const given = declaration['parametersJsonSchema'] ?? toJsonSchema(declaration['parameters']);
  return {
    type: 'function',
    function: {
      name: String(declaration['name']),
      ...(description === undefined ? {} : { description }),
      parameters: isObject(given) ? given : { type: 'object', properties: {} },
    },
  };
}

/** Several functions that may be called, of more that are declared, are a shorter list of tools elsewhere. */
export function toolsOf(body: Body): Pick<ChatRequest, 'tools' | 'tool_choice'> & { web_search_options?: JsonObject } {
  const config = isObject(body['toolConfig']) ? body['toolConfig']['functionCallingConfig'] : undefined;
  const { mode, allowedFunctionNames } = isObject(config) ? config : ({} as JsonObject);
  const allowed = listOf(allowedFunctionNames);
  const given = listOf(body['tools']).filter(isObject);
  const functions = given
    .flatMap((tool) => listOf(tool['functionDeclarations']))
    .filter(isObject)
    .filter(({ name }) => allowed.length === 0 || allowed.includes(name))
    .map(toTool);
  const searches = given.some((tool) => 'googleSearch' in tool || 'googleSearchRetrieval' in tool);
  // The provider refuses by its name what it cannot do.
  const others = given.flatMap((tool) =>
    Object.keys(tool)
      .filter((name) => !['functionDeclarations', 'googleSearch', 'googleSearchRetrieval'].includes(name))
      .map((name): Tool => ({ type: name, [name]: tool[name] })),
  );
  const tools = [...functions, ...others];
  const named = allowed.length === 1 ? textOf(allowed[0]) : undefined;
  return {
    ...(tools.length === 0 ? {} : { tools }),
    ...(functions.length === 0 ? {} : choiceOf(textOf(mode)?.toUpperCase(), named)),
    ...(searches ? { web_search_options: {} } : {}),
  };
}

const MODES: ReadonlyMap<string, 'auto' | 'none'> = new Map([
  ['AUTO', 'auto'],
  ['VALIDATED', 'auto'],
  ['NONE', 'none'],
]);

function choiceOf(mode: string | undefined, named: string | undefined): Pick<ChatRequest, 'tool_choice'> {
  if (mode === 'ANY')
    return { tool_choice: named === undefined ? 'required' : { type: 'function', function: { name: named } } };
  const choice = mode === undefined ? undefined : MODES.get(mode);
  return choice === undefined ? {} : { tool_choice: choice };
}
