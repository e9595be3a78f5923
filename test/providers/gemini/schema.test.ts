/** JSON Schema in Google's subset. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isObject, listOf } from '../../../providers/protocol/json.ts';
import { toJsonSchema, toOpenApi } from '../../../providers/gemini/schema.ts';

/** Names of properties are the caller's, and no keywords. */
function keywordsOf(schema: unknown): string[] {
  if (!isObject(schema)) return [];
  const properties = isObject(schema['properties']) ? Object.values(schema['properties']) : [];
  const inner = [...properties, schema['items'], ...listOf(schema['anyOf'])];
  return [...Object.keys(schema), ...inner.flatMap(keywordsOf)];
}

describe('the subset', () => {
  it.each([
    ['a list of types', { type: ['string', 'null'], minLength: 1 }, { type: 'string', minLength: 1, nullable: true }],
    ['several types', { type: ['string', 'integer'] }, { anyOf: [{ type: 'string' }, { type: 'integer' }] }],
    [
      'an alternative to null',
      { anyOf: [{ type: 'integer' }, { type: 'null' }], description: 'd' },
      { type: 'integer', nullable: true, description: 'd' },
    ],
    [
      'alternatives with something beside them',
      { description: 'd', oneOf: [{ type: 'string' }, { type: 'number', description: 'n' }] },
      {
        anyOf: [
          { type: 'string', description: 'd' },
          { type: 'number', description: 'n' },
        ],
      },
    ],
    ['a constant', { const: 'x' }, { type: 'string', enum: ['x'] }],
    ['an enum without a type', { enum: ['a', 'b', null] }, { type: 'string', enum: ['a', 'b'], nullable: true }],
    ['an enum of numbers', { type: 'integer', enum: [1, 2] }, { type: 'integer', description: 'One of 1, 2.' }],
    [
      'an enum with an empty text',
      { type: 'string', enum: ['', 'a'] },
      { type: 'string', description: 'One of "", "a".' },
    ],
    [
      'limits it has no word for',
      { type: 'integer', exclusiveMinimum: 0 },
      { type: 'integer', description: 'exclusiveMinimum: 0.' },
    ],
    ['a format', { type: 'string', format: 'date-time' }, { type: 'string', format: 'date-time' }],
    [
      'another format',
      { type: 'string', format: 'email', description: 'To.' },
      { type: 'string', description: 'To. format: "email".' },
    ],
    ['an object of anything', { type: 'object', additionalProperties: true, properties: {} }, { type: 'object' }],
    ['a list of anything', { type: 'array' }, { type: 'array', items: { type: 'string' } }],
    [
      'a tuple',
      { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] },
      { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'number' }] } },
    ],
    [
      'requirements without a property',
      { properties: { a: { type: 'string' } }, required: ['a', 'gone'] },
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
    ],
    ['upper case', { type: 'STRING' }, { type: 'string' }],
    ['nothing known', { $comment: 'x', default: 1 }, {}],
  ])('takes %s', (_what, schema, expected) => {
    expect(toOpenApi(schema)).toEqual(expected);
  });

  it('has no references and no allOf', () => {
    expect(
      toOpenApi({
        $defs: { 'a/b': { type: 'object', properties: { x: { type: 'string' } }, required: ['x'] } },
        type: 'object',
        properties: {
          one: { $ref: '#/$defs/a~1b', description: 'here' },
          both: { allOf: [{ $ref: '#/$defs/a~1b' }, { properties: { y: { type: 'number' } }, required: ['y'] }] },
          lost: { $ref: '#/$defs/none' },
        },
      }),
    ).toEqual({
      type: 'object',
      properties: {
        one: { type: 'object', properties: { x: { type: 'string' } }, required: ['x'], description: 'here' },
        both: { type: 'object', properties: { x: { type: 'string' }, y: { type: 'number' } }, required: ['x', 'y'] },
        lost: {},
      },
    });
  });

  it('cannot say a schema that holds itself, or one that explodes', () => {
    expect(toOpenApi({ $ref: '#' })).toBeUndefined();
    const list = { type: 'array', items: { $ref: '#/$defs/list' } };
    expect(toOpenApi({ ...list, $defs: { list } })).toBeUndefined();
    const $defs: Record<string, unknown> = { d0: { type: 'string' } };
    for (let n = 1; n < 40; n += 1) {
      const inner = { $ref: `#/$defs/d${n - 1}` };
      $defs[`d${n}`] = { type: 'object', properties: { a: inner, b: inner } };
    }
    expect(toOpenApi({ $ref: '#/$defs/d39', $defs })).toBeUndefined();
  });

  it('never throws, and never holds a keyword that Google refuses', () => {
    const { schema } = fc.letrec((tie) => ({
      schema: fc.dictionary(
        fc.constantFrom(
          'type',
          'properties',
          'items',
          'anyOf',
          'oneOf',
          'allOf',
          '$ref',
          'enum',
          'const',
          'required',
          'format',
          '$defs',
        ),
        fc.oneof(
          { maxDepth: 4 },
          fc.constantFrom<unknown>('string', 'object', 'array', 'null', '#', '#/properties/a', 1, null, true, ''),
          fc.array(tie('schema'), { maxLength: 3 }),
          fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('schema'), { maxKeys: 2 }),
          tie('schema'),
        ),
        { maxKeys: 4 },
      ),
    }));
    fc.assert(
      fc.property(schema, (given) => {
        for (const keyword of keywordsOf(toOpenApi(given) ?? {}))
          expect(['$ref', '$defs', 'allOf', 'oneOf', 'const']).not.toContain(keyword);
      }),
    );
  });
});

it('JSON Schema itself keeps its references and loses const only as a keyword', () => {
  expect(
    toJsonSchema({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      properties: { const: { const: 1 }, $schema: { $ref: '#/$defs/a' } },
      $defs: { a: { anyOf: [{ const: 'x' }] } },
      required: ['const'],
    }),
  ).toEqual({
    properties: { const: { enum: [1] }, $schema: { $ref: '#/$defs/a' } },
    $defs: { a: { anyOf: [{ enum: ['x'] }] } },
    required: ['const'],
  });
});
