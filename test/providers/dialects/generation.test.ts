import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseGeneration } from '../../../providers/dialects/generation-schema.ts';
import { toJsonSchema } from '../../../providers/dialects/generation-tools.ts';
import { generation } from '../../../providers/dialects/generation.ts';
import type { ChatChunk, ChatResponse } from '../../../providers/protocol/chat.ts';

const user = { role: 'user', parts: [{ text: 'Hi' }] };

function chat(fields: Record<string, unknown>): ReturnType<typeof generation.toChat> {
  const parsed = parseGeneration({ model: 'm', contents: [user], ...fields });
  if ('refused' in parsed) throw new Error(parsed.refused.message);
  return generation.toChat(parsed.request);
}

describe('a body in Google’s words', () => {
  it('means the same in both spellings, and what is the caller’s own keeps its names', () => {
    const schema = { type: 'OBJECT', properties: { first_name: { type: 'STRING' } }, required: ['first_name'] };
    const camel = chat({
      systemInstruction: { parts: [{ text: 'Be kind.' }] },
      generationConfig: { maxOutputTokens: 7, responseMimeType: 'application/json', responseSchema: schema },
      contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'AA' } }] }],
    });
    const snake = chat({
      system_instruction: { parts: [{ text: 'Be kind.' }] },
      generation_config: { max_output_tokens: 7, response_mime_type: 'application/json', response_schema: schema },
      contents: [{ role: 'user', parts: [{ inline_data: { mime_type: 'image/png', data: 'AA' } }] }],
    });
    expect(snake.messages).toEqual(camel.messages);
    expect(snake.response_format).toEqual(camel.response_format);
    expect(snake.max_tokens).toBe(7);
    expect(JSON.stringify(camel.response_format)).toContain('first_name');
  });

  it('says tools, choices and settings in the chat’s words', () => {
    const declare = (name: string): object => ({ name, parametersJsonSchema: { type: 'object' } });
    const several = chat({
      tools: [{ functionDeclarations: [declare('a'), declare('b'), declare('c')] }, { googleSearch: {} }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['a', 'b'] } },
      generationConfig: { candidateCount: 2, topK: 4, responseLogprobs: true, logprobs: 3, stopSequences: ['x'] },
    });
    expect(several.tools?.map((tool) => tool.function?.name)).toEqual(['a', 'b']);
    expect(several).toMatchObject({
      tool_choice: 'required',
      web_search_options: {},
      n: 2,
      top_k: 4,
      logprobs: true,
      top_logprobs: 3,
      stop: ['x'],
    });
    const one = chat({
      tools: [{ functionDeclarations: [declare('a')] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['a'] } },
    });
    expect(one.tool_choice).toEqual({ type: 'function', function: { name: 'a' } });
    expect(chat({ tools: [{ codeExecution: {} }] }).tools).toEqual([{ type: 'codeExecution', codeExecution: {} }]);
    expect(chat({ generationConfig: { thinkingConfig: { thinkingLevel: 'HIGH' } } }).reasoning_effort).toBe('high');
    expect(chat({ generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }).thinking).toBeUndefined();
    expect(chat({ cachedContent: 'cachedContents/1' })['cachedContent']).toBe('cachedContents/1');
  });

  it('has Google’s schemas as JSON Schema', () => {
    const given = {
      type: 'OBJECT',
      nullable: true,
      propertyOrdering: ['type'],
      properties: { type: { type: 'ARRAY', minItems: '2', items: { type: 'STRING', enum: ['STRING'] } } },
    };
    expect(toJsonSchema(given)).toEqual({
      type: ['object', 'null'],
      properties: { type: { type: 'array', minItems: 2, items: { type: 'string', enum: ['STRING'] } } },
    });
  });

  it.each([
    [{ contents: [] }, 'contents'],
    [{ contents: [{ role: 'robot', parts: [] }] }, 'contents[0].role'],
    [{ contents: [{ parts: [{ functionCall: { args: {} } }] }] }, 'contents[0].parts[0].functionCall.name'],
    [{ generationConfig: { maxOutputTokens: 0 } }, 'generationConfig.maxOutputTokens'],
  ])('%j is refused by the name of the field', (fields, param) => {
    const parsed = parseGeneration({ model: 'm', contents: [user], ...fields });
    expect('refused' in parsed ? parsed.refused : undefined).toMatchObject({ code: 'invalid_request', param });
  });

  it('never throws, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (contents, config) => {
        const parsed = parseGeneration({ model: 'm', contents, generationConfig: config });
        if ('request' in parsed) generation.toChat(parsed.request);
      }),
    );
  });
});

describe('an answer in Google’s words', () => {
  const head = { id: 'c', created: 1, model: 'm' };
  const body = { model: 'm', contents: [user] };
  const usage = {
    prompt_tokens: 10,
    completion_tokens: 7,
    total_tokens: 17,
    completion_tokens_details: { reasoning_tokens: 3 },
  };

  it('says whole and streamed the same', () => {
    const response: ChatResponse = {
      ...head,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'Looking.',
            reasoning_content: 'hidden',
            tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
          },
        },
      ],
      usage,
    };
    const whole = generation.fromResponse(response, body, 'req_1');
    expect(whole).toEqual({
      candidates: [
        {
          content: {
            role: 'model',
            parts: [{ text: 'Looking.' }, { functionCall: { id: 'c1', name: 'f', args: { a: 1 } } }],
          },
          finishReason: 'STOP',
          index: 0,
        },
      ],
      usageMetadata: {
        promptTokenCount: 10,
        candidatesTokenCount: 4,
        thoughtsTokenCount: 3,
        totalTokenCount: 17,
      },
      modelVersion: 'm',
      responseId: '1',
    });
    const chunk = (delta: ChatChunk['choices'][number]['delta'], finish: 'tool_calls' | null = null): ChatChunk => ({
      ...head,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    const call = (fields: { id?: string; name?: string }, args: string) => ({
      tool_calls: [{ index: 0, ...fields, function: { ...fields, arguments: args } }],
    });
    let encode = generation.encoder(body, 'req_1');
    const frames = [
      chunk({ role: 'assistant', reasoning_content: 'hidden' }),
      chunk({ content: 'Looking.' }),
      chunk(call({ id: 'c1', name: 'f' }, '{"a"')),
      chunk(call({}, ':1}'), 'tool_calls'),
      { ...chunk({}), choices: [], usage },
      'end' as const,
    ].flatMap((each) => {
      const step = encode(each);
      encode = step.next;
      return step.frames.map((frame) => JSON.parse(frame) as { candidates: { content: { parts: object[] } }[] });
    });
    const parts = frames.flatMap(({ candidates }) => candidates.flatMap(({ content }) => content.parts));
    expect(parts).toEqual([{ text: 'Looking.' }, { functionCall: { id: 'c1', name: 'f', args: { a: 1 } } }]);
    expect(frames.at(-1)).toMatchObject({
      candidates: [{ finishReason: 'STOP' }],
      usageMetadata: whole['usageMetadata'],
    });
  });
});
