/** Ollama's answers, streams and errors in OpenAI's words. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ollama } from '../../../providers/ollama/index.ts';
import { InvalidResponse } from '../../../providers/provider.ts';
import { ask, chatOf, decode, event, linesOf, targetOf } from '../streams.ts';

const chat = chatOf(ollama);
const target = targetOf('qwen3');
const lines = linesOf('ollama/thinking-and-tools.jsonl');
const read = (body: unknown) => chat.fromResponse(body, ask(), target);
const stream = (list: readonly unknown[]) =>
  decode(
    chat.decoder(ask({ stream: true }), target),
    list.map((line) => event(line, '')),
  );

const answer = (message: object, rest: object = {}) => ({
  model: 'qwen3:8b',
  message: { role: 'assistant', ...message },
  done: true,
  done_reason: 'stop',
  prompt_eval_count: 17,
  eval_count: 5,
  ...rest,
});

describe('a whole answer', () => {
  it('has text, thoughts and counts', () => {
    expect(read(answer({ content: 'yes', thinking: 'hm' }))).toEqual({
      id: 'chatcmpl-gateway',
      object: 'chat.completion',
      created: target.created,
      model: 'qwen3:8b',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'yes', reasoning_content: 'hm' }, finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: 17, completion_tokens: 5, total_tokens: 22 },
    });
    expect(read(answer({ content: '<think>hm</think>\n\nyes' })).choices[0]?.message).toEqual({
      role: 'assistant',
      content: 'yes',
      reasoning_content: 'hm',
    });
  });

  it('calls tools with ids of ours', () => {
    const calls = [{ function: { name: 'f', arguments: { a: 1 } } }, { id: 'x', function: { name: 'g' } }];
    expect(read(answer({ content: '', tool_calls: calls })).choices[0]).toEqual({
      index: 0,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_chatcmpl-gateway_0', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 'x', type: 'function', function: { name: 'g', arguments: '{}' } },
        ],
      },
    });
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['load', 'stop'],
    ['unload', 'stop'],
  ])('ends with %s as %s', (word, reason) => {
    expect(read(answer({ content: 'x' }, { done_reason: word })).choices[0]?.finish_reason).toBe(reason);
  });

  it('counts a prompt that was cached whole as nothing, and says nothing of counts that are wrong', () => {
    expect(read(answer({ content: 'x' }, { prompt_eval_count: undefined })).usage?.prompt_tokens).toBe(0);
    for (const counts of [
      { eval_count: undefined },
      { eval_count: -1 },
      { prompt_eval_count: 1e12 },
      { eval_count: 1.5 },
    ])
      expect(read(answer({ content: 'x' }, counts)).usage).toBeUndefined();
  });

  it('is refused when it is none', () => {
    for (const body of [null, 'x', [], {}, { message: 'x' }, { message: { tool_calls: [{}] } }])
      expect(() => read(body)).toThrow(InvalidResponse);
  });
});

describe('a stream', () => {
  it('gives thoughts, text, whole tools and counts', () => {
    const { chunks, complete, response } = stream(lines);
    expect(complete).toBe(true);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', reasoning_content: 'Two' });
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason)).toHaveLength(1);
    expect(response).toMatchObject({
      model: 'qwen3',
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            content: 'Looking',
            reasoning_content: 'Two cities.',
            tool_calls: [
              { function: { name: 'weather', arguments: '{"city":"Rome"}' } },
              { function: { name: 'now', arguments: '{}' } },
            ],
          },
        },
      ],
      usage: { prompt_tokens: 17, completion_tokens: 50, total_tokens: 67 },
    });
    const ids = response?.choices[0]?.message.tool_calls?.map((call) => call.id) ?? [];
    expect(new Set(ids).size).toBe(2);
  });

  it('is truncated without its last line, and fails with the words of an error line', () => {
    for (let length = 0; length < lines.length; length += 1)
      expect(stream(lines.slice(0, length)).failure?.code).toBe('provider_invalid_response');
    expect(stream([...lines.slice(0, 2), { error: 'model runner has unexpectedly stopped' }]).failure).toMatchObject({
      code: 'provider_error',
      message: 'model runner has unexpectedly stopped',
      billed: 'maybe',
    });
    expect(stream(['{"mess']).failure?.code).toBe('provider_invalid_response');
  });

  it('gives the same answer however the text was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (pieces) => {
        const deltas = ['<think>hm</think>a', ...pieces].map((content) => ({
          message: { role: 'assistant', content },
          done: false,
        }));
        const message = stream([...deltas, lines[4]]).response?.choices[0]?.message;
        expect(message?.content).toBe(`a${pieces.join('')}`);
        expect(message?.reasoning_content).toBe('hm');
      }),
    );
  });
});

describe('an error', () => {
  it.each([
    [404, 'model "x" not found, try pulling it first', 'provider_model_not_found'],
    [400, '"llama3" does not support thinking', 'invalid_request'],
    [500, 'llama runner process has terminated', 'provider_error'],
    [503, 'server busy, please try again.  maximum pending requests exceeded', 'provider_unavailable'],
    [401, 'unauthorized', 'provider_auth_failed'],
  ])('%i "%s" is %s', (status, error, code) => {
    expect(ollama.fromError(status, { error }, {})).toMatchObject({ code, providerStatus: status });
  });
});

const recorded = process.env['HOLDFAST_FIXTURES'] ?? '';

if (recorded !== '' && existsSync(recorded)) {
  it('a recorded stream comes to its end', () => {
    const list = readFileSync(`${recorded}/ollama/chat-stream.ndjson`, 'utf8').trim().split('\n');
    const { response, complete } = stream(list);
    expect(complete).toBe(true);
    expect(response?.usage).toEqual({ prompt_tokens: 17, completion_tokens: 50, total_tokens: 67 });
  });
}
