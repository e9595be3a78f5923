/** The official OpenAI client, unmodified, against the built gateway: everything besides chat. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { get, post, readRequest } from '../support/ask.ts';
import { MASTER_KEY, startGateway, type Gateway } from '../support/gateway.ts';
import { startPlainUpstream, type PlainUpstream } from '../support/upstream-plain.ts';

let upstream: PlainUpstream;
let gateway: Gateway;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startPlainUpstream();
  const provided = (name: string, model: string): object => ({
    model_name: name,
    litellm_params: { model, api_base: upstream.url, api_key: 'sk-provider' },
  });
  gateway = await startGateway({
    config: {
      model_list: [
        provided('vectors', 'openai/text-embedding-3-small'),
        provided('painter', 'openai/gpt-image-1'),
        provided('speaker', 'openai/tts-1'),
        provided('listener', 'openai/whisper-1'),
        provided('titan', 'bedrock/amazon.titan-embed-text-v2:0'),
        provided('ranker', 'bedrock/cohere.rerank-v3-5:0'),
        provided('flux', 'black_forest_labs/flux-pro-1.1'),
        provided('imagen', 'gemini/imagen-4.0-generate-001'),
        provided('polly', 'aws_polly/neural'),
        { model_name: 'mock', litellm_params: { model: 'mock/plain' } },
        { model_name: 'talker', litellm_params: { model: 'anthropic/claude-sonnet-4-5', api_key: 'sk-a' } },
      ],
      router_settings: { num_retries: 2, disable_cooldowns: true },
    },
  });
  client = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

function vectors(...embeddings: readonly (readonly number[])[]): { readonly body: object } {
  return {
    body: {
      object: 'list',
      data: embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding })),
      model: 'text-embedding-3-small',
      usage: { prompt_tokens: 4, total_tokens: 4 },
    },
  };
}

describe('embeddings', () => {
  it('come as the client decodes them, under the name that was asked for, with their cost', async () => {
    upstream.next(vectors([0.5, -0.25], [1, 2]));
    const { data, response, request_id } = await client.embeddings
      .create({ model: 'vectors', input: ['a', 'b'] })
      .withResponse();
    expect(data.data.map((one) => one.embedding)).toEqual([
      [0.5, -0.25],
      [1, 2],
    ]);
    expect(data.model).toBe('vectors');
    expect(data.usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
    // 2 cents for a million tokens.
    expect(response.headers.get('x-litellm-response-cost')).toBe('0.00000008');
    expect(upstream.calls[0]).toMatchObject({ path: '/embeddings', headers: { authorization: 'Bearer sk-provider' } });
    const record = await readRequest(gateway.url, request_id ?? '');
    expect(record).toMatchObject({ status: 'completed', model: 'vectors', cost: 8e-8 });
  });

  it('are the same numbers in both encodings', async () => {
    const asked = { model: 'mock', input: ['one two', 'three'], dimensions: 4 };
    const packed = await client.embeddings.create(asked);
    const plain = await client.embeddings.create({ ...asked, encoding_format: 'float' });
    expect(plain.data).toEqual(packed.data);
    expect(plain.data[0]?.embedding).toHaveLength(4);
    expect(plain.usage.prompt_tokens).toBe(3);
  });

  it('are asked for again when the provider fails, and once for one idempotency key', async () => {
    upstream.next({ status: 503, body: { error: { message: 'later' } } }, vectors([1]));
    const body = { model: 'vectors', input: 'a' };
    const headers = { 'idempotency-key': 'embedding-1' };
    const first = await post(gateway.url, '/v1/embeddings', body, headers);
    expect(first.status).toBe(200);
    const again = await post(gateway.url, '/v1/embeddings', body, headers);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect([again.id, again.text]).toEqual([first.id, first.text]);
    expect(upstream.calls).toHaveLength(2);
    expect((await readRequest(gateway.url, first.id)).attempts.map((one) => one.status)).toEqual([
      'failed',
      'completed',
    ]);
    const other = await post(gateway.url, '/v1/embeddings', { ...body, input: 'b' }, headers);
    expect(other.status).toBe(422);
  });

  it('are served at the paths of other clients', async () => {
    for (const path of ['/embeddings', '/openai/deployments/mock/embeddings', '/engines/mock/embeddings'])
      expect((await post(gateway.url, path, { model: 'mock', input: 'a' })).status).toBe(200);
  });

  it('are refused by a provider that has none, with the name of the parameter', async () => {
    const refused = await post(gateway.url, '/v1/embeddings', { model: 'talker', input: 'a' });
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({ error: { code: 'unsupported_parameter', param: 'model' } });
  });

  it('are refused with the name of what is wrong', async () => {
    const error = await client.embeddings.create({ model: 'mock', input: [] }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ param: 'input', code: 'invalid_request' });
    const streamed = await post(gateway.url, '/v1/embeddings', { model: 'mock', input: 'a', stream: true });
    expect(streamed.json).toMatchObject({ error: { param: 'stream' } });
    expect((await get(gateway.url, '/v1/embeddings')).status).toBe(405);
  });
});

describe('moderations', () => {
  it('come as the client reads them, free of charge', async () => {
    const { data, response } = await client.moderations
      .create({ model: 'mock', input: ['fine', 'forbidden'] })
      .withResponse();
    expect(data.results.map((result) => result.flagged)).toEqual([false, true]);
    expect(data.model).toBe('mock');
    expect(response.headers.get('x-litellm-response-cost')).toBe('0');
  });

  it('ask for the usual model when none is named', async () => {
    const error = await client.moderations.create({ input: 'a' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 404, param: 'model' });
    expect(String((error as Error).message)).toContain('omni-moderation-latest');
  });
});

describe('a rerank', () => {
  it.each(['/v1/rerank', '/v2/rerank', '/rerank'])('at %s sorts documents and charges a search', async (path) => {
    const body = { model: 'mock', query: 'red fish', documents: ['a bird', 'a red fish'], return_documents: true };
    const { json, headers } = await post(gateway.url, path, body);
    expect(json).toEqual({
      id: 'rerank-mock',
      results: [
        { index: 1, relevance_score: 1, document: { text: 'a red fish' } },
        { index: 0, relevance_score: 0, document: { text: 'a bird' } },
      ],
      meta: { billed_units: { search_units: 1 } },
    });
    expect(headers.get('x-litellm-response-cost')).toBe('0.001');
  });

  it.each([
    [{ query: '' }, 'query'],
    [{ documents: [] }, 'documents'],
    [{ documents: [1] }, 'documents[0]'],
    [{ top_n: 0 }, 'top_n'],
  ])('that is wrong (%j) is refused with the name of what is wrong', async (wrong, param) => {
    const { status, json } = await post(gateway.url, '/v1/rerank', {
      model: 'mock',
      query: 'q',
      documents: ['a'],
      ...wrong,
    });
    expect([status, json?.['error']]).toEqual([400, expect.objectContaining({ param })]);
  });
});

const PICTURE = new File([new Uint8Array([137, 80, 78, 71])], 'cat.png', { type: 'image/png' });

describe('pictures', () => {
  it('are made, edited and varied, and charged by the piece', async () => {
    const made = await client.images.generate({ model: 'mock', prompt: 'a cat', n: 2 }).withResponse();
    expect(made.data.data).toHaveLength(2);
    expect(
      Buffer.from(made.data.data?.[0]?.b64_json ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    expect(made.data.created).toBeGreaterThan(1_700_000_000);
    expect(made.response.headers.get('x-litellm-response-cost')).toBe('0.02');
    const edited = await client.images.edit({ model: 'mock', prompt: 'a dog', image: [PICTURE, PICTURE] });
    expect(edited.data?.[0]?.revised_prompt).toBe('a dog');
    const varied = await client.images.createVariation({ model: 'mock', image: PICTURE });
    expect(varied.data).toHaveLength(1);
  });

  it('reach the provider as they were sent', async () => {
    upstream.next({ body: { created: 1, data: [{ url: 'https://example.com/1.png' }] } });
    const { data } = await client.images.edit({ model: 'painter', prompt: 'p', image: PICTURE, size: '1024x1024' });
    expect(data).toEqual([{ url: 'https://example.com/1.png' }]);
    const [call] = upstream.calls;
    expect(call?.path).toBe('/images/edits');
    expect(call?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    const text = call?.bytes.toString('latin1') ?? '';
    for (const part of [
      'name="prompt"\r\n\r\np\r\n',
      'filename="cat.png"\r\ncontent-type: image/png\r\n\r\n\x89PNG\r\n',
      'gpt-image-1',
    ])
      expect(text).toContain(part);
  });
});

describe('sound', () => {
  const file = new File([new Uint8Array(2_500)], 'note.wav', { type: 'audio/wav' });

  it('is spoken, and charged by the character', async () => {
    const response = await client.audio.speech.create({ model: 'mock', voice: 'alloy', input: 'Hello' });
    expect(response.headers.get('content-type')).toBe('audio/wav');
    expect(response.headers.get('x-litellm-response-cost')).toBe('0.00005');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect([bytes.subarray(0, 4).toString(), bytes.length]).toEqual(['RIFF', 44 + 400]);
    const id = response.headers.get('x-request-id') ?? '';
    expect(await readRequest(gateway.url, id)).toMatchObject({
      response: { content_type: 'audio/wav', base64: bytes.toString('base64') },
    });
  });

  it('comes as the provider sent it, byte for byte', async () => {
    const bytes = new Uint8Array(256).map((_, index) => index);
    upstream.next({ body: bytes, headers: { 'content-type': 'audio/mpeg' } });
    const response = await client.audio.speech.create({ model: 'speaker', voice: 'alloy', input: 'Hi' });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    expect(upstream.calls[0]?.json).toEqual({ model: 'tts-1', voice: 'alloy', input: 'Hi' });
  });

  it('is written down in every form, and charged by the second', async () => {
    const text = 'A mock transcript of note.wav.';
    const { data, response } = await client.audio.transcriptions.create({ model: 'mock', file }).withResponse();
    expect(data.text).toBe(text);
    expect(response.headers.get('x-litellm-response-cost')).toBe('0.00025');
    const srt: unknown = await client.audio.transcriptions.create({ model: 'mock', file, response_format: 'srt' });
    expect(srt).toBe(`1\n00:00:00,000 --> 00:00:02,500\n${text}\n\n`);
    const verbose = await client.audio.transcriptions.create({ model: 'mock', file, response_format: 'verbose_json' });
    expect(verbose).toMatchObject({ text, duration: 2.5, segments: [{ start: 0, end: 2.5 }] });
    const translated: unknown = await client.audio.translations.create({
      model: 'mock',
      file,
      response_format: 'text',
    });
    expect(translated).toBe(`${text}\n`);
  });

  it('is refused by the provider in words that reach the caller', async () => {
    upstream.next({ status: 400, body: { error: { message: 'This is no sound.', type: 'invalid_request_error' } } });
    const error = await client.audio.transcriptions
      .create({ model: 'listener', file })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(String((error as Error).message)).toContain('This is no sound.');
  });

  it('that is asked for as a stream is refused', async () => {
    const body = { model: 'mock', voice: 'alloy', input: 'a', stream_format: 'sse' };
    const { status, json } = await post(gateway.url, '/v1/audio/speech', body);
    expect([status, json?.['error']]).toEqual([400, expect.objectContaining({ param: 'stream_format' })]);
  });
});

describe('providers with wires of their own', () => {
  it('embed many texts by a model that reads one, and are charged for all', async () => {
    const vector = (value: number) => ({ body: { embedding: [value, 0], inputTextTokenCount: 3 } });
    upstream.next(vector(0.5), vector(0.5));
    const { data, response } = await client.embeddings.create({ model: 'titan', input: ['a', 'b'] }).withResponse();
    expect(data.data.map(({ index, embedding }) => [index, embedding])).toEqual([
      [0, [0.5, 0]],
      [1, [0.5, 0]],
    ]);
    expect(data.usage.prompt_tokens).toBe(6);
    // 2 cents for a million tokens.
    expect(response.headers.get('x-litellm-response-cost')).toBe('0.00000012');
    expect(upstream.calls.map(({ path }) => path)).toEqual(
      Array(2).fill('/model/amazon.titan-embed-text-v2%3A0/invoke'),
    );
  });

  it('rank, and are charged by the search', async () => {
    upstream.next({ body: { results: [{ index: 1, relevanceScore: 0.9 }] } });
    const reply = await post(gateway.url, '/v1/rerank', { model: 'ranker', query: 'q', documents: ['a', 'b'] });
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({
      results: [{ index: 1, relevance_score: 0.9 }],
      meta: { billed_units: { search_units: 1 } },
    });
    expect(upstream.calls[0]).toMatchObject({ path: '/rerank' });
  });

  it('paint after a receipt, and are charged by the picture', async () => {
    upstream.next(
      { body: { id: 'b1', polling_url: `${upstream.url}/v1/get_result?id=b1` } },
      { body: { id: 'b1', status: 'Pending' } },
      { body: { id: 'b1', status: 'Ready', result: { sample: 'https://delivery.bfl.ai/1.png' } } },
    );
    const { data, response } = await client.images
      .generate({ model: 'flux', prompt: 'a cat', size: '1024x1024' })
      .withResponse();
    expect(data.data?.[0]?.url).toBe('https://delivery.bfl.ai/1.png');
    expect(response.headers.get('x-litellm-response-cost')).toBe('0.04');
    expect(upstream.calls.map(({ headers }) => headers['x-key'])).toEqual(Array(3).fill('sk-provider'));
  });

  it('paint at once, in bytes', async () => {
    upstream.next({ body: { predictions: [{ bytesBase64Encoded: 'AAAA', mimeType: 'image/png' }] } });
    const { data } = await client.images.generate({ model: 'imagen', prompt: 'a cat' });
    expect(data).toEqual([{ b64_json: 'AAAA' }]);
  });

  it('speak', async () => {
    upstream.next({ headers: { 'content-type': 'audio/mpeg' }, body: Uint8Array.of(1, 2, 3) });
    const reply = await client.audio.speech.create({ model: 'polly', input: 'hi', voice: 'alloy' });
    expect(reply.headers.get('content-type')).toBe('audio/mpeg');
    expect(new Uint8Array(await reply.arrayBuffer())).toEqual(Uint8Array.of(1, 2, 3));
    expect(upstream.calls[0]?.json).toMatchObject({ Engine: 'neural', VoiceId: 'Joanna' });
  });
});
