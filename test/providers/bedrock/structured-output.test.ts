/** Structured output and cache points in Converse's words. */
import { describe, expect, it } from '@jest/globals';
import { bedrock } from '../../../providers/bedrock/index.ts';
import type { ChatMessage, ChatRequest, Tool } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, sent, targetOf } from '../streams.ts';

const chat = chatOf(bedrock);

const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const OLD_CLAUDE = 'anthropic.claude-3-haiku-20240307-v1:0';
const NOVA = 'amazon.nova-lite-v1:0';
const LLAMA = 'meta.llama3-1-70b-instruct-v1:0';
const MISTRAL = 'mistral.mistral-large-2407-v1:0';
const OSS = 'openai.gpt-oss-120b-1:0';

type Settings = Record<string, unknown>;

const to = (model: string, fields: Partial<ChatRequest> = {}, settings: Settings = {}, baseUrl = bedrock.baseUrl) =>
  chat.toRequest(ask(fields), targetOf(model, settings, baseUrl));
const bodyOf = (model: string, fields: Partial<ChatRequest> = {}, settings: Settings = {}) =>
  sent(to(model, fields, settings)).body;
const messagesOf = (messages: ChatMessage[], model = CLAUDE, fields: Partial<ChatRequest> = {}) =>
  bodyOf(model, { messages, ...fields })['messages'];

const WEATHER: Tool = {
  type: 'function',
  function: { name: 'weather', description: 'Tells it.', parameters: { type: 'object', properties: { city: {} } } },
};

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
