/** OpenAI's request in Gemini's words. */
import { describe, expect, it } from '@jest/globals';
import { gemini } from '../../../providers/gemini/index.ts';
import { NO_SIGNATURE } from '../../../providers/gemini/signatures.ts';
import type { ChatMessage, ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, refusal, sent, targetOf } from '../streams.ts';

const FLASH = 'gemini-2.5-flash';
const THIRD = 'gemini-3-pro-preview';
const chat = chatOf(gemini);

function send(fields: Partial<ChatRequest> = {}, settings: Record<string, unknown> = {}, model = FLASH) {
  return chat.toRequest(ask(fields), targetOf(model, settings, gemini.baseUrl));
}

function body(fields: Partial<ChatRequest> = {}, model = FLASH, settings: Record<string, unknown> = {}) {
  return sent(send(fields, settings, model)).body;
}

function config(fields: Partial<ChatRequest>, model = FLASH): unknown {
  return body(fields, model)['generationConfig'];
}

function contents(messages: ChatMessage[], model = FLASH): unknown {
  return body({ messages }, model)['contents'];
}

function partsOf(content: ChatMessage['content']): unknown {
  const [turn] = contents([{ role: 'user', ...(content === undefined ? {} : { content }) }]) as { parts: unknown }[];
  return turn?.parts;
}

const call = (id: string, name: string, args = '{}', extra: object = {}) => ({
  id,
  type: 'function' as const,
  function: { name, arguments: args },
  ...extra,
});
const tool = (name: string, parameters?: Record<string, unknown>) => ({
  type: 'function',
  function: { name, description: 'd', ...(parameters === undefined ? {} : { parameters }) },
});
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };

describe('where it goes', () => {
  it('is the method of the model, with events when it streams, and never with the key in the query', () => {
    const base = 'https://generativelanguage.googleapis.com/v1beta/models';
    expect(sent(send()).wire.url).toBe(`${base}/gemini-2.5-flash:generateContent`);
    expect(sent(send({ stream: true })).wire.url).toBe(`${base}/gemini-2.5-flash:streamGenerateContent?alt=sse`);
    expect(sent(send({}, {}, 'tunedModels/mine')).wire.url).toBe(
      base.replace('/models', '/tunedModels/mine:generateContent'),
    );
    expect(sent(send({}, { api_version: 'v1alpha' })).wire.url).toContain('/v1alpha/models/');
    expect(sent(chat.toRequest(ask(), targetOf(FLASH, {}, 'https://proxy.test/v1'))).wire.url).toBe(
      'https://proxy.test/v1/models/gemini-2.5-flash:generateContent',
    );
    expect(gemini.auth).toMatchObject({ kind: 'header', name: 'x-goog-api-key' });
  });

  it('takes headers and fields from the deployment', () => {
    const settings = {
      extra_headers: { 'X-Team': 'a' },
      extra_body: { cachedContent: 'c' },
      safety_settings: [{ category: 'x' }],
    };
    const { wire, body: built } = sent(send({}, settings));
    expect(wire.headers['x-team']).toBe('a');
    expect(built).toMatchObject({ cachedContent: 'c', safetySettings: [{ category: 'x' }] });
  });
});

