/** `response_format` at Anthropic. */
import { describe, expect, it } from '@jest/globals';
import { anthropic } from '../../../providers/anthropic/index.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, sent, targetOf } from '../streams.ts';

const SONNET = 'claude-sonnet-4-5';
const chat = chatOf(anthropic);

function send(fields: Partial<ChatRequest> = {}, settings: Record<string, unknown> = {}, model = SONNET) {
  return chat.toRequest(ask(fields), targetOf(model, settings, 'https://api.anthropic.test'));
}

function body(
  fields: Partial<ChatRequest> = {},
  settings: Record<string, unknown> = {},
  model = SONNET,
): Record<string, unknown> {
  return sent(send(fields, settings, model)).body;
}

const tool = (name: string, extra: object = {}) => ({
  type: 'function',
  function: { name, description: 'd', parameters: { type: 'object', properties: {} } },
  ...extra,
});

describe('structured output', () => {
  const format = (schema: Record<string, unknown>): Partial<ChatRequest> => ({
    response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
  });

  it('is not native where references double until no memory holds the schema', () => {
    const level = (n: number): object => ({
      type: 'object',
      properties: { a: { $ref: `#/$defs/d${n + 1}` }, b: { $ref: `#/$defs/d${n + 1}` } },
    });
    const defs = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`d${n}`, level(n)]));
    const schema = {
      type: 'object',
      properties: { root: { $ref: '#/$defs/d0' } },
      $defs: { ...defs, d40: { type: 'string' } },
    };
    expect(body(format(schema))['tools']).toHaveLength(1);
  });

  it('is native where the model has it: closed objects, no references, limits in words', () => {
    const schema = {
      type: 'object',
      properties: {
        age: { type: 'integer', minimum: 0, description: 'years' },
        pet: { oneOf: [{ $ref: '#/$defs/cat' }, { type: 'null' }] },
      },
      $defs: { cat: { type: 'object', properties: { name: { type: 'string', maxLength: 9 } } } },
    };
    expect(body(format(schema))['output_config']).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          additionalProperties: false,
          properties: {
            age: { type: 'integer', description: 'years (minimum: 0)' },
            pet: {
              anyOf: [
                {
                  type: 'object',
                  additionalProperties: false,
                  properties: { name: { type: 'string', description: 'maxLength: 9' } },
                },
                { type: 'null' },
              ],
            },
          },
        },
      },
    });
  });

  it('keeps a property that is called like a keyword', () => {
    const schema = { type: 'object', properties: { pattern: { type: 'string' }, items: { type: 'string' } } };
    expect(JSON.stringify(body(format(schema))['output_config'])).toContain('"pattern":{"type":"string"}');
  });

  it('is a forced tool on older models and for schemas that hold themselves', () => {
    const recursive = { type: 'object', properties: { next: { $ref: '#' } } };
    for (const [schema, model] of [
      [{ type: 'object' }, 'claude-sonnet-4-20250514'],
      [recursive, SONNET],
    ] as const) {
      expect(body(format(schema), {}, model)).toMatchObject({
        tools: [{ name: 'json_tool_call', input_schema: schema }],
        tool_choice: { type: 'tool', name: 'json_tool_call' },
      });
    }
    expect(body({ response_format: { type: 'json_object' } })).toMatchObject({ tools: [{ name: 'json_tool_call' }] });
  });

  it('is not forced beside the caller’s tools or with thinking', () => {
    expect(body({ response_format: { type: 'json_object' }, tools: [tool('f')] })).not.toHaveProperty('tool_choice');
    const thinking = body({ response_format: { type: 'json_object' }, reasoning_effort: 'low' });
    expect(thinking).toHaveProperty('thinking');
    expect(thinking).not.toHaveProperty('tool_choice');
  });

  it('answers with the tool’s arguments as content, unwrapped', () => {
    const request = ask(format({ type: 'array', items: { type: 'integer' } }));
    const target = targetOf('claude-3-5-haiku-20241022');
    const wire = sent(chat.toRequest(request, target)).body as { tools: { input_schema: unknown }[] };
    expect(wire.tools[0]?.input_schema).toMatchObject({
      properties: { values: { type: 'array' } },
      required: ['values'],
    });
    const answer = {
      content: [{ type: 'tool_use', id: 't', name: 'json_tool_call', input: { values: [1, 2] } }],
      stop_reason: 'tool_use',
    };
    expect(chat.fromResponse(answer, request, target).choices[0]).toEqual({
      index: 0,
      message: { role: 'assistant', content: '[1,2]' },
      finish_reason: 'stop',
    });
  });
});
