/** Mistral's own client, unmodified, against the built gateway, in front of a provider of each wire format. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Mistral } from '@mistralai/mistralai';
import { MASTER_KEY, startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';
import type { Upstream } from '../support/upstream.ts';
import { FORMATS, wireFormats } from '../support/wire-formats.ts';

let upstream: Upstream;
let gateway: Gateway;
let client: Mistral;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({ config: wireFormats(upstream) });
  client = new Mistral({ apiKey: MASTER_KEY, serverURL: gateway.url });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

const messages = [{ role: 'user' as const, content: 'Weather?' }];
const tools = [
  {
    type: 'function' as const,
    function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  },
];

describe.each(FORMATS)('with a provider of the %s', (model) => {
  it('answers a chat', async () => {
    upstream.next({ text: 'Grüezi 👋', usage: { promptTokens: 11, completionTokens: 7 } });
    const answer = await client.chat.complete({ model, messages, maxTokens: 50, temperature: 1 });
    expect(answer).toMatchObject({
      model,
      choices: [{ finishReason: 'stop', message: { content: 'Grüezi 👋' } }],
      usage: { promptTokens: 11, completionTokens: 7, totalTokens: 18 },
    });
  });

  it('streams a chat', async () => {
    upstream.next({ text: 'One, two: «ünïcödé» 👋.', chunks: 5, split: [7] });
    let text = '';
    let finish: unknown;
    for await (const { data } of await client.chat.stream({ model, messages })) {
      const [choice] = data.choices;
      text += typeof choice?.delta.content === 'string' ? choice.delta.content : '';
      finish = choice?.finishReason ?? finish;
    }
    expect(text).toBe('One, two: «ünïcödé» 👋.');
    expect(finish).toBe('stop');
  });

  it('hands tools over and parallel calls back, and takes their results', async () => {
    const toolCalls = [
      { id: 'toolu_a', name: 'weather', arguments: '{"city":"Bern"}' },
      { id: 'toolu_b', name: 'weather', arguments: '{"city":"Zürich"}' },
    ];
    upstream.next({ toolCalls }, { text: 'It rains.' });
    const answer = await client.chat.complete({ model, messages, tools, toolChoice: 'any' });
    const message = answer.choices[0]?.message;
    expect(answer.choices[0]?.finishReason).toBe('tool_calls');
    expect(message?.toolCalls?.map((call) => call.function)).toMatchObject(
      toolCalls.map((call) => ({ name: call.name, arguments: call.arguments })),
    );
    const results = (message?.toolCalls ?? []).map((call) => ({
      role: 'tool' as const,
      toolCallId: call.id ?? '',
      name: 'weather',
      content: 'rain',
    }));
    const history = [...messages, { role: 'assistant' as const, toolCalls: message?.toolCalls ?? [] }, ...results];
    const second = await client.chat.complete({ model, messages: history, tools });
    expect(second.choices[0]?.message?.content).toBe('It rains.');
    expect(JSON.stringify(upstream.calls[1]?.body)).toContain('rain');
  });

  it('raises its own error with the provider’s status', async () => {
    upstream.next({ status: 429 });
    await expect(client.chat.complete({ model, messages }, { retries: { strategy: 'none' } })).rejects.toMatchObject({
      statusCode: 429,
    });
  });
});

describe('with the gateway itself', () => {
  it('embeds', async () => {
    const { data } = await client.embeddings.create({ model: 'mock', inputs: ['a', 'b'] });
    expect(data.map((one) => one.index)).toEqual([0, 1]);
    expect(data[0]?.embedding?.length).toBeGreaterThan(3);
  });
});
