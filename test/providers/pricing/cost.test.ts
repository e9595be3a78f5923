/** Money, to the last nano-dollar. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { costNanoUsd, parsePrices, worstCaseNanoUsd, type Prices } from '../../../providers/pricing/cost.ts';
import { parseFemtoUsd, toNanoUsd } from '../../../providers/pricing/decimal.ts';
import type { Usage } from '../../../providers/protocol/usage.ts';

function prices(fields: Record<string, unknown>, tier?: string): Prices {
  const parsed = parsePrices(fields, tier);
  if (parsed === undefined) throw new Error('no price');
  return parsed;
}

function usage(prompt: number, completion: number, details: Partial<Usage> = {}): Usage {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion, ...details };
}

describe('a price', () => {
  it.each<[unknown, bigint | undefined]>([
    ['0.0000025', 2_500_000_000n],
    [2.5e-6, 2_500_000_000n],
    ['2.5E-06', 2_500_000_000n],
    ['3', 3_000_000_000_000_000n],
    ['1e2', 100_000_000_000_000_000n],
    [0, 0n],
    ['1.5999999999999999e-7', 160_000_000n],
    ['0.0000000000000005', 1n],
    [-1, undefined],
    ['free', undefined],
    ['', undefined],
    [Infinity, undefined],
    [NaN, undefined],
    [null, undefined],
  ])('%j is %s femto-dollars', (text, femto) => {
    expect(parseFemtoUsd(text)).toBe(femto);
  });

  it('is read from any decimal exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), (femto) => {
        const digits = femto.toString().padStart(16, '0');
        expect(parseFemtoUsd(`${digits.slice(0, -15)}.${digits.slice(-15)}`)).toBe(femto);
      }),
    );
  });

  it('is unknown, not zero, when nothing is said about it', () => {
    expect(parsePrices({})).toBeUndefined();
    expect(parsePrices({ cache_read_input_token_cost: 1 })).toBeUndefined();
    expect(parsePrices({ input_cost_per_token: 0 })?.rates.output).toBe(0n);
  });
});

describe('a cost', () => {
  const sonnet = prices({
    input_cost_per_token: 3e-6,
    output_cost_per_token: 1.5e-5,
    cache_read_input_token_cost: 3e-7,
    cache_creation_input_token_cost: 3.75e-6,
    cache_creation_input_token_cost_above_1hr: 6e-6,
    input_cost_per_token_above_200k_tokens: 6e-6,
    output_cost_per_token_above_200k_tokens: 2.25e-5,
    search_context_cost_per_query: { search_context_size_medium: 0.01 },
  });

  it('is input plus output', () => {
    expect(costNanoUsd(usage(1000, 100), sonnet)).toBe(1000n * 3000n + 100n * 15_000n);
  });

  it('charges cache reads and both kinds of writes at their own rates, once', () => {
    const cached = usage(1200, 0, {
      prompt_tokens_details: {
        cached_tokens: 1000,
        cache_creation_tokens: 100,
        cache_creation_token_details: { ephemeral_1h_input_tokens: 40 },
      },
    });
    expect(costNanoUsd(cached, sonnet)).toBe(1000n * 300n + 60n * 3750n + 40n * 6000n + 100n * 3000n);
  });

  it('charges a long prompt wholly at the higher rates, cached tokens in proportion', () => {
    expect(costNanoUsd(usage(200_000, 1), sonnet)).toBe(200_000n * 3000n + 15_000n);
    expect(costNanoUsd(usage(200_001, 1), sonnet)).toBe(200_001n * 6000n + 22_500n);
    const cached = usage(300_000, 0, { prompt_tokens_details: { cached_tokens: 300_000 } });
    expect(costNanoUsd(cached, sonnet)).toBe(300_000n * 600n);
  });

  it('charges web searches', () => {
    expect(costNanoUsd(usage(0, 0, { server_tool_use: { web_search_requests: 3 } }), sonnet)).toBe(30_000_000n);
  });

  it('charges reasoning, audio and images at their own rates, else as text', () => {
    const own = prices({
      input_cost_per_token: '0.000001',
      output_cost_per_token: '0.000002',
      output_cost_per_reasoning_token: '0.000003',
      input_cost_per_audio_token: '0.000004',
      output_cost_per_audio_token: '0.000005',
      input_cost_per_image_token: '0.000006',
      output_cost_per_image_token: '0.000007',
      input_cost_per_request: '0.001',
    });
    const mixed = usage(100, 100, {
      prompt_tokens_details: { audio_tokens: 10, image_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 30, audio_tokens: 5, image_tokens: 5 },
    });
    expect(costNanoUsd(mixed, own)).toBe(
      70n * 1000n + 10n * 4000n + 20n * 6000n + 60n * 2000n + 30n * 3000n + 5n * 5000n + 5n * 7000n + 1_000_000n,
    );
    expect(costNanoUsd(mixed, prices({ input_cost_per_token: '0.000001', output_cost_per_token: '0.000002' }))).toBe(
      300_000n,
    );
  });

  it('uses a service tier’s prices where there are any', () => {
    const fields = { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6, input_cost_per_token_priority: 2e-6 };
    expect(costNanoUsd(usage(1, 1), prices(fields, 'priority'))).toBe(4000n);
    expect(costNanoUsd(usage(1, 1), prices(fields))).toBe(3000n);
  });

  it('never charges a detail beyond its total', () => {
    const wrong = usage(10, 5, {
      prompt_tokens_details: { cached_tokens: 1000, cache_creation_tokens: 50 },
      completion_tokens_details: { reasoning_tokens: 99 },
    });
    expect(costNanoUsd(wrong, sonnet)).toBe(10n * 300n + 5n * 15_000n);
  });

  it('is rounded once, half up', () => {
    expect(toNanoUsd(1_499_999n)).toBe(1n);
    expect(toNanoUsd(1_500_000n)).toBe(2n);
    const tiny = prices({ input_cost_per_token: '0.0000000001', output_cost_per_token: 0 });
    expect([4, 5, 14, 15].map((tokens) => costNanoUsd(usage(tokens, 0), tiny))).toEqual([0n, 1n, 1n, 2n]);
  });

  it('never exceeds the worst case for its size', () => {
    const count = fc.nat({ max: 400_000 });
    fc.assert(
      fc.property(count, count, count, count, count, count, (prompt, completion, read, written, long, reasoning) => {
        const actual = usage(prompt, completion, {
          prompt_tokens_details: {
            cached_tokens: read,
            cache_creation_tokens: written,
            cache_creation_token_details: { ephemeral_1h_input_tokens: long },
          },
          completion_tokens_details: { reasoning_tokens: reasoning },
        });
        const cost = costNanoUsd(actual, sonnet);
        expect(cost >= 0n).toBe(true);
        expect(cost <= worstCaseNanoUsd({ promptTokens: prompt, completionTokens: completion }, sonnet)).toBe(true);
      }),
    );
  });
});
