import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Decision, PastAttempt, Plan, PlannedGroup, Situation } from '../../../activities/contract.ts';
import { ERRORS, type ErrorCode, type Failure } from '../../../providers/protocol/errors.ts';
import { decide, isFinal } from '../../../workflows/policy/decide.ts';

function group(ids: readonly string[], more: Partial<PlannedGroup> = {}): PlannedGroup {
  return {
    deployments: ids.map((id) => ({ id, provider: 'openai', model: `m-${id}` })),
    fallbacks: [],
    contextWindowFallbacks: [],
    contentPolicyFallbacks: [],
    ...more,
  };
}

function plan(groups: Plan['groups'], more: Partial<Plan> = {}): Plan {
  return {
    version: 1,
    group: 'main',
    groups,
    numRetries: 2,
    retryAfterMs: 0,
    maxFallbacks: 5,
    timeoutMs: 600_000,
    patienceMs: 600_000,
    delivery: 'at_least_once',
    dropParams: false,
    ...more,
  };
}

function past(
  n: number,
  deployment: string,
  code: ErrorCode,
  more: Partial<Failure> = {},
  inGroup = 'main',
): PastAttempt {
  return { n, deployment, group: inGroup, failure: { code, message: code, billed: 'no', ...more } };
}

function next(thePlan: Plan, attempts: readonly PastAttempt[], more: Partial<Situation> = {}): Decision {
  return decide({ plan: thePlan, past: attempts, cooldowns: {}, now: 1_000, acceptedAt: 0, random: () => 0, ...more });
}

describe('the first attempt', () => {
  it('goes to the lowest order tier only', () => {
    const two = group(['a', 'b']);
    const tiers: PlannedGroup = {
      ...two,
      deployments: [
        { id: 'late', provider: 'openai', model: 'm', order: 2 },
        { id: 'early', provider: 'openai', model: 'm', order: 1 },
      ],
    };
    for (const random of [0, 0.5, 0.999]) {
      expect(next(plan({ main: tiers }), [], { random: () => random })).toMatchObject({
        deployment: { id: 'early' },
        waitMs: 0,
      });
    }
  });

  it('is spread by weight', () => {
    const weighted: PlannedGroup = {
      ...group([]),
      deployments: [
        { id: 'a', provider: 'openai', model: 'm', weight: 9 },
        { id: 'b', provider: 'openai', model: 'm', weight: 1 },
      ],
    };
    expect(next(plan({ main: weighted }), [], { random: () => 0.89 })).toMatchObject({ deployment: { id: 'a' } });
    expect(next(plan({ main: weighted }), [], { random: () => 0.91 })).toMatchObject({ deployment: { id: 'b' } });
  });

  it('avoids a deployment that is cooling down', () => {
    const cooldowns = { a: 5_000 };
    expect(next(plan({ main: group(['a', 'b']) }), [], { cooldowns })).toMatchObject({ deployment: { id: 'b' } });
  });

  it('goes to a fallback while every deployment is cooling down, and is refused until the first is well where there is none', () => {
    const cooldowns = { a: 5_000, b: 9_000 };
    const spare = { main: group(['a', 'b'], { fallbacks: ['spare'] }), spare: group(['s']) };
    expect(next(plan(spare), [], { cooldowns })).toMatchObject({ group: 'spare', deployment: { id: 's' } });
    expect(next(plan({ main: group(['a', 'b']) }), [], { cooldowns })).toMatchObject({
      kind: 'attempt',
      waitMs: 4_000,
    });
    expect(next(plan({ main: group(['a', 'b']) }), [], { cooldowns, atDoor: true })).toMatchObject({
      kind: 'give_up',
      failure: { code: 'no_deployment_available', retryAfterMs: 4_000 },
    });
  });

  it('is refused until the next minute when all have used up their limits', () => {
    const limited: PlannedGroup = { ...group([]), deployments: [{ id: 'a', provider: 'openai', model: 'm', rpm: 2 }] };
    const used = { loads: { a: { inFlight: 0, requests: 2, tokens: 0 } }, atDoor: true };
    const strict = plan({ main: limited }, { strategy: 'usage-based-routing-v2' });
    expect(next(strict, [], used)).toMatchObject({
      failure: { code: 'no_deployment_available', retryAfterMs: 59_000 },
    });
    expect(next(plan({ main: limited }), [], used)).toMatchObject({ kind: 'attempt' });
    expect(next(plan({ main: limited }, { enforceLimits: true }), [], used)).toMatchObject({ kind: 'give_up' });
  });

  it('prefers a deployment with room for another call', () => {
    const limited: PlannedGroup = {
      ...group([]),
      deployments: [
        { id: 'a', provider: 'openai', model: 'm', maxParallel: 1 },
        { id: 'b', provider: 'openai', model: 'm' },
      ],
    };
    const loads = { a: { inFlight: 1, requests: 1, tokens: 0 } };
    expect(next(plan({ main: limited }), [], { loads })).toMatchObject({ deployment: { id: 'b' } });
  });

  it('of a prompt that is too long for the model goes to the model for long ones', () => {
    const none: PlannedGroup = { ...group([]), excluded: 'context', contextWindowFallbacks: ['large'] };
    expect(next(plan({ main: none, large: group(['l']) }), [])).toMatchObject({ group: 'large' });
    expect(next(plan({ main: { ...none, contextWindowFallbacks: [] } }), [])).toMatchObject({
      failure: { code: 'context_length_exceeded' },
    });
  });
});

