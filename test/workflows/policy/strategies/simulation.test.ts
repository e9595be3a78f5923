/** Ten thousand requests by each strategy against deployments of different speed, price and size, and where they went. */
import { describe, expect, it } from '@jest/globals';
import type { DeploymentLoad, Plan, PlannedDeployment, StrategyName } from '../../../../activities/contract.ts';
import { decide } from '../../../../workflows/policy/decide.ts';

const REQUESTS = 10_000;
/** Between two requests, milliseconds. */
const GAP_MS = 5;
const TOKENS = 100;

type Model = PlannedDeployment & { readonly speedMs: number };

const MODELS: readonly Model[] = [
  { id: 'fast', provider: 'openai', model: 'm', weight: 1, costPerTokenUsd: 3e-6, speedMs: 100 },
  { id: 'middle', provider: 'openai', model: 'm', weight: 3, costPerTokenUsd: 2e-6, speedMs: 200 },
  { id: 'slow', provider: 'openai', model: 'm', weight: 6, costPerTokenUsd: 1e-6, speedMs: 400 },
];

/** A known sequence (mulberry32): the same figures on every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Outcome = { readonly share: Readonly<Record<string, number>>; readonly meanMs: number; readonly refused: number };

function simulate(models: readonly Model[], more: Partial<Plan> = {}): Outcome {
  const plan: Plan = {
    version: 1,
    group: 'main',
    groups: { main: { deployments: models, fallbacks: [], contextWindowFallbacks: [], contentPolicyFallbacks: [] } },
    numRetries: 0,
    retryAfterMs: 0,
    maxFallbacks: 0,
    timeoutMs: 1_000,
    patienceMs: 1_000,
    delivery: 'at_least_once',
    dropParams: false,
    ...more,
  };
  const random = seeded(42);
  const counts = new Map<string, number>();
  const flights: { readonly id: string; readonly end: number }[] = [];
  const used = new Map<string, { requests: number; tokens: number }>();
  const samples = new Map<string, number[]>();
  let refused = 0;
  let totalMs = 0;
  for (let n = 0; n < REQUESTS; n += 1) {
    const now = n * GAP_MS;
    if (now % 60_000 === 0) used.clear();
    for (let i = flights.length - 1; i >= 0; i -= 1) if ((flights[i]?.end ?? 0) <= now) flights.splice(i, 1);
    const loads = Object.fromEntries(
      models.map(({ id }): [string, DeploymentLoad] => {
        const last = samples.get(id)?.slice(-10);
        const latency = last && { latencyMs: last.reduce((sum, ms) => sum + ms, 0) / last.length };
        const inFlight = flights.filter((flight) => flight.id === id).length;
        return [id, { inFlight, requests: 0, tokens: 0, ...used.get(id), ...latency }];
      }),
    );
    const decision = decide({ plan, past: [], cooldowns: {}, now, acceptedAt: now, random, loads });
    const chosen = decision.kind === 'attempt' ? models.find(({ id }) => id === decision.deployment.id) : undefined;
    if (chosen === undefined) {
      refused += 1;
      continue;
    }
    const ms = chosen.speedMs * (0.5 + random());
    const before = used.get(chosen.id) ?? { requests: 0, tokens: 0 };
    counts.set(chosen.id, (counts.get(chosen.id) ?? 0) + 1);
    used.set(chosen.id, { requests: before.requests + 1, tokens: before.tokens + TOKENS });
    samples.set(chosen.id, [...(samples.get(chosen.id) ?? []).slice(-9), ms / TOKENS]);
    flights.push({ id: chosen.id, end: now + ms });
    totalMs += ms;
  }
  const share = Object.fromEntries(models.map(({ id }) => [id, (counts.get(id) ?? 0) / REQUESTS]));
  return { share, meanMs: totalMs / Math.max(1, REQUESTS - refused), refused };
}

describe('ten thousand requests', () => {
  it('go where each strategy says', () => {
    const rows = (
      ['simple-shuffle', 'least-busy', 'usage-based-routing-v2', 'latency-based-routing', 'cost-based-routing'] as const
    ).map((strategy: StrategyName) => [strategy, simulate(MODELS, { strategy })] as const);
    process.stdout.write(
      [
        '',
        'strategy                  fast  middle    slow  mean ms',
        ...rows.map(
          ([name, { share, meanMs }]) =>
            `${name.padEnd(24)}${MODELS.map(({ id }) => `${((share[id] ?? 0) * 100).toFixed(1)} %`.padStart(8)).join('')}${meanMs.toFixed(0).padStart(8)}`,
        ),
        '',
      ].join('\n'),
    );
    const of = Object.fromEntries(rows) as Record<StrategyName, Outcome>;
    expect(of['simple-shuffle'].share['fast']).toBeCloseTo(0.1, 1);
    expect(of['simple-shuffle'].share['middle']).toBeCloseTo(0.3, 1);
    expect(of['simple-shuffle'].share['slow']).toBeCloseTo(0.6, 1);
    // As many calls in flight at each: shares are as the speeds, 4 : 2 : 1.
    expect(of['least-busy'].share['fast']).toBeCloseTo(4 / 7, 1);
    expect(of['least-busy'].share['slow']).toBeCloseTo(1 / 7, 1);
    for (const { id } of MODELS) expect(of['usage-based-routing-v2'].share[id]).toBeCloseTo(1 / 3, 2);
    expect(of['latency-based-routing'].share['fast']).toBeGreaterThan(0.9);
    expect(of['cost-based-routing'].share['slow']).toBe(1);
  });

  it('are spread by weight and the deployment without a weight gets none', () => {
    const [fast, middle, slow] = MODELS;
    const models = [fast, middle, slow && { ...slow, weight: 0 }].filter((model) => model !== undefined);
    const { share } = simulate(models);
    expect(share['slow']).toBe(0);
    expect(share['fast']).toBeCloseTo(0.25, 1);
  });

  it('keep to the limits of a minute', () => {
    const limited = MODELS.map((model) => ({ ...model, rpm: 1_000 }));
    // 50 seconds: three times a thousand are let through.
    expect(simulate(limited, { strategy: 'usage-based-routing-v2' }).refused).toBe(REQUESTS - 3_000);
    expect(simulate(limited, { strategy: 'least-busy' }).refused).toBe(0);
  });

  it('of a cost-based group go to the next cheapest when the cheapest is at its limit', () => {
    const limited = MODELS.map((model) => (model.id === 'slow' ? { ...model, rpm: 4_000 } : model));
    const { share } = simulate(limited, { strategy: 'cost-based-routing' });
    expect(share).toEqual({ fast: 0, middle: 0.6, slow: 0.4 });
  });

  it('of a latency-based group with a buffer are shared by those that are nearly as fast', () => {
    const models = MODELS.map((model) => (model.id === 'middle' ? { ...model, speedMs: 110 } : model));
    const { share } = simulate(models, { strategy: 'latency-based-routing', latencyBuffer: 1 });
    expect(share['middle']).toBeGreaterThan(0.3);
    expect(share['slow']).toBeLessThan(0.1);
  });
});
