/** Triton: both of its protocols, its addresses, its streams and its embeddings. */
import { describe, expect, it } from '@jest/globals';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { InvalidResponse } from '../../../providers/provider.ts';
import { triton } from '../../../providers/triton/index.ts';
import { bodyOf, jsonReply, operationOf, sentPlain } from '../plain.ts';
import { ask, chatOf, decode, event, fixture, linesOf, refusal, sent, targetOf } from '../streams.ts';

const BASE = 'http://127.0.0.1:8000';
const chat = chatOf(triton);
const at = (base: string) => targetOf('llama', {}, base);
const send = (fields: Partial<ChatRequest> = {}, base = BASE) => chat.toRequest(ask(fields), at(base));

describe('a request', () => {
  it.each([
    [BASE, `${BASE}/v2/models/llama/generate`],
    [`${BASE}/v2`, `${BASE}/v2/models/llama/generate`],
    [`${BASE}/v2/models/mine/generate`, `${BASE}/v2/models/mine/generate`],
    [`${BASE}/v2/models/mine/versions/2`, `${BASE}/v2/models/mine/versions/2/generate`],
    [`${BASE}/v2/models/mine/infer`, `${BASE}/v2/models/mine/infer`],
  ])('to %s goes to %s', (base, url) => {
    expect(sent(send({}, base)).wire.url).toBe(url);
  });

  it('is a text and parameters, the model’s own among them', () => {
    expect(sent(send({ max_tokens: 5, temperature: 0.5, bad_words: 'x' })).body).toEqual({
      text_input: 'hi',
      parameters: { max_tokens: 5, temperature: 0.5, bad_words: 'x', stream: false },
    });
    const streaming = sent(send({ stream: true }));
    expect(streaming.wire.url).toMatch(/\/generate_stream$/);
    expect(streaming.body).toMatchObject({ parameters: { stream: true, max_tokens: 2000 } });
  });

  it('of plain inference is tensors', () => {
    const { body } = sent(send({ max_tokens: 5, temperature: 1 }, `${BASE}/v2/models/m/infer`));
    expect(body).toEqual({
      inputs: [
        { name: 'text_input', shape: [1], datatype: 'BYTES', data: ['hi'] },
        { name: 'max_tokens', shape: [1], datatype: 'INT32', data: [5] },
        { name: 'temperature', shape: [1], datatype: 'FP32', data: [1] },
      ],
    });
  });

  it('is refused where it cannot be expressed', () => {
    expect(refusal(send({ stream: true }, `${BASE}/v2/models/m/infer`)).param).toBe('stream');
    expect(refusal(send({ stop: ['a', 'b'] }, `${BASE}/v2/models/m/infer`)).param).toBe('stop');
    expect(refusal(send({ response_format: { type: 'json_object' } })).param).toBe('response_format');
    expect(refusal(send({}, '')).code).toBe('provider_unreachable');
  });
});

describe('an answer', () => {
  it.each([
    [JSON.parse(fixture('triton/text.json')), ' there'],
    [{ text_output: ['hello'] }, 'hello'],
    [{ outputs: [{ name: 'text_output', datatype: 'BYTES', shape: [1], data: ['hello'] }] }, 'hello'],
  ])('%j is a text without the prompt', (body, text) => {
    expect(chat.fromResponse(body, ask(), at(BASE)).choices[0]?.message.content).toBe(text);
  });

  it('of an error, or of nothing, is none', () => {
    for (const body of [{ error: 'broken' }, {}, 'x'])
      expect(() => chat.fromResponse(body, ask(), at(BASE))).toThrow(InvalidResponse);
  });

  it('streams until the connection ends', () => {
    const frames = linesOf('triton/text.chunks.jsonl').map((line) => event(line));
    const { response, complete } = decode(chat.decoder(ask(), at(BASE)), frames);
    expect(complete).toBe(true);
    expect(response?.choices[0]).toMatchObject({ message: { content: 'hello' }, finish_reason: 'stop' });
  });

  it('fails by an event after it has begun, and by no event at all', () => {
    const decoded = decode(chat.decoder(ask(), at(BASE)), [event({ text_output: 'a' }), event({ error: 'broken' })]);
    expect(decoded.failure).toMatchObject({ code: 'provider_error' });
    expect(decode(chat.decoder(ask(), at(BASE)), []).failure?.code).toBe('provider_invalid_response');
  });
});

it('embeds many texts by one tensor, and cuts the answer by its shape', () => {
  const { toRequest, fromResponse } = operationOf(triton, 'embeddings');
  const body = { input: ['a', 'b'] };
  const wire = sentPlain(toRequest(body, at(BASE)));
  expect(wire.url).toBe(`${BASE}/v2/models/llama/infer`);
  expect(wire.json).toEqual({ inputs: [{ name: 'input_text', shape: [2], datatype: 'BYTES', data: ['a', 'b'] }] });
  const outputs = [{ name: 'embedding', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] }];
  expect(bodyOf(fromResponse(jsonReply({ outputs }), body, at(BASE)))['data']).toMatchObject([
    { embedding: [1, 2] },
    { embedding: [3, 4] },
  ]);
  expect(() => fromResponse(jsonReply({ outputs: [{ shape: [2, 3], data: [1] }] }), body, at(BASE))).toThrow(
    InvalidResponse,
  );
});

it('calls an unknown model unknown', () => {
  const body = { error: "Request for unknown model: 'x' is not found" };
  expect(triton.fromError(400, body, {}).code).toBe('provider_model_not_found');
});