describe('after a failure', () => {
  it('another deployment of the group is tried at once', () => {
    const decision = next(plan({ main: group(['a', 'b']) }), [past(1, 'a', 'provider_unavailable')]);
    expect(decision).toMatchObject({ kind: 'attempt', deployment: { id: 'b' }, waitMs: 0 });
  });

  it('a lone deployment is tried again after the time the provider asked for, however long', () => {
    const decision = next(plan({ main: group(['a']) }), [
      past(1, 'a', 'rate_limit_exceeded', { retryAfterMs: 300_000 }),
    ]);
    expect(decision).toMatchObject({ kind: 'attempt', deployment: { id: 'a' }, waitMs: 300_000 });
  });

  it('a wait beyond the patience of the request is not begun', () => {
    const decision = next(plan({ main: group(['a']) }), [
      past(1, 'a', 'rate_limit_exceeded', { retryAfterMs: 3_600_000 }),
    ]);
    expect(decision).toMatchObject({ kind: 'give_up', failure: { code: 'rate_limit_exceeded' } });
  });

  it('the death of our own process is answered with another attempt however late it is', () => {
    const late = { now: 10_000_000 };
    expect(next(plan({ main: group(['a']) }), [past(1, 'a', 'attempt_lost')], late)).toMatchObject({ kind: 'attempt' });
    expect(next(plan({ main: group(['a']) }), [past(1, 'a', 'provider_error')], late)).toMatchObject({
      kind: 'give_up',
    });
  });

  it('backs off exponentially where nobody says how long to wait', () => {
    const alone = plan({ main: group(['a']) }, { numRetries: 10 });
    const failures = (count: number): readonly PastAttempt[] =>
      Array.from({ length: count }, (_, i) => past(i + 1, 'a', 'provider_error'));
    const waits = [1, 2, 3, 6].map((count) => next(alone, failures(count)));
    expect(waits.map((decision) => (decision.kind === 'attempt' ? decision.waitMs : -1))).toEqual([
      500, 1_000, 2_000, 8_000,
    ]);
  });

  it('stops after the granted number of retries and keeps the last failure', () => {
    const alone = plan({ main: group(['a']) }, { numRetries: 1 });
    expect(next(alone, [past(1, 'a', 'provider_error')])).toMatchObject({ kind: 'attempt' });
    expect(next(alone, [past(1, 'a', 'provider_error'), past(2, 'a', 'provider_timeout')])).toMatchObject({
      kind: 'give_up',
      failure: { code: 'provider_timeout' },
    });
  });

  it('a caller who wishes no retries gets none', () => {
    expect(
      next(plan({ main: group(['a', 'b']) }, { numRetriesWished: 0 }), [past(1, 'a', 'provider_error')]),
    ).toMatchObject({ kind: 'give_up' });
  });

  it('a rejected credential sends the request to another deployment and never twice to the same', () => {
    expect(next(plan({ main: group(['a', 'b']) }), [past(1, 'a', 'provider_auth_failed')])).toMatchObject({
      deployment: { id: 'b' },
    });
    expect(next(plan({ main: group(['a']) }), [past(1, 'a', 'provider_auth_failed')])).toMatchObject({
      kind: 'give_up',
    });
    const both = [past(1, 'a', 'provider_auth_failed'), past(2, 'b', 'provider_auth_failed')];
    expect(next(plan({ main: group(['a', 'b']) }), both)).toMatchObject({ kind: 'give_up' });
  });

  it('a policy for the class of the failure beats the general number', () => {
    const strict = plan({ main: group(['a'], { retryPolicy: { Timeout: 0 } }) });
    expect(next(strict, [past(1, 'a', 'provider_timeout')])).toMatchObject({ kind: 'give_up' });
    const generous = plan({ main: group(['a'], { retryPolicy: { BadRequest: 1 } }) });
    expect(next(generous, [past(1, 'a', 'invalid_request')])).toMatchObject({ kind: 'attempt' });
  });

  it('the death of our own process costs no retry and at first waits for nothing', () => {
    const lost = (count: number): readonly PastAttempt[] =>
      Array.from({ length: count }, (_, i) => past(i + 1, 'a', 'attempt_lost'));
    const alone = plan({ main: group(['a']) }, { numRetries: 0 });
    expect(next(alone, lost(1))).toMatchObject({ kind: 'attempt', waitMs: 0 });
    expect(next(alone, lost(3))).toMatchObject({ kind: 'attempt', waitMs: 2_000 });
    expect(next(alone, lost(6))).toMatchObject({ kind: 'give_up', failure: { code: 'attempt_lost' } });
  });

  it('at_most_once stops at every failure that may have been billed', () => {
    const once = plan({ main: group(['a', 'b']) }, { delivery: 'at_most_once' });
    expect(next(once, [past(1, 'a', 'provider_timeout', { billed: 'maybe' })])).toMatchObject({
      failure: { code: 'outcome_unknown' },
    });
    expect(next(once, [past(1, 'a', 'provider_unreachable', { billed: 'no' })])).toMatchObject({ kind: 'attempt' });
  });

  it('at_most_once stops at an attempt whose outcome nobody knows', () => {
    const once = plan({ main: group(['a', 'b']) }, { delivery: 'at_most_once' });
    expect(next(once, [past(1, 'a', 'attempt_lost', { billed: 'maybe' })])).toMatchObject({
      kind: 'give_up',
      failure: { code: 'outcome_unknown' },
    });
  });
});

