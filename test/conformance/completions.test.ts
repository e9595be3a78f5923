/** The official OpenAI client's text completions, unmodified, against the built gateway: in front of chats, and of a server that has them. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import type { Completion } from 'openai/resources/completions';
import { readRequest } from '../support/ask.ts';
import { MASTER_KEY, startGateway, type Gateway } from '../support/gateway.ts';
import { raisedAs } from '../support/raised.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { startPlainUpstream, type PlainUpstream } from '../support/upstream-plain.ts';

let chats: Upstream;
let texts: PlainUpstream;
let gateway: Gateway;
let client: OpenAI;

beforeAll(async () => {
  [chats, texts] = await Promise.all([startUpstream(), startPlainUpstream()]);
  const served = (name: string, model: string, base: string): object => ({
    model_name: name,
    litellm_params: { model, api_base: base, api_key: 'sk-provider' },
  });
  gateway = await startGateway({
    config: {
      model_list: [
        served('openai-chat', 'openai/gpt-4o-mini', chats.openaiUrl),
        served('anthropic-chat', 'anthropic/claude-sonnet-4-5', chats.url),
        served('texts', 'hosted_vllm/llama', texts.url),
        served('instruct', 'openai/gpt-3.5-turbo-instruct', texts.url),
        served('coder', 'codestral/codestral-latest', `${texts.url}/v1`),
      ],
      router_settings: { num_retries: 1, disable_cooldowns: true },
    },
  });
  client = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});

afterAll(async () => {
  await gateway?.close();
  await chats?.stop();
  await texts?.stop();
});

beforeEach(() => {
  chats.reset();
  texts.reset();
});

async function collect(stream: AsyncIterable<Completion>): Promise<readonly Completion[]> {
  const chunks: Completion[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const raised = raisedAs<InstanceType<typeof OpenAI.APIError>>(OpenAI.APIError);

describe.each(['openai-chat', 'anthropic-chat'])('in front of %s', (model) => {
  it('a prompt becomes a message and the answer becomes text, with usage and cost', async () => {
    chats.next({ text: 'Two.', usage: { promptTokens: 7, completionTokens: 2 } });
    const { data, response, request_id } = await client.completions
      .create({ model, prompt: 'One,', max_tokens: 5 })
      .withResponse();
    expect(data).toMatchObject({
      object: 'text_completion',
      model,
      choices: [{ text: 'Two.', index: 0, logprobs: null, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
    });
    expect(Number(response.headers.get('x-litellm-response-cost'))).toBeGreaterThan(0);
    expect(chats.calls[0]?.body).toMatchObject({ messages: [{ role: 'user' }] });
    expect(await readRequest(gateway.url, request_id ?? '')).toMatchObject({ status: 'completed', model });
  });

  it('a stream has the whole text, one finish reason, and usage only when asked', async () => {
    chats.next({ text: 'Two, three.' }, { text: 'Two, three.' });
    const plain = await collect(await client.completions.create({ model, prompt: 'One,', stream: true }));
    expect(plain.map((chunk) => chunk.choices[0]?.text ?? '').join('')).toBe('Two, three.');
    expect(plain.flatMap((chunk) => chunk.choices).filter((choice) => choice.finish_reason !== null)).toHaveLength(1);
    expect(plain.some((chunk) => chunk.usage)).toBe(false);
    const counted = await collect(
      await client.completions.create({ model, prompt: 'One,', stream: true, stream_options: { include_usage: true } }),
    );
    expect(counted.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
  });

  it.each([
    ['prompt', { prompt: ['a', 'b'] }],
    ['suffix', { prompt: 'a', suffix: 'z' }],
    ['echo', { prompt: 'a', echo: true }],
    ['best_of', { prompt: 'a', best_of: 3 }],
  ])('what a chat cannot do is refused by name: %s', async (param, body) => {
    const error = await raised(client.completions.create({ model, ...body }));
    expect(error).toMatchObject({ status: 400, param });
    expect(chats.calls).toHaveLength(0);
  });
});

const WHOLE = {
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1_700_000_000,
  model: 'llama',
  choices: [
    {
      text: ' b',
      index: 0,
      logprobs: { tokens: [' b'], token_logprobs: [-0.1] },
      finish_reason: 'length',
      stop_reason: null,
    },
    { text: ' d', index: 1, logprobs: null, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 },
  kv_transfer_params: { kept: true },
};

function events(frames: readonly object[]): { readonly headers: Record<string, string>; readonly body: string } {
  return {
    headers: { 'content-type': 'text/event-stream' },
    body: `${frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join('')}data: [DONE]\n\n`,
  };
}

describe('in front of a server that completes texts', () => {
  it('everything passes as it is, known or not, and is retried and counted as any request', async () => {
    texts.next({ status: 503, body: { error: { message: 'busy' } } }, { body: WHOLE });
    const { data, request_id } = await client.completions
      .create({ model: 'texts', prompt: ['a', 'c'], echo: true, logprobs: 1, best_of: 2, suffix: '!' })
      .withResponse();
    expect(data).toEqual({ ...WHOLE, model: 'texts' });
    expect(texts.calls[1]).toMatchObject({
      path: '/completions',
      json: { model: 'llama', prompt: ['a', 'c'], echo: true, logprobs: 1, best_of: 2, suffix: '!' },
    });
    const record = await readRequest(gateway.url, request_id ?? '');
    expect(record.attempts.map((attempt) => attempt.status)).toEqual(['failed', 'completed']);
    expect(record).toMatchObject({ usage: { prompt_tokens: 2, completion_tokens: 2 } });
  });

  it('a stream passes piece by piece, and the stored answer is the whole of it', async () => {
    const piece = (text: string, finish: string | null): object => ({
      id: 'cmpl-2',
      object: 'text_completion',
      created: 1_700_000_000,
      model: 'llama',
      choices: [{ text, index: 0, logprobs: null, finish_reason: finish }],
      usage: null,
    });
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    texts.next(events([piece(' b', null), piece(' c', 'length'), { ...piece('', null), choices: [], usage }]));
    const { data: stream, request_id } = await client.completions
      .create({ model: 'texts', prompt: 'a', stream: true })
      .withResponse();
    const chunks = await collect(stream);
    expect(chunks.map((chunk) => chunk.choices[0]?.text)).toEqual([' b', ' c']);
    expect(chunks.every((chunk) => chunk.model === 'texts')).toBe(true);
    expect(texts.calls[0]?.json).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    const record = await readRequest(gateway.url, request_id ?? '');
    expect(record).toMatchObject({
      status: 'completed',
      response: { choices: [{ text: ' b c', finish_reason: 'length' }], usage },
    });
  });

  it('a stream that breaks off is an error and not an end', async () => {
    const piece = { id: 'x', object: 'text_completion', choices: [{ text: 'b', index: 0, finish_reason: null }] };
    const broken = { headers: { 'content-type': 'text/event-stream' }, body: `data: ${JSON.stringify(piece)}\n\n` };
    texts.next(broken, broken);
    const error = await raised(
      client.completions.create({ model: 'texts', prompt: 'a', stream: true }).then(async (stream) => collect(stream)),
    );
    expect(error.message).toMatch(/ended|complete/i);
  });

  it("OpenAI's own models for it are called there, with their price", async () => {
    texts.next({ body: { ...WHOLE, model: 'gpt-3.5-turbo-instruct' } });
    const { response } = await client.completions.create({ model: 'instruct', prompt: 'a' }).withResponse();
    expect(texts.calls[0]?.path).toBe('/completions');
    expect(Number(response.headers.get('x-litellm-response-cost'))).toBeGreaterThan(0);
  });

  it('a code model fills in before a suffix', async () => {
    texts.next({
      body: {
        id: 'fim',
        object: 'chat.completion',
        created: 1,
        model: 'codestral-latest',
        choices: [{ index: 0, message: { role: 'assistant', content: 'return a + b' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 8, completion_tokens: 5, total_tokens: 13 },
      },
    });
    const answer = await client.completions.create({
      model: 'coder',
      prompt: ['def add(a, b):'],
      suffix: 'print(add(1, 2))',
      seed: 7,
    });
    expect(texts.calls[0]).toMatchObject({
      path: '/v1/fim/completions',
      json: { model: 'codestral-latest', prompt: 'def add(a, b):', suffix: 'print(add(1, 2))', random_seed: 7 },
    });
    expect(answer).toMatchObject({
      object: 'text_completion',
      choices: [{ text: 'return a + b', finish_reason: 'stop' }],
    });
  });
});

it('a body that is none is refused by field', async () => {
  const error = await raised(client.completions.create({ model: 'texts', prompt: 5 as unknown as string }));
  expect(error).toMatchObject({ status: 400, param: 'prompt' });
});
