/** How fast lines are sent. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createPace } from '../../../activities/batch/pace.ts';

const NEVER = new AbortController().signal;

async function fill(pace: ReturnType<typeof createPace>, count: number): Promise<() => number> {
  let entered = 0;
  for (let n = 0; n < count; n += 1) void pace.enter(NEVER).then((inside) => (entered += inside ? 1 : 0));
  await turn();
  return () => entered;
}

describe('the pace of a batch', () => {
  it('lets in as many as its limit, and the next when one leaves', async () => {
    const pace = createPace({ max: () => 3, busy: () => false });
    const entered = await fill(pace, 5);
    expect(entered()).toBe(3);
    pace.leave('answered');
    await turn();
    expect(entered()).toBe(4);
  });

  it('is halved once by many answers of "slow down", and grows again with answers', async () => {
    const pace = createPace({ max: () => 16, busy: () => false });
    await fill(pace, 16);
    for (let n = 0; n < 16; n += 1) pace.leave('limited');
    expect(pace.limit()).toBe(8);
    for (let n = 0; n < 200; n += 1) {
      await pace.enter(NEVER);
      pace.leave('answered');
    }
    expect(pace.limit()).toBe(16);
  });

  it('rests for as long as the provider asks, unless it is told to stop', async () => {
    const pace = createPace({ max: () => 4, busy: () => false });
    await pace.enter(NEVER);
    pace.leave('limited', 60_000);
    const stop = new AbortController();
    const waiting = pace.enter(stop.signal);
    stop.abort();
    expect(await waiting).toBe(false);
    expect(await pace.enter(stop.signal)).toBe(false);
  });

  it('lets lines in one after the other while callers wait', async () => {
    const pace = createPace({ max: () => 100, busy: () => true });
    const entered = await fill(pace, 50);
    expect(entered()).toBeLessThan(50);
    expect(entered()).toBeGreaterThan(0);
  });
});
