/** Which price a model has. */
import { describe, expect, it } from '@jest/globals';
import { costNanoUsd, type Prices } from '../../../providers/pricing/cost.ts';
import { modelFacts, priceOf, pricesSource } from '../../../providers/pricing/prices.ts';

const perToken = (prices: Prices | undefined): [bigint, bigint] | undefined =>
  prices === undefined
    ? undefined
    : [
        costNanoUsd(
          { prompt_tokens: 1_000_000, completion_tokens: 0, total_tokens: 1_000_000 },
          { ...prices, tiers: [] },
        ),
        costNanoUsd(
          { prompt_tokens: 0, completion_tokens: 1_000_000, total_tokens: 1_000_000 },
          { ...prices, tiers: [] },
        ),
      ];

describe('the price of a model', () => {
  it('comes from the list, under provider/model or under the provider’s own bare name', () => {
    expect(perToken(priceOf('openai', 'gpt-4o'))).toEqual([2_500_000_000n, 10_000_000_000n]);
    expect(perToken(priceOf('anthropic', 'claude-sonnet-4-5'))).toEqual([3_000_000_000n, 15_000_000_000n]);
    expect(priceOf('groq', 'openai/gpt-oss-120b')).toBeDefined();
    expect(pricesSource.source).toContain('PyPI');
  });

  it('is unknown for the same name on a server of one’s own, and for names nobody knows', () => {
    expect(priceOf('hosted_vllm', 'gpt-4o')).toBeUndefined();
    expect(priceOf('openai', 'no-such-model')).toBeUndefined();
    expect(priceOf('openai', 'constructor')).toBeUndefined();
  });

  it('follows the base model where the name is the operator’s own', () => {
    expect(perToken(priceOf('hosted_vllm', 'mine', { modelInfo: { base_model: 'gpt-4o' } }))).toEqual([
      2_500_000_000n,
      10_000_000_000n,
    ]);
    expect(priceOf('openai', 'ft:gpt-4o-2024-08-06:acme::x')).toBeDefined();
  });

  it('is the deployment’s own where it says one, field by field', () => {
    expect(perToken(priceOf('openai', 'gpt-4o', { settings: { output_cost_per_token: '0.00002' } }))).toEqual([
      2_500_000_000n,
      20_000_000_000n,
    ]);
    expect(
      perToken(
        priceOf('hosted_vllm', 'mine', { modelInfo: { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 } }),
      ),
    ).toEqual([1_000_000_000n, 2_000_000_000n]);
    expect(
      perToken(
        priceOf('openai', 'gpt-4o', { modelInfo: { input_cost_per_token: 1 }, settings: { input_cost_per_token: 0 } }),
      )?.[0],
    ).toBe(0n);
  });

  it('is fixed for the mock', () => {
    expect(perToken(priceOf('mock', 'anything'))).toEqual([150_000_000n, 600_000_000n]);
  });

  it('depends on the tier that served', () => {
    expect(perToken(priceOf('openai', 'gpt-4o', { serviceTier: 'priority' }))).toEqual([
      4_250_000_000n,
      17_000_000_000n,
    ]);
    expect(perToken(priceOf('openai', 'gpt-4o', { serviceTier: 'default' }))).toEqual([
      2_500_000_000n,
      10_000_000_000n,
    ]);
  });
});

describe('the facts of a model', () => {
  it('tell its limits', () => {
    expect(modelFacts('openai', 'gpt-4o')).toMatchObject({
      provider: 'openai',
      maxInputTokens: 128_000,
      maxOutputTokens: 16_384,
    });
    expect(modelFacts('openai', 'no-such-model')).toBeUndefined();
  });
});