describe('messages', () => {
  it('put all instructions into one, and neighbours of one role into one turn', () => {
    const built = body({
      messages: [
        { role: 'system', content: 'one' },
        { role: 'user', content: 'a' },
        { role: 'developer', content: [{ type: 'text', text: 'two' }] },
        { role: 'user', content: 'b' },
        { role: 'assistant', content: 'c' },
        { role: 'assistant', content: 'd', refusal: 'no' },
        { role: 'user', content: '' },
      ],
    });
    expect(built['systemInstruction']).toEqual({ parts: [{ text: 'one' }, { text: 'two' }] });
    expect(built['contents']).toEqual([
      { role: 'user', parts: [{ text: 'a' }, { text: 'b' }] },
      { role: 'model', parts: [{ text: 'c' }, { text: 'd' }, { text: 'no' }] },
    ]);
  });

  it('say a word when there is nothing but instructions', () => {
    expect(contents([{ role: 'system', content: 's' }])).toEqual([{ role: 'user', parts: [{ text: '.' }] }]);
  });

  it('find the name of a result by its call, and put results in the order of their calls', () => {
    const messages: ChatMessage[] = [
      { role: 'user', content: 'u' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [call('1', 'f', '{"x":1}'), call('2', 'g'), call('3', 'f', 'broken')],
      },
      { role: 'tool', tool_call_id: '3', content: [{ type: 'text', text: 'plain' }] },
      { role: 'tool', tool_call_id: '1', content: '{"ok":true}' },
      { role: 'tool', tool_call_id: '2', content: '[1]' },
      { role: 'user', content: 'go on' },
    ];
    expect(contents(messages)).toEqual([
      { role: 'user', parts: [{ text: 'u' }] },
      {
        role: 'model',
        parts: [
          { functionCall: { name: 'f', args: { x: 1 } } },
          { functionCall: { name: 'g', args: {} } },
          { functionCall: { name: 'f', args: { arguments: 'broken' } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'f', response: { ok: true } } },
          { functionResponse: { name: 'g', response: { content: '[1]' } } },
          { functionResponse: { name: 'f', response: { content: 'plain' } } },
        ],
      },
      { role: 'user', parts: [{ text: 'go on' }] },
    ]);
  });

  it('take the deprecated single function call', () => {
    expect(
      contents([
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: 'done' },
      ]),
    ).toEqual([
      { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response: { content: 'done' } } }] },
    ]);
  });

  it('show what a result shows beside its text', () => {
    const image = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AA==' } };
    expect(
      contents([
        { role: 'assistant', tool_calls: [call('1', 'f')] },
        { role: 'tool', tool_call_id: '1', content: [{ type: 'text', text: 'x' }, image] },
      ]),
    ).toMatchObject([
      {},
      {
        parts: [
          { functionResponse: { response: { content: 'x' } } },
          { inlineData: { mimeType: 'image/png', data: 'AA==' } },
        ],
      },
    ]);
  });

  it('refuse calls that are no functions', () => {
    const custom = { id: '1', type: 'custom', custom: { name: 'x', input: 'y' } } as unknown as ReturnType<typeof call>;
    expect(refusal(send({ messages: [{ role: 'assistant', tool_calls: [custom] }] }))).toMatchObject({
      code: 'unsupported_parameter',
      param: 'messages[0].tool_calls[0].type',
    });
  });
});

describe('thought signatures', () => {
  const history = (first: ReturnType<typeof call>): ChatMessage[] => [
    { role: 'user', content: 'u' },
    { role: 'assistant', tool_calls: [first, call('b', 'g')] },
    { role: 'tool', tool_call_id: first.id, content: 'r' },
    { role: 'tool', tool_call_id: 'b', content: 's' },
  ];
  const signed = (first: ReturnType<typeof call>, model = THIRD): unknown =>
    (contents(history(first), model) as { parts: { thoughtSignature?: string }[] }[])[1]?.parts.map(
      (part) => part.thoughtSignature,
    );

  it.each([
    ['a field of the call', call('a', 'f', '{}', { provider_specific_fields: { thought_signature: 'U0lH' } })],
    [
      'a field of its function',
      {
        ...call('a', 'f'),
        function: { name: 'f', arguments: '{}', provider_specific_fields: { thought_signature: 'U0lH' } },
      },
    ],
    [
      "the field of Google's compatible endpoint",
      call('a', 'f', '{}', { extra_content: { google: { thought_signature: 'U0lH' } } }),
    ],
    ['the id', call('a__thought__U0lH', 'f')],
  ])('come back from %s', (_where, first) => {
    expect(signed(first)).toEqual(['U0lH', undefined]);
  });

  it('that were cut or never were are replaced where generation 3 insists on one', () => {
    expect(signed(call('a', 'f'))).toEqual([NO_SIGNATURE, undefined]);
    expect(signed(call('a__thought__U0lHx', 'f'))).toEqual([NO_SIGNATURE, undefined]);
    expect(atob(NO_SIGNATURE)).toBe('skip_thought_signature_validator');
    expect(signed(call('a', 'f'), FLASH)).toEqual([undefined, undefined]);
  });

  it('are no part of the ids that generation 3 is told', () => {
    expect(contents(history(call('a__thought__U0lH', 'f')), THIRD)).toMatchObject([
      {},
      { parts: [{ functionCall: { id: 'a', name: 'f' } }, { functionCall: { id: 'b' } }] },
      { parts: [{ functionResponse: { id: 'a', name: 'f' } }, { functionResponse: { id: 'b', name: 'g' } }] },
    ]);
  });

  it('of text go back with the text', () => {
    const message: ChatMessage = {
      role: 'assistant',
      content: 'x',
      provider_specific_fields: { thought_signatures: ['one', 'two'] },
    };
    expect(contents([message])).toEqual([{ role: 'model', parts: [{ text: 'x', thoughtSignature: 'two' }] }]);
  });
});

