/** The official OpenAI client's responses, against the built gateway, in front of servers that have the Responses API themselves. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { readRequest } from '../support/ask.ts';
import { MASTER_KEY, startGateway, type Gateway } from '../support/gateway.ts';
import { json, startRecorder, type Answering, type Recorder } from '../support/recorder.ts';
import { raisedAs } from '../support/raised.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

let provider: Recorder;
let upstream: Upstream;
let gateway: Gateway;
let client: OpenAI;

beforeAll(async () => {
  provider = await startRecorder();
  upstream = await startUpstream();
  const openai = (model: string, more: object = {}): object => ({
    model_name: model,
    litellm_params: { model: `openai/${model}`, api_base: `${provider.url}/v1`, api_key: 'sk-provider', ...more },
  });
  gateway = await startGateway({
    config: {
      model_list: [
        openai('gpt-5', { temperature: 1, reasoning_effort: 'low' }),
        openai('gpt-4o'),
        openai('as-chat', { use_chat_completions_api: true, api_base: upstream.openaiUrl }),
        {
          model_name: 'azure',
          litellm_params: {
            model: 'azure/my-gpt',
            api_base: provider.url,
            api_key: 'sk-azure',
            api_version: '2025-04-01-preview',
          },
        },
        {
          model_name: 'older',
          litellm_params: { model: 'openai/older', api_base: upstream.openaiUrl, api_key: 'sk-provider' },
        },
        {
          model_name: 'elsewhere',
          litellm_params: { model: 'anthropic/claude-sonnet-4-5', api_base: upstream.url, api_key: 'sk-b' },
        },
      ],
      router_settings: { num_retries: 0, disable_cooldowns: true },
    },
  });
  client = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.stop();
  await provider?.stop();
});

const THOUGHT = { id: 'rs_up', type: 'reasoning', summary: [], encrypted_content: 'gAAAA-sealed' };
const SEARCH = { id: 'ws_up', type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'q' } };
const SAID = {
  id: 'msg_up',
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text: 'Found.', annotations: [{ type: 'url_citation', url: 'https://x.example' }] }],
};

const RESPONSE = {
  id: 'resp_up',
  object: 'response',
  created_at: 1_700_000_000,
  status: 'completed',
  model: 'gpt-5-2025-08-07',
  output: [THOUGHT, SEARCH, SAID],
  error: null,
  incomplete_details: null,
  store: false,
  brand_new: { kept: true },
  usage: {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 40 },
    output_tokens: 20,
    output_tokens_details: { reasoning_tokens: 8 },
    total_tokens: 120,
  },
};

function sent(index = 0): Record<string, unknown> {
  return JSON.parse(String(provider.calls[index]?.body)) as Record<string, unknown>;
}

const raised = raisedAs<InstanceType<typeof OpenAI.APIError>>(OpenAI.APIError);

describe('a response of a server that has them', () => {
  it('passes fields and tools that no chat has, and is kept under an id of the gateway', async () => {
    provider.answer(json(RESPONSE));
    const unheardOf = { unheard_of: [1, { a: null }] };
    const response = await client.responses.create({
      ...unheardOf,
      model: 'gpt-5',
      input: 'Look it up.',
      tools: [{ type: 'web_search' }, { type: 'code_interpreter', container: { type: 'auto' } }],
      truncation: 'auto',
      metadata: { a: 'b' },
    });
    const id = `resp_${String(response._request_id).slice('req_'.length)}`;
    expect(response).toMatchObject({ ...RESPONSE, id, model: 'gpt-5', store: true, previous_response_id: null });
    expect(response.output_text).toBe('Found.');
    expect(provider.calls[0]?.url).toBe('/v1/responses');
    expect(sent()).toMatchObject({
      model: 'gpt-5',
      input: 'Look it up.',
      tools: [{ type: 'web_search' }, { type: 'code_interpreter', container: { type: 'auto' } }],
      truncation: 'auto',
      unheard_of: [1, { a: null }],
      reasoning: { effort: 'low' },
      include: ['reasoning.encrypted_content'],
      store: false,
    });
    expect(await client.responses.retrieve(response.id)).toMatchObject({ id, output: RESPONSE.output });
    // 60 · 1.25 + 40 · 0.125 + 20 · 10 dollars a million, and a cent for the search.
    expect((await readRequest(gateway.url, String(response._request_id))).cost).toBeCloseTo(0.01028, 9);
  });

  it('goes on from an earlier one, thoughts and all, and from one that another provider gave', async () => {
    provider.answer(json(RESPONSE));
    const first = await client.responses.create({ model: 'gpt-5', input: 'One.', tools: [{ type: 'web_search' }] });
    const second = await client.responses.create({ model: 'gpt-5', input: 'Two.', previous_response_id: first.id });
    expect(second.previous_response_id).toBe(first.id);
    expect(sent(1)['previous_response_id']).toBeUndefined();
    const { id: _said, ...said } = SAID;
    expect(sent(1)['input']).toEqual([
      { type: 'message', role: 'user', content: 'One.' },
      { type: 'reasoning', summary: [], encrypted_content: 'gAAAA-sealed' },
      SEARCH,
      said,
      { type: 'message', role: 'user', content: 'Two.' },
    ]);
    // What OpenAI's own tool did means nothing elsewhere; the words do.
    upstream.next({ text: 'From Claude.', reasoning: 'Hm.' });
    const third = await client.responses.create({
      model: 'elsewhere',
      input: 'Three.',
      previous_response_id: second.id,
    });
    expect(third.output_text).toBe('From Claude.');
    await client.responses.create({ model: 'gpt-5', input: 'Four.', previous_response_id: third.id });
    const input = sent(2)['input'] as { type: string; encrypted_content?: string; id?: string }[];
    expect(input.filter(({ type }) => type === 'reasoning').map((item) => item.encrypted_content)).toEqual([
      'gAAAA-sealed',
      'gAAAA-sealed',
    ]);
    expect(JSON.stringify(input)).toContain('From Claude.');
  });

  it('streams every event, known or not, the end only when it is kept', async () => {
    const { output: _output, ...head } = RESPONSE;
    const begun = { ...head, status: 'in_progress', output: [] };
    const frames: { type: string; [field: string]: unknown }[] = [
      { type: 'response.created', response: begun },
      { type: 'response.output_item.added', output_index: 0, item: { ...SEARCH, status: 'in_progress' } },
      { type: 'response.web_search_call.searching', output_index: 0, item_id: 'ws_up', odd: true },
      { type: 'response.output_text.delta', output_index: 2, item_id: 'msg_up', content_index: 0, delta: 'Found.' },
      { type: 'response.completed', response: RESPONSE },
    ].map((frame, sequence) => ({ sequence_number: sequence, ...frame }));
    const answering: Answering = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(frames.map((frame) => `event: ${frame.type}\ndata: ${JSON.stringify(frame)}\n\n`).join(''));
    };
    provider.answer(answering);
    const stream = await client.responses.create({ model: 'gpt-5', input: 'x', stream: true });
    const seen: { type: string; response?: { id: string; model: string } }[] = [];
    for await (const event of stream) seen.push(event);
    expect(seen.map(({ type }) => type)).toEqual(frames.map(({ type }) => type));
    expect(seen[2]).toEqual(frames[2]);
    const id = String(seen.at(-1)?.response?.id);
    expect(id).toMatch(/^resp_[0-9A-Z]{26}$/);
    expect(seen[0]?.response).toMatchObject({ id, model: 'gpt-5' });
    expect(await client.responses.retrieve(id)).toMatchObject({ id, output: RESPONSE.output });
    const again = await client.responses.retrieve(id, { stream: true, starting_after: 2 });
    const rest: string[] = [];
    for await (const event of again) rest.push(event.type);
    expect(rest).toEqual(['response.output_text.delta', 'response.completed']);
  });

  it('fails as the provider failed it', async () => {
    provider.answer(json({ ...RESPONSE, status: 'failed', error: { code: 'rate_limit_exceeded', message: 'slow' } }));
    const failed = await raised(client.responses.create({ model: 'gpt-4o', input: 'x' }));
    expect(failed.status).toBe(429);
    provider.answer(json({ error: { message: 'no such tool', type: 'invalid_request_error', param: 'tools' } }, 400));
    const refused = await raised(client.responses.create({ model: 'gpt-4o', input: 'x' }));
    expect(refused).toMatchObject({ status: 400, param: 'tools' });
    // Encrypted thoughts are refused by models that have none.
    expect(sent()['include']).toBeUndefined();
  });

  it('is found on Azure by the version of its API', async () => {
    provider.answer(json(RESPONSE));
    await client.responses.create({ model: 'azure', input: 'x', tools: [{ type: 'web_search' }] });
    expect(provider.calls[0]?.url).toBe('/openai/responses?api-version=2025-04-01-preview');
    expect(provider.calls[0]?.headers['api-key']).toBe('sk-azure');
    expect(sent()['model']).toBe('my-gpt');
  });

  it('never reaches what others keep at the provider', async () => {
    provider.answer(json(RESPONSE));
    const reference = await raised(
      client.responses.create({ model: 'gpt-5', input: [{ type: 'item_reference', id: 'msg_1' }] }),
    );
    expect(reference.status).toBe(400);
    const conversation = await raised(client.responses.create({ model: 'gpt-5', input: 'x', conversation: 'conv_1' }));
    expect(conversation.status).toBe(400);
    expect(provider.calls).toHaveLength(0);
  });
});

describe('a response of a server that only chats', () => {
  it('is asked for as a chat, whether the server says so or the configuration', async () => {
    for (const model of ['older', 'as-chat']) {
      upstream.reset();
      upstream.next({ text: 'As a chat.' });
      const response = await client.responses.create({ model, input: 'x' });
      expect(response.output_text).toBe('As a chat.');
      expect(upstream.calls).toHaveLength(1);
      const tool = await raised(client.responses.create({ model, input: 'x', tools: [{ type: 'web_search' }] }));
      expect(tool).toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'tools[0].type' });
    }
  });
});
