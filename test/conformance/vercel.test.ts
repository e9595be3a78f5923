/** Vercel's AI SDK with three of its providers, unmodified, against the built gateway, in front of each wire format. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  embedMany,
  experimental_generateSpeech as generateSpeech,
  experimental_transcribe as transcribe,
  generateImage,
  generateText,
  Output,
  stepCountIs,
  streamText,
  tool,
} from 'ai';
import type { LanguageModel } from 'ai';
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

function openai() {
  return createOpenAI({ apiKey: MASTER_KEY, baseURL: `${gateway.url}/v1` });
}

const CLIENTS: Readonly<Record<string, (model: string) => LanguageModel>> = {
  'openai, chat': (model) => openai().chat(model),
  'openai, responses': (model) => openai().responses(model),
  'openai-compatible': (model) =>
    createOpenAICompatible({
      name: 'holdfast',
      apiKey: MASTER_KEY,
      baseURL: `${gateway.url}/v1`,
      includeUsage: true,
      supportsStructuredOutputs: true,
    }).chatModel(model),
  anthropic: (model) => createAnthropic({ apiKey: MASTER_KEY, baseURL: `${gateway.url}/v1` })(model),
};

const PAIRS = Object.keys(CLIENTS).flatMap((client) => FORMATS.map((format) => [client, format] as const));
const prompt = 'Weather?';
const weather = tool({
  description: 'The weather of a city.',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `rain in ${city}`,
});

describe.each(PAIRS)('%s, with a provider of the %s', (client, format) => {
  const model = (): LanguageModel => CLIENTS[client]?.(format) ?? '';
  // Thoughts are a part of what every one of these clients reads.
  const thought = { reasoning: 'They greet.', text: 'Grüezi 👋', usage: { promptTokens: 11, completionTokens: 7 } };

  it('answers whole and in pieces the same', async () => {
    upstream.always({ ...thought, chunks: 5, split: [7] });
    const whole = await generateText({ model: model(), prompt, system: 'Be kind.', maxRetries: 0 });
    expect(whole.text).toBe('Grüezi 👋');
    expect(whole.finishReason).toBe('stop');
    expect(whole.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 });
    const streamed = streamText({ model: model(), prompt, system: 'Be kind.', maxRetries: 0 });
    let text = '';
    for await (const piece of streamed.textStream) text += piece;
    expect(text).toBe(whole.text);
    expect(await streamed.reasoningText).toEqual(whole.reasoningText);
    expect(await streamed.finishReason).toBe('stop');
    expect(await streamed.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 });
  });

  it('runs tools over several steps', async () => {
    upstream.next(
      {
        ...thought,
        toolCalls: [
          { id: 'toolu_a', name: 'weather', arguments: '{"city":"Bern"}' },
          { id: 'toolu_b', name: 'weather', arguments: '{"city":"Zürich"}' },
        ],
      },
      { text: 'It rains in both.' },
      { toolCalls: [{ id: 'toolu_c', name: 'weather', arguments: '{"city":"Chur"}' }] },
      { text: 'There too.' },
    );
    const asked = { prompt, tools: { weather }, stopWhen: stepCountIs(3), maxRetries: 0 };
    const whole = await generateText({ model: model(), ...asked });
    expect(whole.text).toBe('It rains in both.');
    expect(whole.steps[0]?.toolResults.map((result) => result.output)).toEqual(['rain in Bern', 'rain in Zürich']);
    expect(JSON.stringify(upstream.calls[1]?.body)).toContain('rain in Zürich');
    const streamed = streamText({ model: model(), ...asked });
    expect(await streamed.text).toBe('There too.');
    expect((await streamed.steps)[0]?.toolResults.map((result) => result.output)).toEqual(['rain in Chur']);
  });

  it('gives an object of the schema', async () => {
    upstream.always((call) => structured(call.body, '{"city":"Bern","degrees":7}'));
    const output = Output.object({ schema: z.object({ city: z.string(), degrees: z.number() }) });
    const whole = await generateText({ model: model(), prompt, output, maxRetries: 0 });
    expect(whole.output).toEqual({ city: 'Bern', degrees: 7 });
    const streamed = streamText({ model: model(), prompt, output, maxRetries: 0 });
    expect(await streamed.output).toEqual({ city: 'Bern', degrees: 7 });
  });

  it('raises its own error with the provider’s status', async () => {
    upstream.next({ status: 429 });
    await expect(generateText({ model: model(), prompt, maxRetries: 0 })).rejects.toMatchObject({ statusCode: 429 });
  });
});

describe('openai, besides chat', () => {
  it('embeds, paints, speaks and writes down', async () => {
    const { embeddings } = await embedMany({ model: openai().embedding('mock'), values: ['a', 'b'] });
    expect(embeddings).toHaveLength(2);
    const { image } = await generateImage({ model: openai().image('mock'), prompt: 'a cat' });
    expect(image.mediaType).toBe('image/png');
    const { audio } = await generateSpeech({ model: openai().speech('mock'), text: 'Hello' });
    expect(Buffer.from(audio.uint8Array.subarray(0, 4)).toString()).toBe('RIFF');
    const written = await transcribe({ model: openai().transcription('mock'), audio: audio.uint8Array });
    expect(written.text).toMatch(/^A mock transcript/);
  });
});
