/** Embeddings on OpenAI's wire, as OpenAI and as servers that only resemble it answer them. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { catalog } from '../../../providers/catalog.ts';
import { openai } from '../../../providers/openai/index.ts';
import { embeddingRequestSchema, packFloats, unpackFloats } from '../../../providers/protocol/embeddings.ts';
import { toProblem } from '../../../providers/protocol/problem.ts';
import { InvalidResponse, type Provider } from '../../../providers/provider.ts';
import { bodyOf, jsonReply, operationOf, sentPlain } from '../plain.ts';
import { targetOf } from '../streams.ts';

const target = targetOf('text-embedding-3-small', {}, 'https://api.openai.com/v1');
const { toRequest, fromResponse } = operationOf(openai, 'embeddings');

function reply(...embeddings: readonly unknown[]) {
  return jsonReply({
    object: 'list',
    data: embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding })),
    model: 'text-embedding-3-small-0001',
    usage: { prompt_tokens: 5, total_tokens: 5 },
  });
}

describe('a request for embeddings', () => {
  it('goes to the provider as the caller wrote it, with the model of the deployment', () => {
    const wire = sentPlain(
      toRequest(
        { model: 'mine', input: ['a', 'b'], dimensions: 3, encoding_format: 'base64', user: null, x: 1 },
        target,
      ),
    );
    expect(wire.url).toBe('https://api.openai.com/v1/embeddings');
    expect(wire.json).toEqual({
      model: 'text-embedding-3-small',
      input: ['a', 'b'],
      dimensions: 3,
      encoding_format: 'base64',
      x: 1,
    });
  });

  it('leaves out what the deployment says to leave out', () => {
    const settings = { additional_drop_params: ['dimensions'], organization: 'org-1', extra_body: { y: 2 } };
    const wire = sentPlain(toRequest({ input: 'a', dimensions: 3 }, { ...target, settings }));
    expect(wire.json).toEqual({ model: 'text-embedding-3-small', input: 'a', y: 2 });
    expect(wire.dropped).toEqual(['dimensions']);
    expect(wire.headers).toEqual({ 'content-type': 'application/json', 'openai-organization': 'org-1' });
  });

  it('goes beside the chat where the address names the chat', () => {
    const { toRequest: compatible } = operationOf(catalog['hosted_vllm'] as Provider, 'embeddings');
    const wire = sentPlain(compatible({ input: 'a' }, targetOf('m', {}, 'http://127.0.0.1:1/v1/chat/completions')));
    expect(wire.url).toBe('http://127.0.0.1:1/v1/embeddings');
  });

  it('is refused without an address, and by a provider that has ended', () => {
    const { toRequest: ended } = operationOf(catalog['anyscale'] as Provider, 'embeddings');
    expect(ended({ input: 'a' }, targetOf('m', {}, catalog['anyscale']?.baseUrl))).toMatchObject({
      refused: { code: 'provider_ended' },
    });
    expect(toRequest({ input: 'a' }, { ...target, baseUrl: '' })).toMatchObject({
      refused: { code: 'provider_unreachable' },
    });
  });

  it.each([
    [{ model: 'm' }, 'input'],
    [{ model: 'm', input: '' }, 'input'],
    [{ model: 'm', input: [] }, 'input'],
    [{ model: 'm', input: [1.5] }, 'input[0]'],
    [{ model: 'm', input: 'a', dimensions: 0 }, 'dimensions'],
    [{ model: 'm', input: 'a', encoding_format: 'hex' }, 'encoding_format'],
    [{ input: 'a' }, 'model'],
  ])('that is wrong (%j) is refused with the name of what is wrong', (body, param) => {
    const parsed = embeddingRequestSchema.safeParse(body);
    if (parsed.success) throw new Error('accepted');
    expect(toProblem(parsed.error, body).param).toBe(param);
  });

  it.each(['a', ['a', ''], [1, 2], [[1], [2, 3]]])('may hold texts and tokens: %j', (input) => {
    expect(embeddingRequestSchema.safeParse({ model: 'm', input }).success).toBe(true);
  });
});

describe('an answer with embeddings', () => {
  it('is counted in tokens read', () => {
    const answer = fromResponse(reply([0.5, -1]), { input: 'a' }, target);
    expect(answer.usage).toEqual({ prompt_tokens: 5, completion_tokens: 0, total_tokens: 5 });
    expect(bodyOf(answer)).toEqual({
      object: 'list',
      model: 'text-embedding-3-small',
      data: [{ object: 'embedding', index: 0, embedding: [0.5, -1] }],
      usage: { prompt_tokens: 5, total_tokens: 5 },
    });
  });

  it('has the encoding that was asked for, whatever the server sent', () => {
    const packed = packFloats([0.5, -1]);
    expect(packed).toBe('AAAAPwAAgL8=');
    const first = (sent: unknown, format: string): unknown =>
      (
        bodyOf(fromResponse(reply(sent), { input: 'a', encoding_format: format }, target)) as {
          data: readonly { embedding: unknown }[];
        }
      ).data[0]?.embedding;
    expect(first([0.5, -1], 'base64')).toBe(packed);
    expect(first(packed, 'base64')).toBe(packed);
    expect(first(packed, 'float')).toEqual([0.5, -1]);
  });

  it('comes in the order of the inputs', () => {
    const data = [
      { index: 1, embedding: [2] },
      { index: 0, embedding: [1] },
    ];
    expect(bodyOf(fromResponse(jsonReply({ data }), { input: ['a', 'b'] }, target))['data']).toMatchObject([
      { index: 0, embedding: [1] },
      { index: 1, embedding: [2] },
    ]);
  });

  it.each([
    undefined,
    {},
    { data: [] },
    { data: [{ index: 0, embedding: 'ä' }] },
    { data: [{ index: 0, embedding: 'AAA=' }] },
    { data: [{ index: 0, embedding: ['1'] }] },
    { data: [{ embedding: [1] }, { embedding: [2] }] },
  ])('is refused when it is none: %j', (json) => {
    expect(() => fromResponse(jsonReply(json), { input: 'a' }, target)).toThrow(InvalidResponse);
  });

  it('survives packing for every list of 32-bit floats', () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true, maxLength: 5_000 }), (values) => {
        expect(unpackFloats(packFloats([...values]))).toEqual([...values]);
      }),
      { numRuns: 50 },
    );
  });
});