describe('fallbacks', () => {
  const groups = {
    main: group(['a'], { fallbacks: ['spare'], contextWindowFallbacks: ['large'] }),
    spare: group(['s']),
    large: group(['l']),
  };

  it('come when the retries are used up', () => {
    const used = [past(1, 'a', 'provider_error'), past(2, 'a', 'provider_error'), past(3, 'a', 'provider_error')];
    expect(next(plan(groups), used)).toMatchObject({
      kind: 'attempt',
      group: 'spare',
      deployment: { id: 's' },
      waitMs: 0,
    });
  });

  it('come after the later orders of the group itself, which need no retry', () => {
    const ordered: PlannedGroup = {
      ...group([], { fallbacks: ['spare'] }),
      deployments: [
        { id: 'a', provider: 'openai', model: 'm', order: 1 },
        { id: 'b', provider: 'openai', model: 'm', order: 2 },
      ],
    };
    const thePlan = plan({ main: ordered, spare: group(['s']) }, { numRetriesWished: 0 });
    expect(next(thePlan, [past(1, 'a', 'provider_error')])).toMatchObject({ group: 'main', deployment: { id: 'b' } });
    const both = [past(1, 'a', 'provider_error'), past(2, 'b', 'provider_error')];
    expect(next(thePlan, both)).toMatchObject({ group: 'spare' });
  });

  it('that can answer now come before those that are cooling down', () => {
    const chain = { main: group(['a'], { fallbacks: ['b', 'c'] }), b: group(['b']), c: group(['c']) };
    const failed = [past(1, 'a', 'provider_ended')];
    expect(next(plan(chain), failed, { cooldowns: { b: 9_000 } })).toMatchObject({ group: 'c' });
  });

  it('come before a wait for a rate limit', () => {
    expect(next(plan(groups), [past(1, 'a', 'rate_limit_exceeded', { retryAfterMs: 20_000 })])).toMatchObject({
      group: 'spare',
      waitMs: 0,
    });
  });

  it('of a context that is too long are its own, at once', () => {
    expect(next(plan(groups), [past(1, 'a', 'context_length_exceeded')])).toMatchObject({ group: 'large', waitMs: 0 });
  });

  it('are not taken for a request that is wrong in itself', () => {
    expect(next(plan(groups), [past(1, 'a', 'invalid_request')])).toMatchObject({ kind: 'give_up' });
  });

  it('are each tried once, and at most as many as configured', () => {
    const chain = {
      main: group(['a'], { fallbacks: ['b', 'c'] }),
      b: group(['b'], { fallbacks: ['main'] }),
      c: group(['c']),
    };
    const failed = [past(1, 'a', 'provider_ended'), past(2, 'b', 'provider_ended', {}, 'b')];
    expect(next(plan(chain), failed)).toMatchObject({ group: 'c' });
    expect(next(plan(chain, { maxFallbacks: 1 }), failed)).toMatchObject({ kind: 'give_up' });
    expect(next(plan(chain), [...failed, past(3, 'c', 'provider_ended', {}, 'c')])).toMatchObject({ kind: 'give_up' });
  });
});

describe('every way', () => {
  const codes = Object.keys(ERRORS) as ErrorCode[];

  it('ends: no sequence of failures is answered with attempts forever', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...codes.filter((code) => code !== 'attempt_lost')), { minLength: 30, maxLength: 30 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failures, random) => {
          const thePlan = plan({ main: group(['a', 'b'], { fallbacks: ['spare'] }), spare: group(['s', 't']) });
          const attempts: PastAttempt[] = [];
          for (const [index, code] of failures.entries()) {
            const decision = next(thePlan, attempts, { random: () => random });
            if (decision.kind === 'give_up') return;
            attempts.push(past(index + 1, decision.deployment.id, code, {}, decision.group));
          }
          throw new Error('30 attempts and no end');
        },
      ),
    );
  });

  it('that is called final gives up whatever the health of the deployments is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...codes),
        fc.dictionary(fc.constantFrom('a', 'b', 's'), fc.integer({ min: 0, max: 1_000_000 })),
        (code, cooldowns) => {
          const thePlan = plan({ main: group(['a', 'b'], { fallbacks: ['spare'] }), spare: group(['s']) });
          const attempts = [past(1, 'a', code)];
          if (isFinal(thePlan, attempts)) expect(next(thePlan, attempts, { cooldowns }).kind).toBe('give_up');
        },
      ),
    );
  });
});
