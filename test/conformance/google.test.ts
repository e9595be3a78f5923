/** The official Google client, unmodified, against the built gateway, in front of a provider of each dialect. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiError, FunctionCallingConfigMode, GoogleGenAI, Type } from '@google/genai';
import { post, readRequest } from '../support/ask.ts';
import { MASTER_KEY, startGateway, type Gateway } from '../support/gateway.ts';
import { json, startRecorder, type Answering, type Recorder } from '../support/recorder.ts';
import { raisedAs } from '../support/raised.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let google: Recorder;
let gateway: Gateway;
let client: GoogleGenAI;

beforeAll(async () => {
  upstream = await startUpstream();
  google = await startRecorder();
  const native = { model: 'gemini/gemini-2.5-flash', api_base: google.url, api_key: 'sk-google' };
  gateway = await startGateway({
    config: {
      model_list: [
        {
          model_name: 'openai-format',
          litellm_params: { model: 'openai/gpt-5', api_base: upstream.openaiUrl, api_key: 'sk-provider-a' },
        },
        {
          model_name: 'anthropic-format',
          litellm_params: { model: 'anthropic/claude-sonnet-4-5', api_base: upstream.url, api_key: 'sk-provider-b' },
        },
        { model_name: 'google-format', litellm_params: native },
        { model_name: 'with-defaults', litellm_params: { ...native, temperature: 0.25, max_tokens: 9 } },
        { model_name: 'falls-over', litellm_params: native },
      ],
      router_settings: { num_retries: 0, disable_cooldowns: true, fallbacks: [{ 'falls-over': ['openai-format'] }] },
    },
  });
  client = new GoogleGenAI({ apiKey: MASTER_KEY, httpOptions: { baseUrl: gateway.url } });
});

afterAll(async () => {
  await gateway?.close();
  await google?.stop();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

const WEATHER = {
  functionDeclarations: [
    {
      name: 'weather',
      description: 'The weather of a city.',
      parameters: {
        type: Type.OBJECT,
        properties: { city: { type: Type.STRING, nullable: true } },
        required: ['city'],
        propertyOrdering: ['city'],
      },
    },
  ],
};

const raised = raisedAs(ApiError);

function idOf(answer: { sdkHttpResponse?: { headers?: Record<string, string> } }): string {
  return String(answer.sdkHttpResponse?.headers?.['x-request-id']);
}

describe.each(['openai-format', 'anthropic-format'])('with a provider of the %s', (model) => {
  it('answers with text, usage and the name that was asked for', async () => {
    upstream.next({ text: 'Grüezi 👋', usage: { promptTokens: 11, completionTokens: 7, cachedTokens: 4 } });
    const answer = await client.models.generateContent({
      model,
      contents: 'Say it.',
      config: { systemInstruction: 'Be kind.', maxOutputTokens: 50 },
    });
    expect(answer.text).toBe('Grüezi 👋');
    expect(answer.modelVersion).toBe(model);
    expect(answer.candidates?.[0]).toMatchObject({ finishReason: 'STOP', index: 0, content: { role: 'model' } });
    expect(answer.usageMetadata).toMatchObject({
      promptTokenCount: 11,
      candidatesTokenCount: 7,
      totalTokenCount: 18,
      cachedContentTokenCount: 4,
    });
    expect(JSON.stringify(upstream.calls[0]?.body)).toContain('Be kind.');
    const record = await readRequest(gateway.url, idOf(answer));
    expect(record).toMatchObject({ status: 'completed', model });
    expect(record.cost).not.toBeNull();
  });

  it('streams the same text that it would answer whole, and stores it whole', async () => {
    upstream.always({
      text: 'One, two, three: «ünïcödé» 👋.',
      chunks: 5,
      split: [7],
      usage: { promptTokens: 9, completionTokens: 5 },
    });
    const stream = await client.models.generateContentStream({ model, contents: 'Say it.' });
    let text = '';
    let pieces = 0;
    let last: Awaited<ReturnType<typeof client.models.generateContent>> | undefined;
    for await (const piece of stream) {
      text += piece.text ?? '';
      pieces += 1;
      last = piece;
    }
    expect(text).toBe('One, two, three: «ünïcödé» 👋.');
    expect(pieces).toBeGreaterThan(3);
    expect(last?.candidates?.[0]?.finishReason).toBe('STOP');
    expect(last?.usageMetadata).toMatchObject({ promptTokenCount: 9, candidatesTokenCount: 5 });
    const record = await readRequest(gateway.url, idOf(last ?? {}));
    expect(record.response).toMatchObject({
      candidates: [{ content: { role: 'model', parts: [{ text: 'One, two, three: «ünïcödé» 👋.' }] } }],
    });
  });

  it('hands functions to the provider and its parallel calls back, whole and in a stream', async () => {
    const toolCalls = [
      { id: 'call_a', name: 'weather', arguments: '{"city":"Bern"}' },
      { id: 'call_b', name: 'weather', arguments: '{"city":"Zürich"}' },
    ];
    upstream.always({ text: 'Looking.', toolCalls });
    const params = {
      model,
      contents: 'Weather?',
      config: {
        tools: [WEATHER],
        toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
      },
    };
    const expected = [
      { id: 'call_a', name: 'weather', args: { city: 'Bern' } },
      { id: 'call_b', name: 'weather', args: { city: 'Zürich' } },
    ];
    const whole = await client.models.generateContent(params);
    expect(whole.functionCalls).toEqual(expected);
    const seen: unknown[] = [];
    for await (const piece of await client.models.generateContentStream(params))
      seen.push(...(piece.functionCalls ?? []));
    expect(seen).toEqual(expected);
    const sent = JSON.stringify(upstream.calls[0]?.body);
    expect(sent).toContain('"city":{"type":["string","null"]}');
    expect(sent).not.toContain('propertyOrdering');
    expect((upstream.calls[0]?.body as { tool_choice: unknown } | undefined)?.tool_choice).toEqual(
      model === 'openai-format' ? 'required' : { type: 'any' },
    );
  });

  it('carries results back to the calls that asked for them, by order where there are no ids', async () => {
    upstream.next({ text: 'It rains.' });
    await client.models.generateContent({
      model,
      config: { tools: [WEATHER] },
      contents: [
        { role: 'user', parts: [{ text: 'Weather?' }] },
        {
          role: 'model',
          parts: [
            { functionCall: { name: 'weather', args: { city: 'Bern' } } },
            { functionCall: { name: 'weather', args: { city: 'Zürich' } } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { name: 'weather', response: { output: 'rain' } } },
            { functionResponse: { name: 'weather', response: { sky: 'sun' } } },
          ],
        },
      ],
    });
    const messages = (upstream.calls[0]?.body as { messages: Record<string, unknown>[] } | undefined)?.messages ?? [];
    if (model === 'openai-format') {
      const calls = messages[1]?.['tool_calls'] as { id: string }[];
      expect(messages.slice(2)).toEqual([
        { role: 'tool', tool_call_id: calls[0]?.id, content: 'rain' },
        { role: 'tool', tool_call_id: calls[1]?.id, content: '{"sky":"sun"}' },
      ]);
      expect(calls[0]?.id).not.toBe(calls[1]?.id);
    } else {
      const calls = messages[1]?.['content'] as { id: string }[];
      expect(messages[2]?.['content']).toMatchObject([
        { type: 'tool_result', tool_use_id: calls[0]?.id },
        { type: 'tool_result', tool_use_id: calls[1]?.id },
      ]);
    }
  });

  it('tells a provider’s refusal in Google’s shape', async () => {
    upstream.next({ status: 429, body: { error: { message: 'slow down', type: 'rate_limit_error' } } });
    const error = await raised(client.models.generateContent({ model, contents: 'x' }));
    expect(error.status).toBe(429);
    expect(JSON.parse(error.message)).toMatchObject({ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } });
  });

  it('raises when a stream breaks after something was shown', async () => {
    upstream.next({ text: 'One two three four', chunks: 8, reset: 'mid_body', gapMs: 20 });
    const read = async (): Promise<string> => {
      let text = '';
      for await (const piece of await client.models.generateContentStream({ model, contents: 'x' }))
        text += piece.text ?? '';
      return text;
    };
    await expect(read()).rejects.toThrow();
  });
});

describe('translation', () => {
  it('says generation settings, pictures and a schema in OpenAI’s words', async () => {
    upstream.next({ text: '{"a":1}' });
    await client.models.generateContent({
      model: 'openai-format',
      contents: [
        {
          role: 'user',
          parts: [{ text: 'What is this?' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
        },
      ],
      config: {
        maxOutputTokens: 77,
        seed: 7,
        thinkingConfig: { thinkingBudget: 4096 },
        responseMimeType: 'application/json',
        responseSchema: { type: Type.OBJECT, properties: { a: { type: Type.INTEGER } } },
        safetySettings: [],
      },
    });
    expect(upstream.calls[0]?.body).toMatchObject({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ],
        },
      ],
      max_completion_tokens: 77,
      seed: 7,
      reasoning_effort: 'high',
      response_format: {
        type: 'json_schema',
        json_schema: { schema: { type: 'object', properties: { a: { type: 'integer' } } } },
      },
    });
  });

  it('shows thoughts to those who ask, and brings signed ones back to who signed them', async () => {
    const thinking = {
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 'sig-1' },
        { type: 'tool_use', id: 'toolu_a', name: 'weather', input: { city: 'Bern' } },
      ],
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude',
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    };
    upstream.next({ body: thinking }, { text: 'Fine.' });
    const config = { tools: [WEATHER], thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } };
    const first = await client.models.generateContent({ model: 'anthropic-format', contents: 'Weather?', config });
    const content = first.candidates?.[0]?.content ?? {};
    expect(content.parts).toMatchObject([
      { text: 'Hm.', thought: true },
      { functionCall: { id: 'toolu_a', name: 'weather', args: { city: 'Bern' } } },
    ]);
    await client.models.generateContent({
      model: 'anthropic-format',
      config,
      contents: [
        { role: 'user', parts: [{ text: 'Weather?' }] },
        content,
        {
          role: 'user',
          parts: [{ functionResponse: { id: 'toolu_a', name: 'weather', response: { result: 'sun' } } }],
        },
      ],
    });
    const messages = (upstream.calls[1]?.body as { messages: { content: unknown }[] } | undefined)?.messages ?? [];
    expect(messages[1]?.content).toMatchObject([
      { type: 'thinking', thinking: 'Hm.', signature: 'sig-1' },
      { type: 'tool_use', id: 'toolu_a' },
    ]);
    // The same conversation at Google: what another provider signed stays here.
    google.answer(json(ANSWER));
    await client.models.generateContent({
      model: 'google-format',
      contents: [{ role: 'user', parts: [{ text: 'x' }] }, content, { role: 'user', parts: [{ text: 'y' }] }],
    });
    expect(google.calls[0]?.body.toString()).not.toContain('sig-1');
  });

  it('refuses what is wrong, and models that are not there, in Google’s shape', async () => {
    const wrong = await post(gateway.url, '/v1beta/models/openai-format:generateContent', { contents: [{ parts: 1 }] });
    expect(wrong.status).toBe(400);
    expect(wrong.json).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } });
    const missing = await raised(client.models.generateContent({ model: 'nobody', contents: 'x' }));
    expect(missing.status).toBe(404);
    const method = await post(gateway.url, '/v1beta/models/openai-format:dream', {});
    expect(method.status).toBe(404);
  });
});

const ANSWER = {
  candidates: [
    {
      content: { role: 'model', parts: [{ text: 'Hi.', odd: 1 }] },
      finishReason: 'STOP',
      index: 0,
      newMetadata: { kept: true },
    },
  ],
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15, newCount: 3 },
  modelVersion: 'gemini-2.5-flash',
  responseId: 'up-1',
};

function events(frames: readonly object[]): Answering {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(frames.map((frame) => `data: ${JSON.stringify(frame)}\r\n\r\n`).join(''));
  };
}

describe('in front of Google', () => {
  it('loses nothing in either direction', async () => {
    google.answer(json(ANSWER));
    const body = {
      contents: [{ role: 'user', parts: [{ text: 'x', unheard_of: { a_b: 1 } }] }],
      system_instruction: { parts: [{ text: 'Be kind.' }] },
      generationConfig: { temperature: 0.5, brandNew: { x_y: 1 } },
      tools: [{ codeExecution: {} }],
      cachedContent: 'cachedContents/1',
    };
    const answered = await post(gateway.url, '/v1beta/models/google-format:generateContent', body);
    expect(answered.json).toEqual({ ...ANSWER, modelVersion: 'google-format' });
    const [call] = google.calls;
    expect(call?.url).toBe('/v1beta/models/gemini-2.5-flash:generateContent');
    expect(call?.headers['x-goog-api-key']).toBe('sk-google');
    expect(JSON.parse(String(call?.body))).toEqual(body);
    // 10 · 0.30 + 5 · 2.50 dollars a million.
    expect(await readRequest(gateway.url, answered.id)).toMatchObject({ status: 'completed', cost: 0.0000155 });
  });

  it('streams unchanged, as events and as a list, and keeps the whole', async () => {
    const piece = (parts: object[], more: object = {}): object => ({
      candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
      modelVersion: 'gemini-2.5-flash',
    });
    const frames = [
      piece([{ text: 'One ' }], { odd: [1] }),
      piece([{ text: 'two.' }]),
      {
        ...piece([{ text: '', thoughtSignature: 'c2ln' }], { finishReason: 'STOP' }),
        usageMetadata: ANSWER.usageMetadata,
      },
    ];
    const shown = frames.map((frame) => ({ ...frame, modelVersion: 'google-format' }));
    google.answer(events(frames));
    const path = '/v1beta/models/google-format:streamGenerateContent';
    const body = { contents: [{ parts: [{ text: 'x' }] }] };
    const list = await post(gateway.url, path, body);
    expect(list.headers.get('content-type')).toMatch(/^application\/json/);
    expect(JSON.parse(list.text)).toEqual(shown);
    const sse = await post(gateway.url, `${path}?alt=sse`, body);
    expect(sse.text).toBe(shown.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join(''));
    expect(google.calls[1]?.url).toBe('/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse');
    const record = await readRequest(gateway.url, sse.id);
    expect(record).toMatchObject({
      cost: 0.0000155,
      response: {
        candidates: [
          {
            content: { role: 'model', parts: [{ text: 'One two.' }, { text: '', thoughtSignature: 'c2ln' }] },
            finishReason: 'STOP',
            odd: [1],
          },
        ],
      },
    });
  });

  it('puts a deployment’s defaults where the caller said nothing', async () => {
    google.answer(json(ANSWER));
    const body = { contents: [{ parts: [{ text: 'x' }] }], generation_config: { max_output_tokens: 5 } };
    await post(gateway.url, '/models/with-defaults:generateContent', body);
    expect(JSON.parse(String(google.calls[0]?.body))).toMatchObject({
      generation_config: { temperature: 0.25, max_output_tokens: 5 },
    });
    expect(String(google.calls[0]?.body)).not.toContain('maxOutputTokens');
  });

  it('counts tokens where Google counts them, for nothing', async () => {
    google.answer(json({ totalTokens: 7, promptTokensDetails: [] }));
    const counted = await client.models.countTokens({ model: 'google-format', contents: 'x' });
    expect(counted.totalTokens).toBe(7);
    expect(google.calls[0]?.url).toBe('/v1beta/models/gemini-2.5-flash:countTokens');
    expect(await readRequest(gateway.url, idOf(counted))).toMatchObject({ cost: 0 });
    const elsewhere = await raised(client.models.countTokens({ model: 'openai-format', contents: 'x' }));
    expect(elsewhere.status).toBe(400);
  });

  it('falls back to a provider with other words', async () => {
    google.answer(json({ error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } }, 503));
    upstream.next({ text: 'From elsewhere.' });
    const answer = await client.models.generateContent({ model: 'falls-over', contents: 'x' });
    expect(answer.text).toBe('From elsewhere.');
    expect(answer.modelVersion).toBe('openai-format');
  });
});
