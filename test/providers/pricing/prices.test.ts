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

  it('is that of a Bedrock model under any of its names, in its region where that is dearer', () => {
    const plain = [60_000_000n, 240_000_000n];
    const arn = 'arn:aws:bedrock:eu-west-1:123:inference-profile/eu.amazon.nova-lite-v1:0';
    for (const name of ['amazon.nova-lite-v1:0', 'converse/amazon.nova-lite-v1:0', 'invoke/amazon.nova-lite-v1:0'])
      expect(perToken(priceOf('bedrock', name))).toEqual(plain);
    expect(priceOf('bedrock', arn)).toEqual(priceOf('bedrock', 'eu.amazon.nova-lite-v1:0'));
    expect(perToken(priceOf('bedrock', 'sa.amazon.nova-lite-v1:0'))).toEqual(plain);
    const gov = [72_000_000n, 288_000_000n];
    expect(perToken(priceOf('bedrock', 'us-gov-west-1/amazon.nova-lite-v1:0'))).toEqual(gov);
    const settings = { aws_region_name: 'us-gov-west-1' };
    expect(perToken(priceOf('bedrock', 'amazon.nova-lite-v1:0', { settings }))).toEqual(gov);
    expect(priceOf('bedrock', 'arn:aws:bedrock:eu-west-1:123:application-inference-profile/abc')).toBeUndefined();
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
