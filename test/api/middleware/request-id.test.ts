/** The ids of requests. */
import { describe, expect, it } from '@jest/globals';
import { callIdOf, createRequestId, REQUEST_ID } from '../../../api/middleware/request-id.ts';

describe('a request id', () => {
  it('is req_ and 26 characters of Crockford base32', () => {
    for (let index = 0; index < 1_000; index += 1) expect(createRequestId()).toMatch(REQUEST_ID);
    expect(createRequestId()).toHaveLength(30);
  });

  it('sorts by the time it was made', () => {
    const times = [0, 1, 31, 32, 1_764_000_000_000, 1_764_000_000_001, 2 ** 48 - 1];
    const ids = times.map((time) => createRequestId(time));
    expect([...ids].sort()).toEqual(ids);
  });

  it('does not repeat within a millisecond', () => {
    const ids = new Set(Array.from({ length: 20_000 }, () => createRequestId(1_764_000_000_000)));
    expect(ids.size).toBe(20_000);
  });

  it('uses all 32 characters at each random place', () => {
    const seen = Array.from({ length: 16 }, () => new Set<string>());
    for (let index = 0; index < 2_000; index += 1) {
      const random = createRequestId().slice(-16);
      seen.forEach((characters, place) => characters.add(random.charAt(place)));
    }
    expect(seen.map((characters) => characters.size)).toEqual(Array.from({ length: 16 }, () => 32));
  });
});

describe("a caller's call id", () => {
  it('is kept when it is visible ASCII of at most 128 characters', () => {
    expect(callIdOf('trace-1', 'req_x')).toBe('trace-1');
    expect(callIdOf('a'.repeat(128), 'req_x')).toHaveLength(128);
  });

  it.each([undefined, '', 'a b', 'é', 'a'.repeat(129), ['a', 'b']])(
    'is replaced by the request id when it is %p',
    (given) => {
      expect(callIdOf(given, 'req_x')).toBe('req_x');
    },
  );
});
