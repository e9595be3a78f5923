/** `response_format`: natively, except beside functions on models that take one or the other: there a function's arguments are the answer. */
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import type { Target } from '../provider.ts';
import { isForced } from '../protocol/parameters.ts';
import { geminiModel } from './models.ts';
import { toJsonSchema, toOpenApi } from './schema.ts';

export const JSON_TOOL = 'json_tool_call';

export type StructuredOutput =
  | { readonly kind: 'none' }
  | { readonly kind: 'native'; readonly config: JsonObject }
  /** `wrapped`: a function's arguments are an object, so any other schema is put under `values`. */
  | { readonly kind: 'tool'; readonly schema: JsonObject; readonly wrapped: boolean };

const ANYTHING: JsonObject = { type: 'object' };

function asTool(schema: JsonObject): StructuredOutput {
  if (schema['type'] === 'object' || isObject(schema['properties'])) return { kind: 'tool', schema, wrapped: false };
  const { $defs: defs, definitions, ...inner } = schema;
  const shared = {
    ...(defs === undefined ? {} : { $defs: defs }),
    ...(definitions === undefined ? {} : { definitions }),
  };
  return {
    kind: 'tool',
    schema: { ...shared, type: 'object', properties: { values: inner }, required: ['values'] },
    wrapped: true,
  };
}

/** Whether the model may call a function of the caller's. */
function callsFunctions(request: ChatRequest): boolean {
  return request.tool_choice !== 'none' && (request.tools ?? []).some((tool) => tool.function !== undefined);
}

export function structuredOutputOf(request: ChatRequest, target: Target): StructuredOutput {
  const format = request.response_format;
  if (!format || format.type === 'text') return { kind: 'none' };
  const model = geminiModel(target.model);
  const schema = format.type === 'json_schema' ? format.json_schema.schema : undefined;
  const hasFunctions = callsFunctions(request);
  if (hasFunctions && !model.third && !isForced(target.settings, 'response_format')) return asTool(schema ?? ANYTHING);
  const json = { responseMimeType: 'application/json' };
  if (schema === undefined) return { kind: 'native', config: json };
  const subset = model.jsonSchema ? undefined : toOpenApi(schema);
  return {
    kind: 'native',
    config: {
      ...json,
      ...(subset === undefined ? { responseJsonSchema: toJsonSchema(schema) } : { responseSchema: subset }),
    },
  };
}

/** The answer's text from the function's arguments. */
export function unwrap(args: unknown, wrapped: boolean): string {
  const given = isObject(args) ? args : {};
  return JSON.stringify(wrapped && 'values' in given ? given['values'] : given);
}
