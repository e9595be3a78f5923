/** LangChain's clients, unmodified, against the built gateway, in front of a provider of each wire format. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ChatAnthropic } from '@langchain/anthropic';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { HumanMessage } from '@langchain/core/messages';
import type { AIMessageChunk, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { z } from 'zod';
import { MASTER_KEY, startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';
import type { Upstream } from '../support/upstream.ts';
import { FORMATS, structured, wireFormats } from '../support/wire-formats.ts';

let upstream: Upstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({ config: wireFormats(upstream) });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

const CLIENTS = {
  'openai, chat': (model: string) =>
    new ChatOpenAI({ model, apiKey: MASTER_KEY, configuration: { baseURL: `${gateway.url}/v1` }, maxRetries: 0 }),
  'openai, responses': (model: string) =>
    new ChatOpenAI({
      model,
      apiKey: MASTER_KEY,
      configuration: { baseURL: `${gateway.url}/v1` },
      maxRetries: 0,
      useResponsesApi: true,
    }),
  anthropic: (model: string) =>
    new ChatAnthropic({ model, apiKey: MASTER_KEY, anthropicApiUrl: gateway.url, maxRetries: 0, maxTokens: 500 }),
} as const;

const PAIRS = (Object.keys(CLIENTS) as (keyof typeof CLIENTS)[]).flatMap((client) =>
  FORMATS.map((format) => [client, format] as const),
);
const weather = tool(({ city }: { city: string }) => `rain in ${city}`, {
  name: 'weather',
  description: 'The weather of a city.',
  schema: z.object({ city: z.string() }),
});

describe.each(PAIRS)('%s, with a provider of the %s', (client, format) => {
  const model = () => CLIENTS[client](format);

  it('answers whole and in pieces the same', async () => {
    upstream.always({ text: 'Grüezi 👋', chunks: 5, split: [7], usage: { promptTokens: 11, completionTokens: 7 } });
    const whole = await model().invoke('Say it.');
    expect(whole.text).toBe('Grüezi 👋');
    expect(whole.usage_metadata).toMatchObject({ input_tokens: 11, output_tokens: 7, total_tokens: 18 });
    let streamed: AIMessageChunk | undefined;
    for await (const chunk of await model().stream('Say it.')) streamed = streamed?.concat(chunk) ?? chunk;
    expect(streamed?.text).toBe(whole.text);
    // This client adds what a message's start says to what its end says, and reads what was put in from the start alone,
    // where only Anthropic itself knows it.
    if (client !== 'anthropic')
      expect(streamed?.usage_metadata).toMatchObject({ input_tokens: 11, output_tokens: 7, total_tokens: 18 });
    else if (format === 'anthropic-format') expect(streamed?.usage_metadata).toMatchObject({ input_tokens: 11 });
    else expect(streamed?.usage_metadata).toMatchObject({ output_tokens: 7 });
  });

  it('binds tools, whole and in pieces, and carries their results', async () => {
    const toolCalls = [
      { id: 'toolu_a', name: 'weather', arguments: '{"city":"Bern"}' },
      { id: 'toolu_b', name: 'weather', arguments: '{"city":"Zürich"}' },
    ];
    upstream.next({ toolCalls }, { toolCalls }, { text: 'It rains in both.' });
    const bound = model().bindTools([weather]);
    const question = new HumanMessage('Weather?');
    const whole = await bound.invoke([question]);
    const expected = [
      { name: 'weather', args: { city: 'Bern' } },
      { name: 'weather', args: { city: 'Zürich' } },
    ];
    expect(whole.tool_calls).toMatchObject(expected);
    let streamed: AIMessageChunk | undefined;
    for await (const chunk of await bound.stream([question])) streamed = streamed?.concat(chunk) ?? chunk;
    expect(streamed?.tool_calls).toMatchObject(expected);
    const results = await Promise.all(
      (whole.tool_calls ?? []).map((call) => weather.invoke(call) as unknown as Promise<ToolMessage>),
    );
    const last = await bound.invoke([question, whole, ...results]);
    expect(last.text).toBe('It rains in both.');
    expect(JSON.stringify(upstream.calls[2]?.body)).toContain('rain in Zürich');
  });

  it('gives an object of the schema', async () => {
    upstream.always((call) => structured(call.body, '{"city":"Bern","degrees":7}'));
    const schema = z.object({ city: z.string(), degrees: z.number() });
    const base: BaseChatModel = model();
    const methods =
      client === 'anthropic' ? ['functionCalling' as const] : ['jsonSchema' as const, 'functionCalling' as const];
    for (const method of methods) {
      const answer = await base.withStructuredOutput(schema, { name: 'answer', method }).invoke('Weather?');
      expect(answer).toEqual({ city: 'Bern', degrees: 7 });
    }
  });

  it('raises an error with the provider’s status', async () => {
    upstream.next({ status: 429 });
    await expect(model().invoke('Say it.')).rejects.toMatchObject({ status: 429 });
  });
});

describe('openai, besides chat', () => {
  it('embeds documents and queries', async () => {
    const embeddings = new OpenAIEmbeddings({
      model: 'mock',
      apiKey: MASTER_KEY,
      configuration: { baseURL: `${gateway.url}/v1` },
    });
    expect(await embeddings.embedDocuments(['a', 'b'])).toHaveLength(2);
    expect((await embeddings.embedQuery('a')).length).toBeGreaterThan(3);
  });
});
