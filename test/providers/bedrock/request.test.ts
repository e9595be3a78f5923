/** Chat requests in Converse's words, and where they are sent. */
import { describe, expect, it } from '@jest/globals';
import type { ChatMessage, ChatRequest, Tool } from '../../../providers/protocol/chat.ts';
import { refusal, sent, targetOf } from '../streams.ts';
import { bodyOf, chat, CLAUDE, LLAMA, messagesOf, MISTRAL, NOVA, OLD_CLAUDE, OSS, to, WEATHER } from './asking.ts';

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const PDF = 'data:application/pdf;base64,JVBERi0=';

describe('the address', () => {
  it.each([
    [CLAUDE, {}, 'https://bedrock-runtime.us-west-2.amazonaws.com', CLAUDE, 'us-west-2'],
    [
      CLAUDE,
      { aws_region_name: 'eu-central-1' },
      'https://bedrock-runtime.eu-central-1.amazonaws.com',
      CLAUDE,
      'eu-central-1',
    ],
    [`us-gov-west-1/${CLAUDE}`, {}, 'https://bedrock-runtime.us-gov-west-1.amazonaws.com', CLAUDE, 'us-gov-west-1'],
    [
      CLAUDE,
      { aws_region_name: 'cn-north-1' },
      'https://bedrock-runtime.cn-north-1.amazonaws.com.cn',
      CLAUDE,
      'cn-north-1',
    ],
    [`converse/eu.${CLAUDE}`, {}, 'https://bedrock-runtime.us-west-2.amazonaws.com', `eu.${CLAUDE}`, 'us-west-2'],
    [
      'arn:aws:bedrock:eu-west-1:123:application-inference-profile/abc',
      { aws_region_name: 'us-east-1' },
      'https://bedrock-runtime.eu-west-1.amazonaws.com',
      'arn:aws:bedrock:eu-west-1:123:application-inference-profile/abc',
      'eu-west-1',
    ],
    [
      CLAUDE,
      { model_id: 'arn:aws:bedrock:eu-west-3:123:application-inference-profile/abc' },
      'https://bedrock-runtime.eu-west-3.amazonaws.com',
      'arn:aws:bedrock:eu-west-3:123:application-inference-profile/abc',
      'eu-west-3',
    ],
    [
      CLAUDE,
      {
        aws_bedrock_runtime_endpoint: 'https://vpce-1.bedrock-runtime.us-east-2.vpce.amazonaws.com/',
        aws_region_name: 'eu-west-1',
      },
      'https://vpce-1.bedrock-runtime.us-east-2.vpce.amazonaws.com',
      CLAUDE,
      'us-east-2',
    ],
  ])('of %s with %j', (model, settings, host, id, region) => {
    const { wire } = sent(to(model, {}, settings));
    expect(wire.url).toBe(`${host}/model/${encodeURIComponent(id)}/converse`);
    expect(wire.signingRegion).toBe(region);
  });

  it('is one’s own where one has one, and says how it streams', () => {
    const { wire } = sent(to(CLAUDE, { stream: true }, { aws_region_name: 'eu-west-1' }, 'http://proxy.test/aws'));
    expect(wire.url).toBe(`http://proxy.test/aws/model/${encodeURIComponent(CLAUDE)}/converse-stream`);
    expect(wire.signingRegion).toBe('eu-west-1');
    expect(wire.headers['accept']).toBe('application/vnd.amazon.eventstream');
  });

  it('never leads where a setting that is no region says', () => {
    expect(refusal(to(CLAUDE, {}, { aws_region_name: 'evil.test/' }))).toMatchObject({ code: 'invalid_request' });
  });

  it.each(['agent/x', 'agentcore/x', 'mantle/x', 'async_invoke/x'])('of %s is another service’s', (model) => {
    expect(refusal(to(model))).toMatchObject({ code: 'unsupported_parameter', param: 'model' });
  });
});

