/** What Azure adds to OpenAI's answers, and how it refuses. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { azure } from '../../../providers/azure/index.ts';
import { ask, chatOf, decode, event, linesOf, targetOf } from '../streams.ts';

const chat = chatOf(azure);
const target = targetOf('gpt-4o', {}, 'https://mine.openai.azure.com');
const lines = linesOf('azure/text.chunks.jsonl');
const stream = (list: readonly string[]) =>
  decode(
    chat.decoder(ask({ stream: true }), target),
    list.map((line) => event(line)),
  );

describe('a stream of Azure', () => {
  it('sends no chunk without choices but the counts, and keeps the verdict on the prompt', () => {
    const { chunks, complete, response } = stream(lines);
    expect(complete).toBe(true);
    expect(chunks.map((chunk) => chunk.choices.length)).toEqual([1, 1, 1, 0]);
    expect(chunks[0]?.['prompt_filter_results']).toMatchObject([{ prompt_index: 0 }]);
    expect(chunks[1]).not.toHaveProperty('prompt_filter_results');
    expect(chunks[0]).toMatchObject({ id: 'chatcmpl-BAey', model: 'gpt-4o-2024-11-20' });
    expect(response?.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Paris' } });
    expect(response?.usage?.total_tokens).toBe(16);
  });

  it('shows nothing when it fails right after the verdict', () => {
    const failed = stream([lines[0] ?? '', JSON.stringify({ error: { code: 'content_filter', message: 'filtered' } })]);
    expect(failed.chunks).toEqual([]);
    expect(failed.failure).toMatchObject({ code: 'content_policy_violation', billed: 'maybe' });
  });

  it('takes the late results of the asynchronous filter, wherever they come', () => {
    const late = JSON.stringify({
      choices: [
        { index: 0, finish_reason: null, content_filter_offsets: { check_offset: 4 }, content_filter_results: {} },
      ],
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: lines.length - 1 }), (at) => {
        const { complete, response } = stream([...lines.slice(0, at), late, ...lines.slice(at)]);
        expect(complete).toBe(true);
        expect(response?.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Paris' } });
      }),
    );
  });
});

describe('an error of Azure', () => {
  it.each([
    [
      400,
      {
        code: 'content_filter',
        message: 'The response was filtered',
        innererror: { code: 'ResponsibleAIPolicyViolation' },
      },
      'content_policy_violation',
    ],
    [
      400,
      { code: 'context_length_exceeded', message: "This model's maximum context length is 8192 tokens." },
      'context_length_exceeded',
    ],
    [
      404,
      { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' },
      'provider_model_not_found',
    ],
    [401, { code: '401', message: 'Access denied due to invalid subscription key' }, 'provider_auth_failed'],
    [429, { code: '429', message: 'Requests have exceeded token rate limit' }, 'rate_limit_exceeded'],
  ])('%i %j', (status, error, code) => {
    expect(azure.fromError(status, { error }, {})).toMatchObject({ code, providerStatus: status, billed: 'no' });
  });

  it('says how long to wait, to the millisecond', () => {
    const failure = azure.fromError(429, { error: { code: '429' } }, { 'retry-after-ms': '1234', 'retry-after': '2' });
    expect(failure.retryAfterMs).toBe(1234);
  });
});
