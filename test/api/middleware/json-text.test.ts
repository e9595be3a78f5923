/** JSON from strangers. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseJson } from '../../../api/middleware/json-text.ts';
import { Refusal } from '../../../api/middleware/refusal.ts';

function refusalOf(text: string): Refusal['failure'] {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof Refusal) return error.failure;
    throw error;
  }
  throw new Error(`accepted: ${text.slice(0, 80)}`);
}

describe('JSON text', () => {
  it('is parsed as JSON.parse does, whatever the value', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'grapheme' }), (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ['{"a":tru}', 5],
    ['[1 2]', 3],
  ])('names the position of the error in %s', (text, position) => {
    expect(refusalOf(text).message).toContain(`position ${position}`);
  });

  it.each(['{"a":', '{"a":"x', '[', '"'])('says that %s ends too early', (text) => {
    expect(refusalOf(text).message).toMatch(/position \d+/);
  });

  it('does not repeat the text it could not parse', () => {
    expect(refusalOf('{"key": sk-secret-value}').message).not.toContain('secret');
  });

  it('takes a hundred levels and refuses the next one', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(parseJson(nested(100))).toBeDefined();
    expect(refusalOf(nested(101)).message).toContain('100 levels');
    expect(refusalOf(nested(100_000)).code).toBe('invalid_request');
    expect(refusalOf('{"a":'.repeat(100_000)).message).toContain('100 levels');
  });

  it('does not count brackets inside strings', () => {
    const brackets = '[{'.repeat(500);
    expect(parseJson(JSON.stringify({ a: brackets, b: `\\"${brackets}`, c: '\\' }))).toEqual({
      a: brackets,
      b: `\\"${brackets}`,
      c: '\\',
    });
  });

  it('scans a long run of escaped backslashes in linear time', () => {
    const text = JSON.stringify('\\'.repeat(500_000));
    expect(parseJson(text)).toHaveLength(500_000);
  });

  it.each([
    ['{"messages":[{"content":"a\\u0000b"}]}', 'messages[0].content'],
    ['{"user":"\\ud800"}', 'user'],
    ['{"user":"\\udc00\\ud800"}', 'user'],
  ])('refuses what is no text, and names the field: %s', (text, param) => {
    expect(refusalOf(text)).toMatchObject({ code: 'invalid_request', param });
  });

  it('refuses keys that are no text', () => {
    expect(refusalOf('{"a\\u0000":1}').code).toBe('invalid_request');
    expect(refusalOf('{"\\ud800":1}').code).toBe('invalid_request');
  });

  it('accepts surrogate pairs, and a backslash before "u0000"', () => {
    expect(parseJson('{"a":"\\ud83d\\ude00","b":"\\\\u0000"}')).toEqual({ a: '😀', b: '\\u0000' });
  });

  it.each([
    '{"__proto__":{"admin":true}}',
    '{"a":[{"__proto__":1}]}',
    '{"\\u005f\\u005fproto__":1}',
    '{"constructor":{"prototype":{}}}',
    '{"\\u0063onstructor":{"prototype":{}}}',
  ])('refuses a prototype key: %s', (text) => {
    expect(refusalOf(text).message).toContain('is not accepted');
  });

  it('lets a prompt speak of __proto__ and a schema name a property "constructor"', () => {
    expect(parseJson('{"content":"what is __proto__?","properties":{"constructor":{"type":"string"}}}')).toBeDefined();
  });
});
