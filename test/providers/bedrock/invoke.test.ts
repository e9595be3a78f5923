/** The families behind `invoke`: each model's own body, answer and events. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createFrameReader } from '../../../activities/http/frames.ts';
import { bedrock } from '../../../providers/bedrock/index.ts';
import { InvalidResponse, type WireEvent, type WireHeaders } from '../../../providers/provider.ts';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { ask, chatOf, decode, event, refusal, sent, targetOf } from '../streams.ts';
import { chunkEvents } from './events.ts';

const chat = chatOf(bedrock);

const to = (model: string, fields: Partial<ChatRequest> = {}, settings: Record<string, unknown> = {}) =>
  chat.toRequest(ask(fields), targetOf(model, settings, bedrock.baseUrl));
const bodyOf = (model: string, fields: Partial<ChatRequest> = {}) => sent(to(model, fields)).body;
const read = (model: string, body: unknown, headers?: WireHeaders) =>
  chat.fromResponse(body, ask(), targetOf(model), headers);
const stream = (model: string, events: readonly WireEvent[]) =>
  decode(chat.decoder(ask({ stream: true }), targetOf(model)), events);

const CLAUDE = 'invoke/anthropic.claude-3-sonnet-20240229-v1:0';
const NOVA = 'invoke/amazon.nova-lite-v1:0';
const LLAMA = 'invoke/meta.llama3-70b-instruct-v1:0';
const MISTRAL = 'invoke/mistral.mistral-7b-instruct-v0:2';
const TITAN = 'invoke/amazon.titan-text-express-v1';
const COMMAND = 'invoke/cohere.command-text-v14';
const COMMAND_R = 'invoke/cohere.command-r-plus-v1:0';
const R1 = 'invoke/us.deepseek.r1-v1:0';
const OSS = 'invoke/openai.gpt-oss-20b-1:0';

const METRICS = { 'amazon-bedrock-invocationMetrics': { inputTokenCount: 8, outputTokenCount: 3 } };
const ALL: Partial<ChatRequest> = { max_tokens: 9, temperature: 0.5, top_p: 0.8, stop: ['END'] };

describe('the address', () => {
  it.each([
    [CLAUDE, false, 'invoke'],
    [CLAUDE, true, 'invoke-with-response-stream'],
  ])('of %s, streaming %s, ends with %s', (model, streaming, operation) => {
    const { wire } = sent(to(model, { stream: streaming }));
    expect(wire.url).toMatch(new RegExp(`/model/anthropic\\.claude-3-sonnet-20240229-v1%3A0/${operation}$`));
  });

  it('of imported models is their ARN, and their family is in the prefix', () => {
    const arn = 'arn:aws:bedrock:us-east-1:1:imported-model/abc';
    for (const [prefix, field] of [
      ['llama', 'prompt'],
      ['deepseek_r1', 'prompt'],
      ['qwen2', 'prompt'],
      ['qwen3', 'messages'],
      ['openai', 'messages'],
      ['moonshot', 'messages'],
    ]) {
      const { wire, body } = sent(to(`${prefix}/${arn}`));
      expect(wire.url).toContain(`us-east-1.amazonaws.com/model/${encodeURIComponent(arn)}/invoke`);
      expect(Object.keys(body)).toContain(field);
    }
  });

  it('of a model that is no longer served says so', () => {
    expect(refusal(to('invoke/ai21.j2-ultra-v1'))).toMatchObject({ code: 'provider_ended' });
  });

  it('carries guardrails, tiers and latency in headers', () => {
    const guardrailConfig = { guardrailIdentifier: 'g', guardrailVersion: 'DRAFT', trace: 'enabled' };
    const fields = { guardrailConfig, performanceConfig: { latency: 'optimized' }, service_tier: 'priority' };
    const { wire, body } = sent(to(CLAUDE, fields));
    expect(wire.headers).toMatchObject({
      'x-amzn-bedrock-guardrailidentifier': 'g',
      'x-amzn-bedrock-guardrailversion': 'DRAFT',
      'x-amzn-bedrock-trace': 'ENABLED',
      'x-amzn-bedrock-performanceconfig-latency': 'optimized',
      'x-amzn-bedrock-service-tier': 'priority',
    });
    expect(Object.keys(body).toSorted()).toEqual(['anthropic_version', 'max_tokens', 'messages']);
    expect(refusal(to(CLAUDE, { service_tier: 'scale' }))).toMatchObject({ param: 'service_tier' });
  });
});

describe('a body', () => {
  it('of Claude is Anthropic’s, with a version and betas inside', () => {
    expect(bodyOf(CLAUDE, { ...ALL, stream: true, anthropic_beta: ['b-1'] })).toEqual({
      anthropic_version: 'bedrock-2023-05-31',
      anthropic_beta: ['b-1'],
      max_tokens: 9,
      temperature: 0.5,
      top_p: 0.8,
      stop_sequences: ['END'],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
    });
  });

  it('of Nova is Converse’s with a version, its settings together', () => {
    expect(bodyOf(NOVA, { max_tokens: 9, top_k: 20 })).toEqual({
      schemaVersion: 'messages-v1',
      messages: [{ role: 'user', content: [{ text: 'hi' }] }],
      inferenceConfig: { maxTokens: 9, topK: 20 },
    });
  });

  it('of OpenAI’s open models names the model, of others with the same wire does not', () => {
    expect(bodyOf(OSS, { ...ALL, stream: true })).toEqual({
      model: 'openai.gpt-oss-20b-1:0',
      messages: [{ role: 'user', content: 'hi' }],
      max_tokens: 9,
      temperature: 0.5,
      top_p: 0.8,
      stop: ['END'],
    });
    for (const model of ['invoke/mistral.mistral-large-2407-v1:0', 'invoke/ai21.jamba-1-5-large-v1:0'])
      expect(Object.keys(bodyOf(model, { stream: true }))).toEqual(['messages']);
  });

  it.each([
    [MISTRAL, { prompt: '[INST] hi [/INST]', max_tokens: 9, temperature: 0.5, top_p: 0.8, stop: ['END'] }],
    [
      TITAN,
      {
        inputText: 'User: hi\nBot:',
        textGenerationConfig: { maxTokenCount: 9, temperature: 0.5, topP: 0.8, stopSequences: ['END'] },
      },
    ],
    [COMMAND, { prompt: 'hi', max_tokens: 9, temperature: 0.5, p: 0.8, stop_sequences: ['END'] }],
    [COMMAND_R, { message: 'hi', max_tokens: 9, temperature: 0.5, p: 0.8, stop_sequences: ['END'] }],
    [
      R1,
      {
        prompt: '<｜begin▁of▁sentence｜><｜User｜>hi<｜Assistant｜><think>\n',
        max_tokens: 9,
        temperature: 0.5,
        top_p: 0.8,
        stop: ['END'],
      },
    ],
  ])('of %s has the family’s own names', (model, body) => {
    expect(bodyOf(model, ALL)).toEqual(body);
  });

  it('of Llama has no stop words, and the marks of its generation', () => {
    const { stop: _stop, ...rest } = ALL;
    expect(bodyOf(LLAMA, rest)).toEqual({
      prompt:
        '<|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
      max_gen_len: 9,
      temperature: 0.5,
      top_p: 0.8,
    });
    expect(refusal(to(LLAMA, ALL))).toMatchObject({ code: 'unsupported_parameter', param: 'stop' });
    expect(sent(to(LLAMA, ALL, { drop_params: true })).wire.dropped).toEqual(['stop']);
  });

  it('of Cohere’s first chat tells what went before', () => {
    const messages: ChatRequest['messages'] = [
      { role: 'system', content: 's' },
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
      { role: 'user', content: 'c' },
    ];
    expect(bodyOf(COMMAND_R, { messages, seed: 1 })).toEqual({
      message: 'c',
      preamble: 's',
      chat_history: [
        { role: 'USER', message: 'a' },
        { role: 'CHATBOT', message: 'b' },
      ],
      seed: 1,
    });
    expect(bodyOf(COMMAND, { messages, stream: true })).toEqual({
      prompt: 's\nUser: a\nChatbot: b\nUser: c\nChatbot:',
      stream: true,
    });
  });

  it('of a family of text takes no tools and no images', () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    expect(refusal(to(TITAN, { tools }))).toMatchObject({ param: 'tools' });
    const content = [{ type: 'image_url' as const, image_url: 'data:image/png;base64,AA==' }];
    expect(refusal(to(TITAN, { messages: [{ role: 'user', content }] }))).toMatchObject({
      param: 'messages[0].content[0].type',
    });
  });
});

describe('a whole answer', () => {
  it.each([
    [LLAMA, { generation: 'x', prompt_token_count: 8, generation_token_count: 3, stop_reason: 'length' }, 'length', 11],
    [MISTRAL, { outputs: [{ text: 'x', stop_reason: 'stop' }] }, 'stop', undefined],
    [
      TITAN,
      { inputTextTokenCount: 8, results: [{ tokenCount: 3, outputText: 'x', completionReason: 'FINISH' }] },
      'stop',
      11,
    ],
    [COMMAND, { generations: [{ id: 'a', text: 'x', finish_reason: 'MAX_TOKENS' }], prompt: 'p' }, 'length', undefined],
    [COMMAND_R, { text: 'x', finish_reason: 'COMPLETE', chat_history: [] }, 'stop', undefined],
    [
      'invoke/openai.gpt-oss-20b-1:0',
      {
        choices: [{ message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 8, completion_tokens: 3 },
      },
      'stop',
      11,
    ],
    [
      NOVA,
      {
        output: { message: { content: [{ text: 'x' }] } },
        stopReason: 'end_turn',
        usage: { inputTokens: 8, outputTokens: 3 },
      },
      'stop',
      11,
    ],
    [
      CLAUDE,
      {
        id: 'm',
        type: 'message',
        content: [{ type: 'text', text: 'x' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 8, output_tokens: 3 },
      },
      'stop',
      11,
    ],
  ])('of %s is read', (model, body, reason, total) => {
    const response = read(model, body);
    expect(response.choices[0]).toMatchObject({ message: { content: 'x' }, finish_reason: reason });
    expect(response.usage?.total_tokens).toBe(total);
  });

  it('is counted by Amazon’s headers where the family does not count', () => {
    const headers = { 'x-amzn-bedrock-input-token-count': '9', 'x-amzn-bedrock-output-token-count': '112' };
    const body = { outputs: [{ text: 'x', stop_reason: 'stop' }] };
    expect(read(MISTRAL, body, headers).usage).toEqual({ prompt_tokens: 9, completion_tokens: 112, total_tokens: 121 });
    expect(read(MISTRAL, body, { ...headers, 'x-amzn-bedrock-input-token-count': '-1' }).usage).toBeUndefined();
    const own = { generation: 'x', prompt_token_count: 8, generation_token_count: 3, stop_reason: 'stop' };
    expect(read(LLAMA, own, headers).usage?.total_tokens).toBe(11);
  });

  it('of a model that thinks first has its thought apart', () => {
    const [choice] = read(R1, { choices: [{ text: 'hm\n</think>\n\nx', stop_reason: 'stop' }] }).choices;
    expect(choice?.message).toEqual({ role: 'assistant', reasoning_content: 'hm\n', content: 'x' });
  });

  it('is refused when it is none', () => {
    for (const model of [LLAMA, CLAUDE, NOVA, OSS])
      for (const body of [null, 'x', {}, { outputs: 1 }]) expect(() => read(model, body)).toThrow(InvalidResponse);
  });
});

describe('a stream', () => {
  it.each([
    [
      LLAMA,
      [
        { generation: 'a', stop_reason: null },
        { generation: 'b', stop_reason: 'stop', ...METRICS },
      ],
    ],
    [
      MISTRAL,
      [{ outputs: [{ text: 'a', stop_reason: null }] }, { outputs: [{ text: 'b', stop_reason: 'stop' }], ...METRICS }],
    ],
    [
      TITAN,
      [
        { outputText: 'a', index: 0 },
        { outputText: 'b', completionReason: 'FINISH', ...METRICS },
      ],
    ],
    [
      COMMAND,
      [{ text: 'a', is_finished: false }, { text: 'b' }, { is_finished: true, finish_reason: 'COMPLETE', ...METRICS }],
    ],
    [
      COMMAND_R,
      [
        { event_type: 'stream-start' },
        { event_type: 'text-generation', text: 'a' },
        { event_type: 'text-generation', text: 'b' },
        { event_type: 'stream-end', finish_reason: 'COMPLETE', response: { text: 'ab' }, ...METRICS },
      ],
    ],
    [
      OSS,
      [
        { choices: [{ index: 0, delta: { role: 'assistant', content: 'a' }, finish_reason: null }] },
        { choices: [{ index: 0, delta: { content: 'b' }, finish_reason: 'stop' }], ...METRICS },
      ],
    ],
    [
      NOVA,
      [
        { messageStart: { role: 'assistant' } },
        { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'a' } } },
        { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'b' } } },
        { messageStop: { stopReason: 'end_turn' } },
        { metadata: { usage: { inputTokens: 8, outputTokens: 3 } }, ...METRICS },
      ],
    ],
    [
      CLAUDE,
      [
        { type: 'message_start', message: { id: 'm', model: 'claude', usage: { input_tokens: 8, output_tokens: 1 } } },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'a' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'b' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } },
        { type: 'message_stop', ...METRICS },
      ],
    ],
  ])('of %s is read out of Amazon’s events, and counted once', (model, frames) => {
    const { chunks, complete, failure, response } = stream(model, chunkEvents(frames));
    expect(failure).toBeUndefined();
    expect(complete).toBe(true);
    expect(response?.choices[0]).toMatchObject({ message: { content: 'ab' }, finish_reason: 'stop' });
    expect(response?.usage).toMatchObject({ prompt_tokens: 8, completion_tokens: 3, total_tokens: 11 });
    expect(chunks.filter((chunk) => chunk.usage)).toHaveLength(1);
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason)).toHaveLength(1);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
  });

  it('of a model that thinks first has its thought apart, wherever the mark is cut', () => {
    const texts = ['hm', '</th', 'ink>\n', '\nx'];
    const frames = texts.map((text) => ({ choices: [{ text, stop_reason: null }] }));
    const { response } = stream(R1, chunkEvents([...frames, { choices: [{ text: '', stop_reason: 'stop' }] }]));
    expect(response?.choices[0]).toMatchObject({
      message: { reasoning_content: 'hm', content: 'x' },
      finish_reason: 'stop',
    });
  });

  it('fails by Amazon’s exceptions, by what cannot be read, and when it ends early', () => {
    const begun = chunkEvents([{ generation: 'a', stop_reason: null }]);
    expect(stream(LLAMA, [...begun, event({ message: 'slow' }, 'throttlingException')]).failure).toMatchObject({
      code: 'rate_limit_exceeded',
      message: 'slow',
    });
    for (const data of [{ bytes: '%%%' }, { bytes: 'eA==' }, { bytes: 7 }, 'x'])
      expect(stream(LLAMA, [...begun, event(data, 'chunk')]).failure?.code).toBe('provider_invalid_response');
    for (const model of [LLAMA, OSS, CLAUDE, NOVA])
      expect(stream(model, model === LLAMA ? begun : []).failure?.code).toBe('provider_invalid_response');
  });

  it('goes on over events that are not known', () => {
    const known = chunkEvents([{ generation: 'a', stop_reason: 'stop' }]);
    expect(stream(LLAMA, [event({ new: 1 }, 'newEvent'), ...known]).complete).toBe(true);
  });
});

describe('anything at all', () => {
  const KEYS = [
    'generation',
    'outputs',
    'results',
    'text',
    'stop_reason',
    'choices',
    'delta',
    'type',
    'messageStop',
    'usage',
  ];
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<unknown>(null, 0, -1, 1e20, '', 'stop', '</think>', [], {}),
      fc.string(),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), tie('value'), { maxKeys: 4 }),
    ),
  }));

  it.each([CLAUDE, NOVA, LLAMA, MISTRAL, TITAN, COMMAND, COMMAND_R, R1, OSS])(
    'makes %s fail or answer, never throw',
    (model) => {
      fc.assert(
        fc.property(fc.array(value, { maxLength: 5 }), (frames) => {
          const list = frames.map((frame) =>
            event({ bytes: Buffer.from(JSON.stringify(frame)).toString('base64') }, 'chunk'),
          );
          const { complete, failure } = stream(model, list);
          expect(complete || failure !== undefined).toBe(true);
          for (const frame of frames) {
            try {
              expect(read(model, frame).choices.length).toBeGreaterThan(0);
            } catch (error) {
              expect(error).toBeInstanceOf(InvalidResponse);
            }
          }
        }),
        { numRuns: 60 },
      );
    },
  );
});

const recorded = process.env['HOLDFAST_FIXTURES'] ?? '';

if (recorded !== '' && existsSync(recorded)) {
  const folder = `${recorded}/bedrock-invoke`;

  describe('recordings', () => {
    it.each([
      ['claude3', CLAUDE, 35],
      ['llama3', LLAMA, 43],
      ['titan-text', TITAN, 59],
      ['cohere-command', COMMAND, 121],
      ['nova-invoke', NOVA, 81],
    ])('%s is a whole answer', (name, model, total) => {
      const { response } = JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8')) as {
        response: { body: unknown; headers: WireHeaders };
      };
      const answer = read(model, response.body, response.headers);
      expect(answer.choices[0]?.message.content).not.toBe('');
      expect(answer.usage?.total_tokens).toBe(total);
    });

    it('claude3-stream streams to its end from its bytes', () => {
      const events: WireEvent[] = [];
      const reader = createFrameReader('aws-eventstream', (one) => events.push(one));
      reader.feed(readFileSync(`${folder}/claude3-stream.eventstream`));
      const { response, complete } = stream(CLAUDE, events);
      expect(complete).toBe(true);
      expect(response?.choices[0]?.finish_reason).toBe('stop');
      expect(response?.usage?.prompt_tokens).toBe(16);
    });
  });
}