describe('content', () => {
  it('of every kind becomes data or a reference', () => {
    expect(
      partsOf([
        { type: 'text', text: 'see' },
        { type: 'image_url', image_url: 'data:image/jpg;base64,AA==' },
        { type: 'image_url', image_url: { url: 'gs://bucket/a.webp' } },
        { type: 'image_url', image_url: { url: 'https://youtu.be/x', format: 'video/mp4' } },
        { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
        { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==' } },
        { type: 'file', file: { file_data: 'AA==', filename: 'a.csv' } },
        { type: 'file', file: { file_data: 'AA==' } },
        { type: 'file', file: { file_id: 'files/abc' } },
        {
          type: 'file',
          file: { file_id: 'https://generativelanguage.googleapis.com/v1beta/files/x', format: 'text/plain' },
        },
        { type: 'video_url', video_url: { url: 'gs://b/v.mp4' }, video_metadata: { fps: 2 } },
      ]),
    ).toEqual([
      { text: 'see' },
      { inlineData: { mimeType: 'image/jpeg', data: 'AA==' } },
      { fileData: { mimeType: 'image/webp', fileUri: 'gs://bucket/a.webp' } },
      { fileData: { mimeType: 'video/mp4', fileUri: 'https://youtu.be/x' } },
      { inlineData: { mimeType: 'audio/wav', data: 'AA==' } },
      { inlineData: { mimeType: 'application/pdf', data: 'AA==' } },
      { inlineData: { mimeType: 'text/csv', data: 'AA==' } },
      { inlineData: { mimeType: 'application/pdf', data: 'AA==' } },
      { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/abc' } },
      { fileData: { mimeType: 'text/plain', fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/x' } },
      { fileData: { mimeType: 'video/mp4', fileUri: 'gs://b/v.mp4' }, videoMetadata: { fps: 2 } },
    ]);
  });

  it.each([
    [{ type: 'image_url' as const, image_url: 'nonsense' }, 'messages[0].content[0].image_url'],
    [{ type: 'file' as const, file: { file_id: 'file-123' } }, 'messages[0].content[0].file'],
    [
      { type: 'input_audio' as const, input_audio: { data: '', format: 'wav' } },
      'messages[0].content[0].input_audio.data',
    ],
    [{ type: 'hologram' }, 'messages[0].content[0].type'],
  ])('that it cannot take is refused by name', (part, param) => {
    expect(refusal(send({ messages: [{ role: 'user', content: [part] }] })).param).toBe(param);
  });

  it('at https URLs is fetched for it, except what is Google’s own', () => {
    const wants = (url: string) => chat.inlineUrls?.({ kind: 'image', url }, targetOf(FLASH));
    expect(wants('https://a.test/x.png')).toBe(true);
    expect(wants('https://generativelanguage.googleapis.com/v1beta/files/x')).toBe(false);
    expect(wants('https://www.youtube.com/watch?v=x')).toBe(false);
    expect(wants('https://youtube.com.evil.test/x')).toBe(true);
  });
});

describe('parameters', () => {
  it('have names of their own', () => {
    expect(
      config({
        temperature: 0.5,
        top_p: 0.9,
        top_k: 3,
        max_tokens: 10,
        n: 2,
        stop: 'x',
        seed: 7,
        presence_penalty: 0.1,
        frequency_penalty: 0.2,
        logprobs: true,
        top_logprobs: 4,
      }),
    ).toEqual({
      temperature: 0.5,
      topP: 0.9,
      topK: 3,
      maxOutputTokens: 10,
      candidateCount: 2,
      stopSequences: ['x'],
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      responseLogprobs: true,
      logprobs: 4,
    });
    expect(config({ max_tokens: 1, max_completion_tokens: 2, stop: ['a', 'b'] })).toEqual({
      maxOutputTokens: 2,
      stopSequences: ['a', 'b'],
    });
  });

  it('are left out when they say nothing', () => {
    const plain = sent(
      send({ n: 1, stop: [], user: 'u', metadata: { a: 1 }, stream_options: { include_usage: true } }),
    );
    expect(Object.keys(plain.body)).toEqual(['contents']);
    expect(plain.wire.dropped).toEqual(['user']);
  });

  it('keep a seed of 64 bits repeatable in 32', () => {
    const seed = (value: number): unknown => (config({ seed: value }) as { seed: number }).seed;
    expect(seed(2 ** 53 - 2)).toBe(seed(2 ** 53 - 2));
    expect(seed(2 ** 31)).toBe(-(2 ** 31));
    expect(Math.abs(Number(seed(1.5e15)))).toBeLessThanOrEqual(2 ** 31);
  });

  it.each([
    ['logit_bias', { logit_bias: { a: 1 } }, FLASH],
    ['functions', { functions: [{ name: 'f' }] }, FLASH],
    ['prediction', { prediction: { type: 'content' } }, FLASH],
    ['presence_penalty', { presence_penalty: 1 }, THIRD],
    ['reasoning_effort', { reasoning_effort: 'low' as const }, 'gemini-2.0-flash'],
    ['thinking', { thinking: { type: 'enabled', budget_tokens: 5 } }, 'gemini-2.0-flash'],
    ['parallel_tool_calls', { parallel_tool_calls: false, tools: [tool('a'), tool('b')] }, FLASH],
    ['service_tier', { service_tier: 'scale' }, FLASH],
    ['audio.format', { modalities: ['audio'], audio: { voice: 'Kore', format: 'mp3' } }, FLASH],
    ['labels', { labels: { a: 'b' } }, FLASH],
  ])('%s is refused by name, and left out when that is allowed', (param, fields, model) => {
    expect(refusal(send(fields, {}, model))).toMatchObject({ code: 'unsupported_parameter', param });
    expect(sent(send(fields, { drop_params: true }, model)).wire.dropped).toEqual([param.split('.')[0]]);
  });

  it('that are neutral pass where they could not be expressed', () => {
    expect(sent(send({ presence_penalty: 0, parallel_tool_calls: true }, {}, THIRD)).wire.dropped).toEqual([]);
    expect(sent(send({ parallel_tool_calls: false, tools: [tool('a')] })).wire.dropped).toEqual([]);
  });

  it('of Google’s own pass in both spellings', () => {
    expect(
      body({
        safety_settings: [{ category: 'c' }],
        cachedContent: 'cachedContents/x',
        mediaResolution: 'MEDIA_RESOLUTION_HIGH',
        imageConfig: { aspectRatio: '1:1' },
        generation_config: { response_modalities: ['IMAGE'] },
      }),
    ).toMatchObject({
      safetySettings: [{ category: 'c' }],
      cachedContent: 'cachedContents/x',
      generationConfig: {
        mediaResolution: 'MEDIA_RESOLUTION_HIGH',
        imageConfig: { aspectRatio: '1:1' },
        responseModalities: ['IMAGE'],
      },
    });
  });

  it('ask for speech and pictures', () => {
    expect(config({ modalities: ['text', 'image'] })).toEqual({ responseModalities: ['TEXT', 'IMAGE'] });
    expect(config({ modalities: ['audio'], audio: { voice: 'Kore', format: 'pcm16' } })).toEqual({
      responseModalities: ['AUDIO'],
      speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
    });
  });

  it('ask for a tier only when it is not the usual one', () => {
    expect(body({ service_tier: 'flex' })['serviceTier']).toBe('flex');
    for (const tier of ['auto', 'default']) expect(body({ service_tier: tier })).not.toHaveProperty('serviceTier');
  });

  it('look coarsely at images when all of them may be', () => {
    const image = (detail: string) => ({
      type: 'image_url' as const,
      image_url: { url: 'data:image/png;base64,AA==', detail },
    });
    const asked = (...details: string[]) => config({ messages: [{ role: 'user', content: details.map(image) }] });
    expect(asked('low', 'low')).toEqual({ mediaResolution: 'MEDIA_RESOLUTION_LOW' });
    expect(asked('low', 'high')).toBeUndefined();
  });
});

describe('tools', () => {
  it('are declared together, without a schema where there is nothing to say', () => {
    expect(
      body({ tools: [tool('f', SCHEMA), tool('g', { type: 'object', properties: {} }), tool('h')] })['tools'],
    ).toEqual([
      {
        functionDeclarations: [
          {
            name: 'f',
            description: 'd',
            parameters: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
          },
          { name: 'g', description: 'd' },
          { name: 'h', description: 'd' },
        ],
      },
    ]);
  });

  it('with a schema that holds itself keep it as JSON Schema', () => {
    const node = { type: 'object', properties: { next: { $ref: '#/$defs/node' } } };
    const schema = { $ref: '#/$defs/node', $defs: { node } };
    expect(body({ tools: [tool('f', schema)] })['tools']).toEqual([
      { functionDeclarations: [{ name: 'f', description: 'd', parametersJsonSchema: schema }] },
    ]);
  });

  it.each([
    ['auto' as const, { mode: 'AUTO' }],
    ['none' as const, { mode: 'NONE' }],
    ['required' as const, { mode: 'ANY' }],
    [
      { type: 'function', function: { name: 'f' } },
      { mode: 'ANY', allowedFunctionNames: ['f'] },
    ],
    [
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
      { mode: 'ANY', allowedFunctionNames: ['f'] },
    ],
    [
      { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [{ type: 'function', name: 'f' }] } },
      { mode: 'VALIDATED', allowedFunctionNames: ['f'] },
    ],
  ])('are chosen by %j', (choice, expected) => {
    expect(body({ tools: [tool('f')], tool_choice: choice })['toolConfig']).toEqual({
      functionCallingConfig: expected,
    });
  });

  it('have names that Google takes, and answers have the caller’s', () => {
    const tools = [tool('1 räume'), tool('_1_r_ume'), tool('x'.repeat(80))];
    const [declared] = body({ tools })['tools'] as { functionDeclarations: { name: string }[] }[];
    expect(declared?.functionDeclarations.map(({ name }) => name)).toEqual(['_1_r_ume_2', '_1_r_ume', 'x'.repeat(64)]);
    const answer = { candidates: [{ content: { parts: [{ functionCall: { name: '_1_r_ume_2' } }] } }] };
    const response = chat.fromResponse(answer, ask({ tools }), targetOf(FLASH));
    expect(response.choices[0]?.message.tool_calls?.[0]?.function.name).toBe('1 räume');
  });

  it('of Google’s own are known by their names', () => {
    expect(
      body({ tools: [{ type: 'google_search' }, { type: 'code_execution' }, { type: 'url_context', urlContext: {} }] })[
        'tools'
      ],
    ).toEqual([{ googleSearch: {} }, { codeExecution: {} }, { urlContext: {} }]);
    expect(body({ web_search_options: {} })['tools']).toEqual([{ googleSearch: {} }]);
    expect(refusal(send({ tools: [{ type: 'mcp' }] })).param).toBe('tools[0].type');
  });

  it('of Google’s own stand beside functions from generation 3 on only', () => {
    const fields = { tools: [tool('f')], web_search_options: {} };
    expect(body(fields, THIRD)['tools']).toHaveLength(2);
    const { wire, body: built } = sent(send(fields));
    expect(built['tools']).toHaveLength(1);
    expect(wire.dropped).toEqual(['web_search_options']);
  });
});

describe('structured output', () => {
  const json: ChatRequest['response_format'] = {
    type: 'json_schema',
    json_schema: { name: 'n', schema: { ...SCHEMA, $schema: 'x' } },
  };

  it('is a media type, and a schema where one is given', () => {
    expect(config({ response_format: { type: 'json_object' } })).toEqual({ responseMimeType: 'application/json' });
    expect(config({ response_format: json })).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: SCHEMA,
    });
    expect(config({ response_format: json }, 'gemini-1.5-pro')).toEqual({
      responseMimeType: 'application/json',
      responseSchema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
    });
    expect(config({ response_format: { type: 'text' } })).toBeUndefined();
  });

  it('beside functions is a function before generation 3', () => {
    const fields = { response_format: json, tools: [tool('f')] };
    const built = body(fields);
    expect(built['tools']).toMatchObject([{ functionDeclarations: [{ name: 'f' }, { name: 'json_tool_call' }] }]);
    expect(built).not.toHaveProperty('generationConfig');
    expect(body(fields, THIRD)).toMatchObject({
      tools: [{ functionDeclarations: [{ name: 'f' }] }],
      generationConfig: { responseMimeType: 'application/json' },
    });
  });

  it('stays native when the functions must not be called', () => {
    const built = body({ response_format: json, tools: [tool('f')], tool_choice: 'none' });
    expect(built).not.toHaveProperty('tools');
    expect(built).toMatchObject({ generationConfig: { responseMimeType: 'application/json' } });
  });
});
