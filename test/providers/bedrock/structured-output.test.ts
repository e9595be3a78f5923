/** Structured output and cache points in Converse's words. */
import { describe, expect, it } from '@jest/globals';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { bodyOf, CLAUDE, LLAMA, messagesOf, MISTRAL, NOVA, OLD_CLAUDE, OSS, WEATHER } from './asking.ts';

describe('structured output', () => {
  const format = (schema: object, name = 'my format'): Partial<ChatRequest> => ({
    response_format: { type: 'json_schema', json_schema: { name, schema: { ...schema } } },
  });

  it('is native where the model has it, with the schema as text', () => {
    const body = bodyOf(CLAUDE, format({ type: 'object', properties: { a: { type: 'integer', minimum: 1 } } }));
    expect(body['outputConfig']).toEqual({
      textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: expect.any(String), name: 'my_format' } } },
    });
    const { outputConfig } = body as {
      outputConfig: { textFormat: { structure: { jsonSchema: { schema: string } } } };
    };
    expect(JSON.parse(outputConfig.textFormat.structure.jsonSchema.schema)).toEqual({
      type: 'object',
      properties: { a: { type: 'integer', description: 'minimum: 1' } },
      additionalProperties: false,
    });
  });

  it('is a forced tool elsewhere, not forced beside other tools or where it cannot be', () => {
    const forced = bodyOf(OLD_CLAUDE, format({ type: 'array', items: {} }))['toolConfig'];
    expect(forced).toMatchObject({
      tools: [{ toolSpec: { name: 'json_tool_call', inputSchema: { json: { required: ['values'] } } } }],
      toolChoice: { tool: { name: 'json_tool_call' } },
    });
    expect(bodyOf(MISTRAL, format({ type: 'object' }))['toolConfig']).toMatchObject({ toolChoice: { any: {} } });
    expect(bodyOf(LLAMA, format({ type: 'object' }))['toolConfig']).not.toHaveProperty('toolChoice');
    const beside = bodyOf(OLD_CLAUDE, { ...format({ type: 'object' }), tools: [WEATHER] })['toolConfig'];
    expect(beside).not.toHaveProperty('toolChoice');
    expect(beside).toMatchObject({ tools: [{}, {}] });
  });

  it('without a schema is any object', () => {
    expect(bodyOf(NOVA, { response_format: { type: 'json_object' } })['toolConfig']).toMatchObject({
      toolChoice: { tool: { name: 'json_tool_call' } },
    });
  });
});

describe('cache points', () => {
  const control = { type: 'ephemeral', ttl: '1h' };

  it('stand after what they mark', () => {
    const body = bodyOf(CLAUDE, {
      tools: [{ ...WEATHER, cache_control: control }],
      messages: [
        { role: 'system', content: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }] },
        { role: 'user', content: 'u', cache_control: control },
      ],
    });
    const point = { cachePoint: { type: 'default', ttl: '1h' } };
    expect(body).toMatchObject({
      toolConfig: { tools: [{ toolSpec: {} }, point] },
      system: [{ text: 's' }, { cachePoint: { type: 'default' } }],
      messages: [{ role: 'user', content: [{ text: 'u' }, point] }],
    });
  });

  it('are at most four: the last', () => {
    const parts = [1, 2, 3, 4, 5, 6].map((n) => ({ type: 'text' as const, text: `${n}`, cache_control: control }));
    const [turn] = messagesOf([{ role: 'user', content: parts }]) as [{ content: object[] }];
    expect(turn.content.map((block) => ('cachePoint' in block ? '|' : '.')).join('')).toBe('...|.|.|.|');
  });

  it('are for models with a cache', () => {
    for (const model of [LLAMA, OLD_CLAUDE, OSS])
      expect(JSON.stringify(messagesOf([{ role: 'user', content: 'u', cache_control: control }], model))).not.toContain(
        'cachePoint',
      );
    expect(messagesOf([{ role: 'user', content: 'u', cache_control: control }], NOVA)).toEqual([
      { role: 'user', content: [{ text: 'u' }, { cachePoint: { type: 'default' } }] },
    ]);
  });
});
