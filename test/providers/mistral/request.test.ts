/** What Mistral checks more strictly than OpenAI. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { catalog } from '../../../providers/catalog.ts';
import { callIdsOf } from '../../../providers/mistral/call-ids.ts';
import type { ChatMessage, ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, refusal, sent, targetOf } from '../streams.ts';

const send = (fields: Partial<ChatRequest>, model = 'mistral-large-latest', id = 'mistral') =>
  chatOf(catalog[id]).toRequest(ask(fields), targetOf(model));
const body = (fields: Partial<ChatRequest>, model?: string, id?: string) => sent(send(fields, model, id)).body;
const messages = (list: ChatMessage[]) => body({ messages: list })['messages'] as ChatMessage[];

const call = (id: string, name = 'f') => ({ id, type: 'function' as const, function: { name, arguments: '{}' } });

describe.each(['mistral', 'codestral'])('%s', (id) => {
  it('has Mistral’s names for parameters', () => {
    expect(body({ seed: 3, max_completion_tokens: 5, n: 2, presence_penalty: 1, stream: true }, 'm', id)).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'hi' }],
      random_seed: 3,
      max_tokens: 5,
      n: 2,
      presence_penalty: 1,
      stream: true,
    });
    expect(refusal(send({ logprobs: true }, 'm', id)).param).toBe('logprobs');
    expect(sent(send({ user: 'u' }, 'm', id)).wire.dropped).toEqual(['user']);
  });

  it('is reached with and without the version in its address', () => {
    const chat = chatOf(catalog[id]);
    for (const base of ['https://m.test', 'https://m.test/v1'])
      expect(sent(chat.toRequest(ask(), targetOf('m', {}, base))).wire.url).toBe('https://m.test/v1/chat/completions');
  });
});

describe('thinking', () => {
  it.each<[string, string, object]>([
    ['magistral-medium-latest', 'low', { prompt_mode: 'reasoning' }],
    ['magistral-medium-latest', 'none', {}],
    ['mistral-small-latest', 'low', { reasoning_effort: 'high' }],
    ['mistral-small-latest', 'xhigh', { reasoning_effort: 'high' }],
    ['mistral-small-latest', 'minimal', { reasoning_effort: 'none' }],
    ['mistral-small-latest', 'none', { reasoning_effort: 'none' }],
  ])('of %s with effort %s', (model, effort, expected) => {
    const { messages: _messages, model: _model, ...rest } = body({ reasoning_effort: effort as 'low' }, model);
    expect(rest).toEqual(expected);
  });
});

describe('messages', () => {
  it('get ids of nine characters, and results the name of what was called', () => {
    const list = messages([
      { role: 'user', content: 'q' },
      { role: 'assistant', content: '', tool_calls: [call('call_abc', 'f'), call('D681PevKs', 'g')] },
      { role: 'tool', tool_call_id: 'D681PevKs', content: 'two' },
      { role: 'tool', tool_call_id: 'call_abc', content: 'one' },
    ]);
    const id = list[1]?.tool_calls?.[0]?.id ?? '';
    expect(id).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(list[1]).toEqual({ role: 'assistant', tool_calls: [call(id, 'f'), call('D681PevKs', 'g')] });
    expect(list[2]).toEqual({ role: 'tool', tool_call_id: 'D681PevKs', content: 'two', name: 'g' });
    expect(list[3]).toEqual({ role: 'tool', tool_call_id: id, content: 'one', name: 'f' });
  });

  it('never share an id, and keep theirs from request to request', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), (ids) => {
        const history: ChatMessage[] = [{ role: 'assistant', tool_calls: ids.map((id) => call(id)) }];
        const first = callIdsOf(history);
        const made = ids.map(first);
        expect(new Set(made).size).toBe(ids.length);
        for (const id of made) expect(id).toMatch(/^[a-zA-Z0-9]{9}$/);
        expect(ids.map(callIdsOf(history))).toEqual(made);
      }),
    );
  });

  it('leave out empty turns, and say that a last turn of the assistant is to be continued', () => {
    expect(
      messages([
        { role: 'developer', content: 's' },
        { role: 'assistant', content: '' },
        { role: 'user', content: 'q' },
        { role: 'assistant', content: 'So' },
      ]),
    ).toEqual([
      { role: 'system', content: 's' },
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'So', prefix: true },
    ]);
  });

  it('carry images, documents and audio', () => {
    const [user] = messages([
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'high', format: 'image/png' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
          { type: 'file', file: { file_data: 'AA==' } },
          { type: 'file', file: { file_id: 'https://x.test/a.pdf' } },
          { type: 'file', file: { file_id: 'f-1' } },
          { type: 'file', file: { file_data: 'data:image/png;base64,AA==' } },
          { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
        ],
      },
    ]);
    expect(user?.content).toEqual([
      { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'high' } },
      { type: 'document_url', document_url: 'data:application/pdf;base64,AA==', document_name: 'a.pdf' },
      { type: 'document_url', document_url: 'data:application/pdf;base64,AA==' },
      { type: 'document_url', document_url: 'https://x.test/a.pdf' },
      { type: 'file', file_id: 'f-1' },
      { type: 'image_url', image_url: 'data:image/png;base64,AA==' },
      { type: 'input_audio', input_audio: 'AA==' },
    ]);
    expect(refusal(send({ messages: [{ role: 'user', content: [{ type: 'file', file: {} }] }] })).param).toBe(
      'messages[0].content[0].file',
    );
  });

  it('are not changed for the caller, who may try another provider with them', () => {
    const list: ChatMessage[] = [
      { role: 'assistant', content: '', tool_calls: [call('call_abc')] },
      { role: 'tool', tool_call_id: 'call_abc', content: 'r' },
    ];
    const before = JSON.stringify(list);
    messages(list);
    expect(JSON.stringify(list)).toBe(before);
  });
});

describe('tools', () => {
  const declared = (parameters: Record<string, unknown>) => [{ type: 'function', function: { name: 'f', parameters } }];
  const parameters = (schema: Record<string, unknown>) =>
    (body({ tools: declared(schema) })['tools'] as { function: { parameters: unknown } }[])[0]?.function.parameters;

  it('have schemas without references', () => {
    expect(
      parameters({
        type: 'object',
        properties: { a: { $ref: '#/$defs/A', description: 'd' }, b: { type: 'array', items: { $ref: '#/$defs/A' } } },
        $defs: { A: { type: 'string' } },
      }),
    ).toEqual({
      type: 'object',
      properties: { a: { type: 'string', description: 'd' }, b: { type: 'array', items: { type: 'string' } } },
    });
  });

  it('keep a schema that holds itself finite, and one that would explode as it is', () => {
    expect(
      parameters({ $ref: '#/$defs/N', $defs: { N: { type: 'object', properties: { next: { $ref: '#/$defs/N' } } } } }),
    ).toEqual({
      type: 'object',
      properties: { next: {} },
    });
    const $defs: Record<string, unknown> = { d0: { type: 'string' } };
    for (let level = 1; level <= 40; level += 1)
      $defs[`d${level}`] = { anyOf: [{ $ref: `#/$defs/d${level - 1}` }, { $ref: `#/$defs/d${level - 1}` }] };
    const bomb = { $ref: '#/$defs/d40', $defs };
    expect(parameters(bomb)).toEqual(bomb);
  });

  it('are chosen by Mistral’s words', () => {
    const tools = declared({ type: 'object' });
    const named = { type: 'function', function: { name: 'f' } };
    expect(body({ tools, tool_choice: 'required' })['tool_choice']).toBe('any');
    expect(body({ tools, tool_choice: named })['tool_choice']).toEqual(named);
    expect(body({ tools, tool_choice: 'none' })['tool_choice']).toBe('none');
  });
});

describe('an error', () => {
  it.each([
    [
      422,
      {
        object: 'error',
        message: { detail: [{ loc: ['body', 'n'], msg: 'too many' }] },
        type: 'invalid_request_error',
        code: '1000',
      },
      'unprocessable',
      'body.n: too many',
    ],
    [422, { detail: [{ loc: ['body'], msg: 'bad' }] }, 'unprocessable', 'body: bad'],
    [
      400,
      { object: 'error', message: 'Service tier capacity exceeded for this model.', type: 'x' },
      'rate_limit_exceeded',
      'Service tier capacity exceeded for this model.',
    ],
    [429, { message: 'Requests rate limit exceeded' }, 'rate_limit_exceeded', 'Requests rate limit exceeded'],
  ])('%i %j', (status, answer, code, message) => {
    expect(catalog['mistral']?.fromError(status, answer, {})).toMatchObject({ code, message });
  });
});
