import { describe, expect, it } from '@jest/globals';
import type { Config, Deployment, RouterSettings } from '../../../activities/config/config.ts';
import {
  createDeploymentHealth,
  type CallOutcome,
  type DeploymentHealth,
} from '../../../activities/health/deployment-health.ts';
import type { ErrorCode, Failure } from '../../../providers/protocol/errors.ts';
import { deployment } from '../../support/deployment.ts';

const A = deployment('a');
const B = deployment('b');

function health(router: Partial<RouterSettings> = {}, deployments: readonly Deployment[] = [A, B]): DeploymentHealth {
  const settings = { cooldownTimeMs: 60_000, disableCooldowns: false, ...router };
  return createDeploymentHealth(() => ({ router: settings, deployments }) as unknown as Config);
}

function failed(code: ErrorCode, more: Partial<Failure> = {}): CallOutcome {
  return { elapsedMs: 10, ownTimeout: false, failure: { code, message: 'no', billed: 'no', ...more } };
}

const fine: CallOutcome = { elapsedMs: 10, ownTimeout: false };

function cooling(of: DeploymentHealth): readonly string[] {
  return Object.keys(of.cooldowns());
}

describe('a deployment cools down', () => {
  it.each<[ErrorCode, boolean]>([
    ['rate_limit_exceeded', true],
    ['provider_auth_failed', true],
    ['provider_model_not_found', true],
    ['provider_error', false],
    ['invalid_request', false],
    ['context_length_exceeded', false],
  ])('at once after %s: %s', (code, expected) => {
    const one = health();
    one.ended(A, failed(code));
    expect(cooling(one)).toEqual(expected ? ['a'] : []);
  });

  it('when more than half of at least five calls of the minute fail', () => {
    const one = health();
    for (const outcome of [fine, fine, failed('provider_error'), failed('provider_error')]) one.ended(A, outcome);
    expect(cooling(one)).toEqual([]);
    one.ended(A, failed('provider_error'));
    expect(cooling(one)).toEqual(['a']);
  });

  it('never by default when it is the only one of its group, and by allowed_fails all the same', () => {
    const lone = health({}, [A]);
    for (let n = 0; n < 20; n += 1) lone.ended(A, failed('rate_limit_exceeded'));
    expect(cooling(lone)).toEqual([]);
    const strict = health({ allowedFails: 1 }, [A]);
    strict.ended(A, failed('provider_error'));
    expect(cooling(strict)).toEqual([]);
    strict.ended(A, failed('provider_error'));
    expect(cooling(strict)).toEqual(['a']);
  });

  it('by the number of its kind of failure', () => {
    const one = health({ allowedFails: 0, allowedFailsPolicy: { RateLimit: 2 } });
    one.ended(A, failed('rate_limit_exceeded'));
    one.ended(A, failed('rate_limit_exceeded'));
    one.ended(B, failed('provider_error'));
    expect(cooling(one)).toEqual(['b']);
  });

  it("for its own time, else the provider's, else the router's", () => {
    const own = deployment('own', { cooldownTimeMs: 90_000 });
    const one = health({}, [A, B, own]);
    const before = Date.now();
    one.ended(own, failed('rate_limit_exceeded', { retryAfterMs: 20_000 }));
    one.ended(A, failed('rate_limit_exceeded', { retryAfterMs: 20_000 }));
    one.ended(B, failed('rate_limit_exceeded'));
    const lasts = Object.fromEntries(
      Object.entries(one.cooldowns()).map(([id, until]) => [id, Math.round((until - before) / 10_000) * 10_000]),
    );
    expect(lasts).toEqual({ own: 90_000, a: 20_000, b: 60_000 });
  });

  it("not when it is switched off, not with a time of 0, and not after the caller's own time limit", () => {
    const off = health({ disableCooldowns: true });
    off.ended(A, failed('rate_limit_exceeded'));
    const zero = health({}, [deployment('a', { cooldownTimeMs: 0 }), B]);
    zero.ended(deployment('a', { cooldownTimeMs: 0 }), failed('rate_limit_exceeded'));
    const impatient = health({ allowedFails: 0 });
    impatient.ended(A, { ...failed('provider_timeout'), ownTimeout: true });
    expect([off, zero, impatient].map(cooling)).toEqual([[], [], []]);
  });
});

describe('traffic', () => {
  it('is counted from the beginning of a call to its end', () => {
    const one = health();
    one.begun(A);
    one.begun(A);
    one.ended(A, { elapsedMs: 500, ttftMs: 40, completionTokens: 50, totalTokens: 80, ownTimeout: false });
    expect(one.loads(['a', 'b'])).toEqual({
      a: { inFlight: 1, requests: 2, tokens: 80, latencyMs: 10, ttftMs: 40 },
      b: { inFlight: 0, requests: 0, tokens: 0 },
    });
  });

  it('makes a deployment that did not answer in time the slowest', () => {
    const one = health();
    one.ended(A, failed('provider_timeout'));
    expect(one.loads(['a'])['a']?.latencyMs).toBe(1_000_000);
  });

  it('of other processes counts, and so do their failures and cooldowns', () => {
    const here = health({ allowedFails: 1 });
    const there = health({ allowedFails: 1 });
    there.begun(A);
    there.ended(B, failed('provider_error'));
    here.absorb([there.report()]);
    expect(here.loads(['a'])['a']).toMatchObject({ inFlight: 1, requests: 1 });
    // The second failure of two allowed ones, over both processes.
    here.ended(B, failed('provider_error'));
    expect(cooling(here)).toEqual(['b']);
    there.absorb([here.report()]);
    expect(cooling(there)).toEqual(['b']);
  });
});
