/** `response_format`: natively where the model has it, else as a tool whose arguments are the answer. */
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject, listOf, parseJson, type JsonObject } from '../protocol/json.ts';
import { isForced } from '../protocol/parameters.ts';
import type { Target } from '../provider.ts';
import { claudeModel } from './models.ts';
import type { AnthropicTool } from './wire.ts';

export const JSON_TOOL = 'json_tool_call';

/** Set on the target by houses that serve Claude without its JSON schemas. */
export const NO_JSON_SCHEMA = 'anthropic_without_json_schema';

export type StructuredOutput =
  | { readonly kind: 'none' }
  | { readonly kind: 'native'; readonly schema: JsonObject }
  /** `wrapped`: a tool's arguments are an object, so any other schema is put under `values`. */
  | { readonly kind: 'tool'; readonly schema: JsonObject; readonly wrapped: boolean };

/** Keywords the native mode refuses; they move into the description, where the model still reads them. */
const LIMITS: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
]);

class Recursive extends Error {
  override readonly name = 'Recursive';
}

function resolveRef(ref: string, root: JsonObject): unknown {
  let at: unknown = root;
  for (const key of ref.split('/').slice(1))
    at = isObject(at) ? at[key.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  return at;
}

function describeLimits(schema: JsonObject): string {
  const limits = Object.keys(schema).filter((key) => LIMITS.has(key));
  return limits.map((key) => `${key}: ${JSON.stringify(schema[key])}`).join(', ');
}

/** References can double at every level: a schema of a kilobyte may stand for more nodes than memory holds. */
const MOST_NODES = 20_000;

type Walk = { readonly root: JsonObject; nodes: number };

function strictProperties(properties: JsonObject, walk: Walk, refs: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, strict(value, walk, refs)]));
}

/** Closes objects, inlines references, moves limits into descriptions. Throws {@link Recursive} for a schema that holds itself, or is endless in effect. */
function strict(given: unknown, walk: Walk, refs: readonly string[]): unknown {
  if (!isObject(given)) return given;
  walk.nodes += 1;
  if (walk.nodes > MOST_NODES) throw new Recursive('too many references');
  const ref = given['$ref'];
  if (typeof ref === 'string') {
    if (refs.includes(ref)) throw new Recursive(ref);
    const { $ref: _ref, ...beside } = given;
    const found = resolveRef(ref, walk.root);
    return strict({ ...(isObject(found) ? found : {}), ...beside }, walk, [...refs, ref]);
  }
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    if (LIMITS.has(key) || key === '$defs' || key === 'definitions' || key === '$schema') continue;
    if (key === 'oneOf' || key === 'anyOf') result['anyOf'] = listOf(value).map((option) => strict(option, walk, refs));
    else if (key === 'allOf') result[key] = listOf(value).map((option) => strict(option, walk, refs));
    else if (key === 'items') result[key] = strict(value, walk, refs);
    else if (key === 'properties' && isObject(value)) result[key] = strictProperties(value, walk, refs);
    else result[key] = value;
  }
  if (result['type'] === 'object' || isObject(result['properties'])) result['additionalProperties'] = false;
  const limits = describeLimits(given);
  if (limits !== '')
    result['description'] = typeof given['description'] === 'string' ? `${given['description']} (${limits})` : limits;
  return result;
}

/** The schema as the native mode takes it; nothing for one that holds itself. */
export function strictSchema(schema: JsonObject): JsonObject | undefined {
  try {
    const result = strict(schema, { root: schema, nodes: 0 }, []);
    return isObject(result) ? result : undefined;
  } catch (error) {
    if (error instanceof Recursive) return undefined;
    throw error;
  }
}

function isObjectSchema(schema: JsonObject): boolean {
  return schema['type'] === 'object' || isObject(schema['properties']);
}

/** A tool whose arguments are the answer. */
export function asTool(schema: JsonObject): StructuredOutput {
  if (isObjectSchema(schema)) return { kind: 'tool', schema, wrapped: false };
  const { $defs: defs, definitions, ...inner } = schema;
  return {
    kind: 'tool',
    schema: {
      type: 'object',
      properties: { values: inner },
      required: ['values'],
      // References are from the root, so the definitions stay there.
      ...(defs === undefined ? {} : { $defs: defs }),
      ...(definitions === undefined ? {} : { definitions }),
    },
    wrapped: true,
  };
}

/** Follows from the request alone, so that request and answer need not share state. */
export function structuredOutputOf(request: ChatRequest, target: Target): StructuredOutput {
  const format = request.response_format;
  if (!format || format.type === 'text' || isForced(target.settings, 'response_format')) return { kind: 'none' };
  if (format.type === 'json_object')
    return { kind: 'tool', schema: { type: 'object', additionalProperties: true }, wrapped: false };
  const schema = format.json_schema.schema ?? { type: 'object' };
  const possible = claudeModel(target.model).jsonSchema && target.settings[NO_JSON_SCHEMA] !== true;
  const native = possible ? strictSchema(schema) : undefined;
  return native === undefined ? asTool(schema) : { kind: 'native', schema: native };
}

export function jsonTool(schema: JsonObject): AnthropicTool {
  return {
    name: JSON_TOOL,
    description: 'Gives the final answer. Its arguments are the answer.',
    input_schema: schema,
  };
}

/** The answer's text from the tool's arguments. */
export function unwrapText(json: string, wrapped: boolean): string {
  if (!wrapped) return json === '' ? '{}' : json;
  const parsed = parseJson(json);
  return isObject(parsed) && 'values' in parsed ? JSON.stringify(parsed['values']) : json;
}