describe('messages', () => {
  it('put leading instructions apart and later ones into the user’s turn, merged and alternating', () => {
    const body = bodyOf(CLAUDE, {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
        { role: 'user', content: 'a' },
        { role: 'system', content: 'later' },
        { role: 'assistant', content: 'b' },
        { role: 'assistant', content: 'c  ' },
      ],
    });
    expect(body['system']).toEqual([{ text: 'Be brief.' }, { text: 'Be kind.' }]);
    expect(body['messages']).toEqual([
      { role: 'user', content: [{ text: 'a' }, { text: 'later' }] },
      { role: 'assistant', content: [{ text: 'b' }, { text: 'c' }] },
    ]);
  });

  it('begin with a user, and have no blank text', () => {
    expect(
      messagesOf([
        { role: 'assistant', content: 'hello' },
        { role: 'user', content: '  ' },
        {
          role: 'user',
          content: [
            { type: 'text', text: '' },
            { type: 'text', text: 'hi' },
          ],
        },
      ]),
    ).toEqual([
      { role: 'user', content: [{ text: '.' }] },
      { role: 'assistant', content: [{ text: 'hello' }] },
      { role: 'user', content: [{ text: 'hi' }] },
    ]);
  });

  it('carry signed thoughts, then text, then calls; results come first in their turn', () => {
    const messages: ChatMessage[] = [
      { role: 'user', content: 'weather?' },
      {
        role: 'assistant',
        content: 'I look.',
        thinking_blocks: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'thinking', thinking: 'unsigned' },
          { type: 'redacted_thinking', data: 'cmVk' },
        ],
        tool_calls: [
          { id: 'call:1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
          { id: 'b', type: 'function', function: { name: 'weather', arguments: 'not json' } },
        ],
      },
      { role: 'user', content: 'well?' },
      {
        role: 'tool',
        tool_call_id: 'call:1',
        content: [
          { type: 'text', text: 'sun' },
          { type: 'image_url', image_url: PNG },
        ],
      },
      { role: 'tool', tool_call_id: 'b', content: '', is_error: true },
    ];
    expect(messagesOf(messages, CLAUDE, { tools: [WEATHER] })).toEqual([
      { role: 'user', content: [{ text: 'weather?' }] },
      {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } },
          { reasoningContent: { redactedContent: 'cmVk' } },
          { text: 'I look.' },
          { toolUse: { toolUseId: 'call_1', name: 'weather', input: { city: 'Rome' } } },
          { toolUse: { toolUseId: 'b', name: 'weather', input: { arguments: 'not json' } } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            toolResult: {
              toolUseId: 'call_1',
              content: [{ text: 'sun' }, { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } }],
            },
          },
          { toolResult: { toolUseId: 'b', content: [{ text: '.' }], status: 'error' } },
          { text: 'well?' },
        ],
      },
    ]);
  });

  it('tell earlier calls as text where no tools are declared', () => {
    const body = bodyOf(CLAUDE, {
      messages: [
        { role: 'user', content: 'weather?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'sun' },
      ],
    });
    expect(body['toolConfig']).toBeUndefined();
    expect(JSON.stringify(body)).not.toMatch(/toolUse|toolResult/);
    expect(JSON.stringify(body)).toContain('weather with {\\"city\\":\\"Rome\\"}');
    expect(JSON.stringify(body)).toContain('"sun"');
  });

  it('keep long ids of calls apart, and both ends of a call together', () => {
    const ids = ['x'.repeat(200) + '1', 'x'.repeat(200) + '2'];
    const body = bodyOf(CLAUDE, {
      tools: [WEATHER],
      messages: [
        { role: 'user', content: 'a' },
        {
          role: 'assistant',
          content: null,
          tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'weather', arguments: '{}' } })),
        },
        ...ids.map((id): ChatMessage => ({ role: 'tool', tool_call_id: id, content: 'r' })),
      ],
    });
    const found = [...JSON.stringify(body).matchAll(/"toolUseId":"([^"]+)"/g)].map(([, id]) => id ?? '');
    expect(new Set(found).size).toBe(2);
    expect(found.slice(0, 2)).toEqual(found.slice(2));
    for (const id of found) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
  });
});

