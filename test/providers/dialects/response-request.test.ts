/** Requests and answers of the Responses API in the chat protocol's words, and back. */
import { describe, expect, it } from '@jest/globals';
import { endedResponse, historyOf } from '../../../providers/dialects/response-object.ts';
import { response } from '../../../providers/dialects/response.ts';
import { parseResponses } from '../../../providers/dialects/responses-schema.ts';
import { parseChatRequest } from '../../../providers/protocol/chat-schema.ts';
import type { AssistantMessage, ChatRequest, ChatResponse, FinishReason } from '../../../providers/protocol/chat.ts';
import type { Failure } from '../../../providers/protocol/errors.ts';
import { USAGE } from './chunks.ts';

function toChat(fields: Record<string, unknown>): ChatRequest {
  const parsed = parseResponses({ model: 'm', input: 'Hi', ...fields });
  if ('refused' in parsed) throw new Error(parsed.refused.message);
  const request = response.toChat(parsed.request);
  // What comes out is what a caller of the chat endpoint could have sent.
  expect(parseChatRequest(request)).not.toHaveProperty('refused');
  return request;
}

function refusal(fields: Record<string, unknown>): Failure {
  const body = { model: 'm', input: 'Hi', ...fields };
  const parsed = parseResponses(body);
  // What OpenAI itself may be asked for is refused where a chat would have to do it.
  const refused = 'refused' in parsed ? parsed.refused : response.objection?.(body);
  if (refused === undefined) throw new Error('it was accepted');
  return refused;
}

describe('a request', () => {
  it('keeps its plain words, and leaves out what is the gateway’s own business', () => {
    expect(
      toChat({
        instructions: 'Be brief.',
        temperature: 0.5,
        max_output_tokens: 50,
        reasoning: { effort: 'high', summary: 'auto' },
        text: { verbosity: 'low', format: { type: 'text' } },
        metadata: { a: 'b' },
        store: true,
        background: true,
        stream: true,
        user: 'u',
        include: ['reasoning.encrypted_content'],
        truncation: 'disabled',
      }),
    ).toEqual({
      model: 'm',
      temperature: 0.5,
      max_tokens: 50,
      reasoning_effort: 'high',
      verbosity: 'low',
      stream: true,
      user: 'u',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
    });
  });

  it('makes one message of what the model said in one turn', () => {
    const { messages } = toChat({
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'Weather?' }] },
        { type: 'reasoning', id: 'rs', summary: [{ type: 'summary_text', text: 'Look.' }] },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Looking.', annotations: [] }] },
        { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{"city":"Bern"}' },
        { type: 'function_call', call_id: 'c2', name: 'weather', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: 'rain' },
        { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'sun' }] },
        { role: 'assistant', content: 'Mixed.' },
        { role: 'user', content: 'Thanks.' },
      ],
    });
    const call = (id: string, json: string): object => ({
      id,
      type: 'function',
      function: { name: 'weather', arguments: json },
    });
    expect(messages).toEqual([
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: 'Looking.',
        reasoning_content: 'Look.',
        tool_calls: [call('c1', '{"city":"Bern"}'), call('c2', '{}')],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'rain' },
      { role: 'tool', tool_call_id: 'c2', content: 'sun' },
      { role: 'assistant', content: 'Mixed.' },
      { role: 'user', content: 'Thanks.' },
    ]);
  });

  it('shows the pictures of results behind the last of them', () => {
    const output = (id: string): object => ({
      type: 'function_call_output',
      call_id: id,
      output: [{ type: 'input_image', image_url: 'https://x.test/a.png' }],
    });
    const calls = ['a', 'b'].map((id) => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{}' }));
    const { messages } = toChat({ input: [{ role: 'user', content: 'x' }, ...calls, output('a'), output('b')] });
    expect(messages.map((message) => message.role)).toEqual(['user', 'assistant', 'tool', 'tool', 'user', 'user']);
  });

  it('takes images, files and sound', () => {
    const content = [
      { type: 'input_image', image_url: 'https://x.test/a.png', detail: 'low' },
      { type: 'input_file', file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' },
      { type: 'input_file', file_url: 'https://x.test/a.pdf' },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
    ];
    expect(toChat({ input: [{ role: 'user', content }] }).messages[0]?.content).toEqual([
      { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'low' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' } },
      { type: 'file', file: { file_id: 'https://x.test/a.pdf' } },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
    ]);
  });

  it('translates tools, the choice among them and the form of the answer', () => {
    const schema = { type: 'object', properties: {} };
    const tool = { type: 'function', name: 'f', description: 'd', parameters: schema, strict: true };
    expect(
      toChat({
        tools: [tool],
        tool_choice: { type: 'function', name: 'f' },
        parallel_tool_calls: false,
        text: { format: { type: 'json_schema', name: 'answer', schema, strict: true } },
        top_logprobs: 2,
      }),
    ).toMatchObject({
      tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: schema, strict: true } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      parallel_tool_calls: false,
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
      logprobs: true,
      top_logprobs: 2,
    });
  });

  it.each([
    [{ tools: [{ type: 'web_search' }] }, 'unsupported_parameter', 'tools[0].type', 'web_search'],
    [{ input: [{ type: 'item_reference', id: 'x' }] }, 'unsupported_parameter', 'input[0].type', 'item_reference'],
    [{ conversation: 'c' }, 'unsupported_parameter', 'conversation', 'previous_response_id'],
    [{ prompt: { id: 'p' } }, 'unsupported_parameter', 'prompt', 'stored prompts'],
    [{ truncation: 'auto' }, 'unsupported_parameter', 'truncation', 'never truncated'],
    [{ tool_choice: { type: 'allowed_tools' } }, 'unsupported_parameter', 'tool_choice.type', 'allowed_tools'],
    [{ input: [] }, 'invalid_request', 'input', 'at least 1'],
    [{ input: [{ role: 'robot', content: 'x' }] }, 'invalid_request', 'input[0].role', 'one of'],
    [{ input: [{ type: 'function_call_output', output: 'x' }] }, 'invalid_request', 'input[0].call_id', 'Missing'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image' }] }] },
      'invalid_request',
      'input[0].content[0]',
      'needs',
    ],
    [{ max_output_tokens: 0 }, 'invalid_request', 'max_output_tokens', 'at least 1'],
  ])('%j is refused as %s by the name of the field', (fields, code, param, words) => {
    const failure = refusal(fields);
    expect(failure).toMatchObject({ code, param });
    expect(failure.message).toContain(words);
  });
});

