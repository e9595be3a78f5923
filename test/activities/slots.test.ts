import { describe, expect, it } from '@jest/globals';
import type { CallResult, RunningCall } from '../../activities/call.ts';
import { createSlots } from '../../activities/slots.ts';

const ANSWERED: CallResult = { kind: 'answered', answer: { json: '{}' } };

function stage(): {
  readonly begun: string[];
  readonly end: (name: string) => void;
  readonly call: (name: string) => () => RunningCall;
} {
  const begun: string[] = [];
  const ends = new Map<string, (result: CallResult) => void>();
  return {
    begun,
    end: (name) => ends.get(name)?.(ANSWERED),
    call: (name) => () => {
      begun.push(name);
      const result = new Promise<CallResult>((resolve) => ends.set(name, resolve));
      return { result, abort: (failure) => ends.get(name)?.({ kind: 'failed', failure }) };
    },
  };
}

describe('calls beyond the limit of a deployment', () => {
  it('wait their turn, in order', async () => {
    const slots = createSlots();
    const { begun, end, call } = stage();
    const first = slots.begin('a', 1, 60_000, call('1'));
    const second = slots.begin('a', 1, 60_000, call('2'));
    slots.begin('a', 1, 60_000, call('3'));
    slots.begin('b', 1, 60_000, call('other'));
    expect(begun).toEqual(['1', 'other']);
    end('1');
    expect(await first.result).toEqual(ANSWERED);
    end('2');
    expect(await second.result).toEqual(ANSWERED);
    await Promise.resolve();
    expect(begun).toEqual(['1', 'other', '2', '3']);
  });

  it('are given up unsent when they are cancelled, or when their time is over', async () => {
    const slots = createSlots();
    const { begun, call } = stage();
    slots.begin('a', 1, 60_000, call('1'));
    const cancelled = slots.begin('a', 1, 60_000, call('2'));
    cancelled.abort({ code: 'cancelled', message: 'no', billed: 'maybe' });
    expect(await cancelled.result).toMatchObject({ failure: { code: 'cancelled', billed: 'no' } });
    const late = slots.begin('a', 1, 1, call('3'));
    expect(await late.result).toMatchObject({ failure: { code: 'no_deployment_available', billed: 'no' } });
    expect(begun).toEqual(['1']);
  });
});