describe('attachments', () => {
  const content = (...parts: object[]) => [{ role: 'user' as const, content: parts as never }];

  it('are images, documents, and videos by their types', () => {
    const [turn] = messagesOf(
      content(
        { type: 'image_url', image_url: { url: PNG } },
        { type: 'image_url', image_url: { url: PNG, format: 'image/jpeg' } },
        { type: 'file', file: { file_data: PDF, filename: 'Q3 report (final)_v2.pdf' } },
        { type: 'file', file: { file_data: PDF, filename: 'Q3 report (final)_v2.pdf' } },
        { type: 'file', file: { file_data: 'data:text/csv;base64,YQ==' } },
        { type: 'file', file: { file_data: 'YQ==', filename: 'notes.md' } },
        { type: 'file', file: { file_id: 's3://bucket/paper.pdf' } },
        { type: 'video_url', video_url: { url: 'data:video/mp4;base64,AAAA' } },
        { type: 'text', text: 'Compare.' },
      ),
    ) as [{ content: Record<string, unknown>[] }];
    expect(turn.content.slice(0, 4)).toEqual([
      { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } },
      { image: { format: 'jpeg', source: { bytes: 'iVBORw0KGgo=' } } },
      { document: { format: 'pdf', name: 'Q3 report (final) v2', source: { bytes: 'JVBERi0=' } } },
      { document: { format: 'pdf', name: 'Q3 report (final) v2-2', source: { bytes: 'JVBERi0=' } } },
    ]);
    expect(turn.content[4]).toMatchObject({
      document: { format: 'csv', name: expect.stringMatching(/^document-\w{16}$/) },
    });
    expect(turn.content[5]).toMatchObject({ document: { format: 'md', name: 'notes' } });
    expect(turn.content[6]).toMatchObject({
      document: { format: 'pdf', source: { s3Location: { uri: 's3://bucket/paper.pdf' } } },
    });
    expect(turn.content[7]).toEqual({ video: { format: 'mp4', source: { bytes: 'AAAA' } } });
  });

  it('that are documents get words beside them', () => {
    const [turn] = messagesOf(content({ type: 'file', file: { file_data: PDF, filename: 'a.pdf' } })) as [
      { content: object[] },
    ];
    expect(turn.content[1]).toEqual({ text: '.' });
  });

  it.each([
    [{ type: 'image_url', image_url: { url: 'data:image/tiff;base64,AA==' } }, 'messages[0].content[0].image_url'],
    [{ type: 'image_url', image_url: { url: 'ftp://x' } }, 'messages[0].content[0].image_url'],
    [{ type: 'file', file: { file_id: 'file-123' } }, 'messages[0].content[0].file'],
    [{ type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } }, 'messages[0].content[0].input_audio'],
    [{ type: 'hologram' }, 'messages[0].content[0].type'],
  ])('%j is refused by its place', (part, param) => {
    expect(refusal(to(CLAUDE, { messages: content(part) }))).toMatchObject({ param, billed: 'no' });
  });

  it('may be sound for models that hear', () => {
    expect(
      messagesOf(
        content({ type: 'input_audio', input_audio: { data: 'AA', format: 'mp3' } }),
        'mistral.voxtral-small-24b-2507',
      ),
    ).toEqual([{ role: 'user', content: [{ audio: { format: 'mp3', source: { bytes: 'AA' } } }] }]);
  });

  it('are fetched by the gateway', () => {
    expect(chat.inlineUrls?.({ kind: 'image', url: 'https://x.test/a.png' }, targetOf(CLAUDE))).toBe(true);
  });
});

