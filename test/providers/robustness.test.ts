/** No byte from a provider may throw out of a decoder, an error reader or a response reader. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { catalog } from '../../providers/catalog.ts';
import { ERRORS } from '../../providers/protocol/errors.ts';
import { InvalidResponse, type Decoder, type PlainOperation, type WireEvent } from '../../providers/provider.ts';
import { ask, linesOf, targetOf } from './streams.ts';

const providers = Object.values(catalog);

const KEYS = [
  'type',
  'choices',
  'delta',
  'message',
  'content',
  'index',
  'tool_calls',
  'function',
  'arguments',
  'finish_reason',
  'usage',
  'error',
  'content_block',
  'prompt_tokens',
  'input_tokens',
  'output_tokens',
  'text',
  'thinking',
  'signature',
  'partial_json',
  'stop_reason',
  'id',
  'name',
  'code',
  'detail',
  'errors',
  'object',
  'reasoning',
  'candidates',
  'parts',
  'functionCall',
  'args',
  'thoughtSignature',
  'finishReason',
  'usageMetadata',
  'promptTokenCount',
  'promptFeedback',
  'blockReason',
  'groundingMetadata',
  'groundingSupports',
  'groundingChunks',
  'segment',
  'inlineData',
  'logprobsResult',
  'chosenCandidates',
  'details',
  'retryDelay',
  'status',
];
const CONVERSE_KEYS = [
  'output',
  'contentBlockIndex',
  'start',
  'toolUse',
  'toolUseId',
  'input',
  'reasoningContent',
  'reasoningText',
  'redactedContent',
  'citationsContent',
  'stopReason',
  'inputTokens',
  'outputTokens',
  'cacheDetails',
  'bytes',
  'outputs',
  'results',
  'generation',
  'generated_text',
  'token',
];
const TYPES = [
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
  'error',
  'text',
  'tool_use',
  'thinking',
  'text_delta',
  'input_json_delta',
  'thinking_delta',
  'signature_delta',
  'citations_delta',
  'server_tool_use',
];

const { value: wireLike } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<unknown>(null, true, 0, -1, 1e20, '', 'x', {}, [], ...TYPES),
    fc.string(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...KEYS, ...CONVERSE_KEYS), fc.string()), tie('value'), { maxKeys: 6 }),
  ),
}));

const PLAIN = [
  'embeddings',
  'rerank',
  'moderation',
  'images',
  'imageEdits',
  'imageVariations',
  'speech',
  'transcription',
  'translation',
] as const satisfies readonly PlainOperation[];

const PLAIN_FIELDS =
  'data embeddings embedding predictions results meta billed_units search_units usage index relevance_score text segments words duration start end channels metadata'.split(
    ' ',
  );

const plainLike: fc.Arbitrary<unknown> = fc.oneof(
  wireLike,
  fc.dictionary(
    fc.constantFrom(...PLAIN_FIELDS),
    fc.oneof(wireLike, fc.array(fc.record({ index: fc.nat(2), relevance_score: wireLike, embedding: wireLike }))),
  ),
);

const realLines = [
  ...linesOf('openai/text.chunks.jsonl'),
  ...linesOf('openai/tools.chunks.jsonl'),
  ...linesOf('anthropic/thinking-and-tools.chunks.jsonl'),
  ...linesOf('cohere/tools.chunks.jsonl'),
  ...linesOf('ollama/thinking-and-tools.jsonl'),
  ...linesOf('cohere/thinking.chunks.jsonl'),
  ...linesOf('cloudflare/native.chunks.jsonl'),
  ...linesOf('snowflake/tools.chunks.jsonl'),
  ...linesOf('gemini/text.chunks.jsonl'),
  ...linesOf('gemini/tools.chunks.jsonl'),
];

const anyEvent: fc.Arbitrary<WireEvent> = fc.oneof(
  fc.record({
    kind: fc.constant('event' as const),
    name: fc.constantFrom(
      'message',
      'error',
      'content_block_delta',
      'chunk',
      'contentBlockStart',
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
      'PayloadPart',
      'throttlingException',
    ),
    data: fc.oneof(
      wireLike.map((value) => JSON.stringify(value)),
      fc.string(),
      fc.constantFrom('[DONE]', '', ...realLines),
    ),
  }),
  fc.constant({ kind: 'end' as const }),
);

describe.each(providers.map((provider) => [provider.id, provider] as const))('%s', (_id, provider) => {
  const request = ask({ stream: true, response_format: { type: 'json_object' } });
  const target = targetOf('some-model');

  it('decodes any events without throwing', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
        let decoder: Decoder | undefined = provider.chat?.decoder(request, target);
        for (const event of events) {
          const step: ReturnType<Decoder> | undefined = decoder?.(event);
          for (const chunk of step?.chunks ?? []) {
            expect(chunk.object).toBe('chat.completion.chunk');
            expect(Array.isArray(chunk.choices)).toBe(true);
          }
          if (step?.failure !== undefined) expect(ERRORS[step.failure.code]).toBeDefined();
          decoder = step?.next;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('reads any answer of its other operations, or says that it is none', () => {
    const asked = {
      input: ['a', 'b'],
      documents: ['a', 'b'],
      query: 'q',
      prompt: 'p',
      response_format: 'verbose_json',
    };
    for (const operation of PLAIN) {
      fc.assert(
        fc.property(plainLike, (json) => {
          const bytes = new TextEncoder().encode(JSON.stringify(json) ?? '');
          try {
            const { body } = provider[operation]?.fromResponse({ json, bytes, contentType: '' }, asked, target) ?? {};
            if (provider[operation] !== undefined) expect(JSON.stringify(body)).toMatch(/^\{/);
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidResponse);
          }
        }),
        { numRuns: 40 },
      );
    }
  });

  it('reads any answer, or says that it is none', () => {
    fc.assert(
      fc.property(wireLike, (body) => {
        try {
          if (provider.chat === undefined) return;
          const response = provider.chat.fromResponse(body, request, target);
          expect(Array.isArray(response.choices)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidResponse);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('makes a failure of our table from any error', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), wireLike, (status, body) => {
        const failure = provider.fromError(status, body, {});
        expect(ERRORS[failure.code]).toBeDefined();
        expect(failure.message.length).toBeGreaterThan(0);
        expect(failure.message.length).toBeLessThanOrEqual(2000);
      }),
      { numRuns: 40 },
    );
  });
});
