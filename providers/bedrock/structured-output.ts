/** `response_format`: natively where the model has it, else as a tool whose arguments are the answer. */
import { asTool, JSON_TOOL, strictSchema, type StructuredOutput } from '../anthropic/structured-output.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { isForced } from '../protocol/parameters.ts';
import type { Target } from '../provider.ts';
import type { Abilities } from './abilities.ts';
import type { Block } from './wire.ts';

/** Follows from the request alone, so that request and answer need not share state. */
export function structuredOutputOf(request: ChatRequest, target: Target, abilities: Abilities): StructuredOutput {
  const format = request.response_format;
  if (!format || format.type === 'text' || isForced(target.settings, 'response_format')) return { kind: 'none' };
  if (format.type === 'json_object')
    return { kind: 'tool', schema: { type: 'object', additionalProperties: true }, wrapped: false };
  const schema = format.json_schema.schema ?? { type: 'object' };
  const native = abilities.jsonSchema ? strictSchema(schema) : undefined;
  return native === undefined ? asTool(schema) : { kind: 'native', schema: native };
}

/** The native form; Bedrock takes the schema as text. */
export function toOutputConfig(request: ChatRequest, output: StructuredOutput): Record<string, unknown> | undefined {
  if (output.kind !== 'native') return undefined;
  const format = request.response_format;
  const given = format?.type === 'json_schema' ? format.json_schema : undefined;
  const name = given?.name.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64);
  return {
    textFormat: {
      type: 'json_schema',
      structure: {
        jsonSchema: {
          schema: JSON.stringify(output.schema),
          ...(name === undefined || name === '' ? {} : { name }),
          ...(given?.description === undefined ? {} : { description: given.description }),
        },
      },
    },
  };
}

export function jsonTool(schema: StructuredOutput & { kind: 'tool' }): Block {
  return {
    toolSpec: {
      name: JSON_TOOL,
      description: 'Gives the final answer. Its arguments are the answer.',
      inputSchema: { json: schema.schema },
    },
  };
}