describe('parameters', () => {
  it('have their places', () => {
    const body = bodyOf(CLAUDE, {
      max_completion_tokens: 10,
      temperature: 1.7,
      top_p: 0.5,
      top_k: 5,
      stop: ['END', ' '],
      service_tier: 'flex',
      custom: 1,
    });
    expect(body['inferenceConfig']).toEqual({ maxTokens: 10, temperature: 1, topP: 0.5, stopSequences: ['END'] });
    expect(body['additionalModelRequestFields']).toEqual({ top_k: 5, custom: 1 });
    expect(body['serviceTier']).toEqual({ type: 'flex' });
  });

  it('are left out when nobody gave them', () => {
    expect(Object.keys(bodyOf(CLAUDE, { service_tier: 'auto' }))).toEqual(['messages']);
  });

  it.each([
    [NOVA, { inferenceConfig: { topK: 5 } }],
    ['cohere.command-r-plus-v1:0', { k: 5 }],
    [MISTRAL, { top_k: 5 }],
  ])('of %s say top_k as %j', (model, fields) => {
    expect(bodyOf(model, { top_k: 5 })['additionalModelRequestFields']).toEqual(fields);
  });

  it.each([
    [CLAUDE, 'n', 2],
    [CLAUDE, 'seed', 1],
    [CLAUDE, 'logprobs', true],
    [CLAUDE, 'presence_penalty', 1],
    [CLAUDE, 'logit_bias', { 1: 2 }],
    [CLAUDE, 'service_tier', 'scale'],
    [CLAUDE, 'web_search_options', {}],
    [NOVA, 'parallel_tool_calls', false],
    [NOVA, 'reasoning_effort', 'low'],
    [LLAMA, 'top_k', 5],
    [LLAMA, 'tool_choice', 'required'],
    [LLAMA, 'thinking', { type: 'enabled' }],
    [OLD_CLAUDE, 'reasoning_effort', 'low'],
    ['anthropic.claude-opus-4-7-v1', 'temperature', 0.5],
  ])('of %s cannot be %s: %j', (model, name, value) => {
    expect(refusal(to(model, { [name]: value, tools: [WEATHER] }))).toMatchObject({
      code: 'unsupported_parameter',
      param: name,
    });
    const { wire } = sent(to(model, { [name]: value, tools: [WEATHER] }, { drop_params: true }));
    expect(wire.dropped).toEqual([name]);
  });

  it('that are forced through go to the model as they are', () => {
    const body = bodyOf(OSS, { seed: 7 }, { allowed_openai_params: ['seed'] });
    expect(body['additionalModelRequestFields']).toEqual({ seed: 7 });
  });

  it('that are hints are dropped without a word', () => {
    const { wire, body } = sent(to(CLAUDE, { user: 'me', metadata: { a: 'b' }, prompt_cache_key: 'k' }));
    expect(Object.keys(body)).toEqual(['messages']);
    expect(wire.dropped.toSorted()).toEqual(['metadata', 'prompt_cache_key', 'user']);
  });

  it('of Converse itself come from the caller, else from the deployment', () => {
    const guardrail = { guardrailIdentifier: 'g', guardrailVersion: '1', streamProcessingMode: 'async' };
    const settings = { guardrailConfig: guardrail, performanceConfig: { latency: 'optimized' }, extra_body: { x: 1 } };
    const whole = bodyOf(
      CLAUDE,
      { requestMetadata: { team: 'a' }, performanceConfig: { latency: 'standard' } },
      settings,
    );
    expect(whole).toMatchObject({
      guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
      performanceConfig: { latency: 'standard' },
      requestMetadata: { team: 'a' },
      x: 1,
    });
    expect(whole['guardrailConfig']).not.toHaveProperty('streamProcessingMode');
    expect(bodyOf(CLAUDE, { stream: true }, settings)['guardrailConfig']).toEqual(guardrail);
  });

  it('raise the limit of models that have a least one', () => {
    expect(bodyOf(OSS, { max_tokens: 1 })['inferenceConfig']).toEqual({ maxTokens: 16 });
    expect(bodyOf(CLAUDE, { max_tokens: 1 })['inferenceConfig']).toEqual({ maxTokens: 1 });
  });
});

describe('thinking', () => {
  it('has a budget for Claude, with room for the answer, and no sampling', () => {
    const { body, wire } = sent(to(CLAUDE, { reasoning_effort: 'low', temperature: 0.2, top_p: 0.97, top_k: 4 }));
    expect(body['additionalModelRequestFields']).toEqual({ thinking: { type: 'enabled', budget_tokens: 1024 } });
    expect(body['inferenceConfig']).toEqual({ maxTokens: 5120, topP: 0.97 });
    expect(wire.dropped.toSorted()).toEqual(['temperature', 'top_k']);
  });

  it('is adaptive for the newest, with the caller’s own settings beside it', () => {
    const body = bodyOf('global.anthropic.claude-opus-4-6-v1', {
      reasoning_effort: 'max',
      output_config: { other: 1 },
      anthropic_beta: ['b-1'],
    });
    expect(body['additionalModelRequestFields']).toMatchObject({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'max', other: 1 },
      anthropic_beta: ['b-1'],
    });
  });

  it('gives way to a forced tool', () => {
    const { body, wire } = sent(to(CLAUDE, { reasoning_effort: 'low', tools: [WEATHER], tool_choice: 'required' }));
    expect(body['additionalModelRequestFields']).toBeUndefined();
    expect(wire.dropped).toEqual(['reasoning_effort']);
  });

  it.each([
    ['minimal', 'low'],
    ['medium', 'medium'],
  ])('of Nova 2 by %s is %s', (effort, word) => {
    const body = bodyOf('us.amazon.nova-2-lite-v1:0', { reasoning_effort: effort as 'low', max_tokens: 9 });
    expect(body).toMatchObject({
      inferenceConfig: { maxTokens: 9 },
      additionalModelRequestFields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: word } },
    });
  });

  it('of Nova 2 at its highest takes no limits', () => {
    const { body, wire } = sent(
      to('amazon.nova-2-lite-v1:0', { reasoning_effort: 'xhigh', max_tokens: 9, temperature: 0.1, stop: 'x' }),
    );
    expect(body['inferenceConfig']).toEqual({ stopSequences: ['x'] });
    expect(wire.dropped.toSorted()).toEqual(['max_tokens', 'temperature']);
  });

  it.each([
    [{ reasoning_effort: 'minimal' }, 'low'],
    [{ reasoning_effort: 'high' }, 'high'],
    [{ thinking: { type: 'enabled', budget_tokens: 2048 } }, 'medium'],
  ])('of open models is an effort: %j', (fields, word) => {
    expect(bodyOf(OSS, fields as Partial<ChatRequest>)['additionalModelRequestFields']).toEqual({
      reasoning_effort: word,
    });
  });
});