function answered(
  fields: Partial<AssistantMessage>,
  finish: FinishReason = 'stop',
  body: Record<string, unknown> = {},
): Record<string, unknown> {
  const whole: ChatResponse = {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'shown',
    choices: [{ index: 0, message: { role: 'assistant', content: null, ...fields }, finish_reason: finish }],
    usage: USAGE,
  };
  return response.fromResponse(whole, body, 'req_01ARZ3NDEKTSV4RRFFQ69G5FAV');
}

describe('an answer', () => {
  it('has thoughts, words and calls as items, in this order', () => {
    const call = { id: 'c1', type: 'function' as const, function: { name: 'f', arguments: '{"a":1}' } };
    expect(answered({ content: 'So', reasoning_content: 'Hm', tool_calls: [call] }, 'tool_calls')).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'shown',
      output: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }] },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'So', annotations: [] }] },
        { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}', status: 'completed' },
      ],
    });
  });

  it('repeats what was asked for', () => {
    const body = {
      instructions: 'i',
      metadata: { a: 'b' },
      tools: [{ type: 'function', name: 'f' }],
      temperature: 0.3,
    };
    expect(answered({ content: 'x' }, 'stop', body)).toMatchObject({ ...body, parallel_tool_calls: true, store: true });
  });

  it('goes on where it ended', () => {
    const first = answered({ content: 'One.' });
    const history = historyOf({ input: 'Count.' }, JSON.stringify(first));
    const second = historyOf({ _history: history, input: 'More.' }, JSON.stringify(answered({ content: 'Two.' })));
    expect(response.toChat({ model: 'm', _history: second, input: 'More!' }).messages).toEqual([
      { role: 'user', content: 'Count.' },
      { role: 'assistant', content: 'One.' },
      { role: 'user', content: 'More.' },
      { role: 'assistant', content: 'Two.' },
      { role: 'user', content: 'More!' },
    ]);
  });

  it.each([
    ['in_progress', 'in_progress', null],
    ['cancelled', 'cancelled', null],
    ['failed', 'failed', { code: 'rate_limit_exceeded', message: 'slow down' }],
    ['outcome_unknown', 'failed', { code: 'rate_limit_exceeded', message: 'slow down' }],
  ] as const)('of a request that is %s says %s', (status, shown, error) => {
    const failure: Failure = { code: 'rate_limit_exceeded', message: 'slow down', billed: 'no' };
    const ended = endedResponse({ id: 'req_01ARZ3NDEKTSV4RRFFQ69G5FAV', body: {}, model: 'm', status, failure });
    expect(ended).toMatchObject({ status: shown, error, output: [] });
  });
});
