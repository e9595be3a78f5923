/** Prices of what is not counted in tokens. */
import { describe, expect, it } from '@jest/globals';
import {
  canBePriced,
  costNanoUsd,
  isPriced,
  parsePrices,
  worstCaseNanoUsd,
  type Prices,
} from '../../../providers/pricing/cost.ts';
import { priceOf } from '../../../providers/pricing/prices.ts';
import type { Units, Usage } from '../../../providers/protocol/usage.ts';

function counted(units?: Units, tokens = 0): Usage {
  return {
    prompt_tokens: tokens,
    completion_tokens: 0,
    total_tokens: tokens,
    ...(units === undefined ? {} : { units }),
  };
}

function pricesOf(fields: Readonly<Record<string, unknown>>): Prices {
  const prices = parsePrices(fields);
  if (prices === undefined) throw new Error('no price');
  return prices;
}

function listed(provider: string, model: string, variants?: readonly string[]): Prices {
  const prices = priceOf(provider, model, variants === undefined ? {} : { variants });
  if (prices === undefined) throw new Error('no price');
  return prices;
}

describe('a price per unit', () => {
  it.each([
    [{ images: 3 }, 'output_cost_per_image', '0.04', 120_000_000n],
    [{ pixels: 1_000 }, 'input_cost_per_pixel', 2e-8, 20_000n],
    [{ characters: 4 }, 'input_cost_per_character', '0.000015', 60_000n],
    [{ seconds: 2.5 }, 'input_cost_per_second', 0.0001, 250_000n],
    [{ queries: 2 }, 'input_cost_per_query', 0.002, 4_000_000n],
  ])('of %j by %s', (units, field, price, expected) => {
    const prices = pricesOf({ [field]: price });
    expect(isPriced(counted(units), prices)).toBe(true);
    expect(costNanoUsd(counted(units), prices)).toBe(expected);
    expect(worstCaseNanoUsd({ promptTokens: 9, completionTokens: 9, units }, prices)).toBe(expected);
  });

  it('is charged once where a list names it twice', () => {
    const prices = pricesOf({ input_cost_per_second: 0.0001, output_cost_per_second: 0.0001 });
    expect(costNanoUsd(counted({ seconds: 1 }), prices)).toBe(100_000n);
    const pictures = pricesOf({ input_cost_per_image: 0.01, input_cost_per_pixel: 1e-8 });
    expect(costNanoUsd(counted({ images: 1, pixels: 1_000_000 }), pictures)).toBe(10_000_000n);
  });

  it('does not make an answer free that was counted otherwise', () => {
    const bySecond = pricesOf({ input_cost_per_second: 0.0001 });
    expect(isPriced(counted(undefined, 5), bySecond)).toBe(false);
    expect(isPriced(counted({ characters: 5 }), bySecond)).toBe(false);
    expect(canBePriced({ promptTokens: 5, completionTokens: 5 }, bySecond)).toBe(false);
    const byToken = pricesOf({ input_cost_per_token: 1e-6 });
    expect(isPriced(counted({ characters: 5 }), byToken)).toBe(false);
    expect(isPriced(counted(undefined, 5), byToken)).toBe(true);
    expect(isPriced(counted(), byToken)).toBe(true);
  });
});

describe('the list', () => {
  it('knows pictures by quality and size', () => {
    const size = 1024 * 1792;
    const prices = listed('azure', 'dall-e-3', ['hd/1024-x-1792', '1024-x-1792']);
    expect(costNanoUsd(counted({ images: 1, pixels: size }), prices)).toBe(132_000_016n);
    const painter = listed('openai', 'gpt-image-1', ['low/1024-x-1024']);
    expect(costNanoUsd(counted({ images: 2 }), painter)).toBe(22_000_000n);
  });

  it('knows speech, sound and searches', () => {
    expect(costNanoUsd(counted({ characters: 1_000 }), listed('openai', 'tts-1'))).toBe(15_000_000n);
    expect(costNanoUsd(counted({ seconds: 60 }), listed('openai', 'whisper-1'))).toBe(6_000_000n);
    expect(costNanoUsd(counted({ queries: 1 }), listed('cohere', 'rerank-v3.5'))).toBe(2_000_000n);
    expect(costNanoUsd(counted({ seconds: 10 }), listed('deepgram', 'nova-3'))).toBe(716_700n);
  });
});