describe('tools', () => {
  const config = (model: string, fields: Partial<ChatRequest>) => bodyOf(model, fields)['toolConfig'];

  it('are specifications with a description and a schema of an object', () => {
    const tools: Tool[] = [WEATHER, { type: 'function', function: { name: '2nd.tool' } }];
    expect(config(CLAUDE, { tools })).toEqual({
      tools: [
        {
          toolSpec: {
            name: 'weather',
            description: 'Tells it.',
            inputSchema: { json: { type: 'object', properties: { city: {} } } },
          },
        },
        {
          toolSpec: {
            name: 'tool_2nd_tool',
            description: '2nd.tool',
            inputSchema: { json: { type: 'object', properties: {} } },
          },
        },
      ],
    });
  });

  it.each([
    [CLAUDE, 'auto', { auto: {} }],
    [CLAUDE, 'required', { any: {} }],
    [CLAUDE, { type: 'function', function: { name: 'weather' } }, { tool: { name: 'weather' } }],
    [MISTRAL, { type: 'function', function: { name: 'weather' } }, { any: {} }],
    [LLAMA, 'auto', { auto: {} }],
  ])('of %s are chosen by %j as %j', (model, choice, expected) => {
    const other: Tool = { type: 'function', function: { name: 'other' } };
    const found = config(model, { tools: [WEATHER, other], tool_choice: choice as never }) as {
      tools: object[];
      toolChoice: object;
    };
    expect(found.toolChoice).toEqual(expected);
    // Where no tool can be named, the named one is the only one.
    expect(found.tools).toHaveLength(model === MISTRAL ? 1 : 2);
  });

  it('are left out for the choice that Bedrock does not have', () => {
    expect(config(CLAUDE, { tools: [WEATHER], tool_choice: 'none' })).toBeUndefined();
  });

  it('are called one at a time by Claude’s own word', () => {
    const body = bodyOf(CLAUDE, { tools: [WEATHER], tool_choice: 'required', parallel_tool_calls: false });
    expect(body['additionalModelRequestFields']).toEqual({
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    });
    expect(body['toolConfig']).not.toHaveProperty('toolChoice');
  });

  it('of Claude’s own kind go to the model with their beta; others are refused', () => {
    const tools: Tool[] = [{ type: 'computer_20250124', name: 'computer' }, WEATHER];
    expect(bodyOf(CLAUDE, { tools })).toMatchObject({
      toolConfig: { tools: [{ toolSpec: { name: 'weather' } }] },
      additionalModelRequestFields: {
        tools: [{ type: 'computer_20250124', name: 'computer' }],
        anthropic_beta: ['computer-use-2025-01-24'],
      },
    });
    expect(refusal(to(NOVA, { tools }))).toMatchObject({ param: 'tools[0].type' });
  });

  it('of Nova may search', () => {
    expect(config('amazon.nova-premier-v1:0', { web_search_options: {} })).toEqual({
      tools: [{ systemTool: { name: 'nova_grounding' } }],
    });
  });
});
