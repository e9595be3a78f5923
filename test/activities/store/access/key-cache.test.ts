/** Keys in memory: asked for once, forgotten at every change, never used while changes are not heard. */
import { describe, expect, it } from '@jest/globals';
import { createKeyCache } from '../../../../activities/store/access/key-cache.ts';
import type { Principal } from '../../../../activities/store/access/principals.ts';

function principal(keyId: string, more: Partial<Principal> = {}): Principal {
  return {
    keyId,
    keyName: 'sk-...',
    grants: [],
    aliases: new Map(),
    allowedRoutes: [],
    tags: [],
    limits: {},
    metadata: {},
    ...more,
  };
}

function setUp(rows: Record<string, Principal | undefined>, maxKeys = 10) {
  const state = { listening: true, nowMs: 0, reads: [] as string[], during: (): void => undefined };
  const cache = createKeyCache({
    read: async (hash) => {
      const name = hash.toString();
      state.reads.push(name);
      const row = rows[name];
      state.during();
      return row;
    },
    listening: () => state.listening,
    ttlMs: 1_000,
    maxKeys,
    nowMs: () => state.nowMs,
  });
  return { state, cache, find: async (name: string) => cache.find(Buffer.from(name)) };
}

describe('a key in memory', () => {
  it('costs one question, known or not, until its time is over', async () => {
    const { state, find } = setUp({ a: principal('1') });
    for (const name of ['a', 'a', 'none', 'none']) await find(name);
    expect(state.reads).toEqual(['a', 'none']);
    state.nowMs = 1_000;
    await find('a');
    expect(state.reads).toEqual(['a', 'none', 'a']);
  });

  it.each([
    ['key', '1'],
    ['user', 'u'],
    ['team', 't'],
    ['organization', 'o'],
    ['access_group', 'any'],
  ])('is forgotten when its %s changes, and stays when another does', async (what, id) => {
    const { state, cache, find } = setUp({ a: principal('1', { userId: 'u', teamId: 't', organizationId: 'o' }) });
    await find('a');
    cache.forget('key', 'other');
    await find('a');
    expect(state.reads).toEqual(['a']);
    cache.forget(what, id);
    await find('a');
    expect(state.reads).toEqual(['a', 'a']);
  });

  it('that was unknown is asked for again after any change', async () => {
    const rows: Record<string, Principal | undefined> = {};
    const { cache, find } = setUp(rows);
    expect(await find('new')).toBeUndefined();
    rows['new'] = principal('2');
    cache.forget('key', '2');
    expect(await find('new')).toBeDefined();
  });

  it('is not kept when it changed while it was read', async () => {
    const rows: Record<string, Principal | undefined> = { a: principal('1') };
    const { state, cache, find } = setUp(rows);
    state.during = () => {
      rows['a'] = undefined;
      cache.forget('key', '1');
      state.during = () => undefined;
    };
    expect(await find('a')).toBeDefined();
    expect(await find('a')).toBeUndefined();
  });

  it('is not used while changes are not heard', async () => {
    const { state, find } = setUp({ a: principal('1') });
    await find('a');
    state.listening = false;
    await find('a');
    await find('a');
    expect(state.reads).toEqual(['a', 'a', 'a']);
  });

  it('is dropped when there are too many, the one that was used longest ago first', async () => {
    const { state, find } = setUp({ a: principal('1'), b: principal('2'), c: principal('3') }, 2);
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await find(name);
    expect(state.reads).toEqual(['a', 'b', 'c', 'b']);
  });
});
