import type { JsonObject } from '@portico/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adaptSchema } from './adapt-schema.js';
import { familyOf } from './model-families.js';

const newer = familyOf('gemini-2.5-flash');
const older = familyOf('gemini-2.0-flash');

describe('a schema for newer models', () => {
  it('stays as it is where the wire knows every word of it', () => {
    const schema = {
      type: 'object',
      properties: {
        a: { type: ['string', 'null'], enum: ['x', null] },
        b: { type: 'array', items: { type: 'integer' }, minItems: 2 },
      },
      required: ['a'],
      additionalProperties: false,
    };
    expect(adaptSchema(schema, newer)).toEqual({ schema, removed: new Set() });
  });

  it('tells in its description what nobody enforces, and says that (R-XL-2)', () => {
    const { schema, removed } = adaptSchema(
      {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: {
          mail: { type: 'string', format: 'email', pattern: '^.+@', description: 'Where to.' },
          age: { type: 'integer', exclusiveMinimum: 0, default: 1 },
        },
      },
      newer,
    );
    expect(schema).toEqual({
      type: 'object',
      properties: {
        mail: { type: 'string', description: 'Where to.\n\n{format: "email", pattern: "^.+@"}' },
        age: { type: 'integer', description: '{exclusiveMinimum: 0, default: 1}' },
      },
    });
    expect([...removed].sort()).toEqual(['default', 'exclusiveMinimum', 'format', 'pattern']);
  });

  it('tells a single value, alternatives and parts that all hold in the words there are', () => {
    const { schema } = adaptSchema(
      {
        oneOf: [
          { const: 'a' },
          { allOf: [{ $ref: '#/$defs/b' }, { properties: { y: { type: 'string' } }, required: ['y'] }] },
        ],
        $defs: { b: { type: 'object', properties: { x: { type: 'string' } }, required: ['x'] } },
      },
      newer,
    );
    expect(schema).toEqual({
      anyOf: [
        { enum: ['a'], type: 'string' },
        { type: 'object', properties: { x: { type: 'string' }, y: { type: 'string' } }, required: ['x', 'y'] },
      ],
    });
  });

  it('follows references, and ends those that point back to themselves (R-XL-2)', () => {
    const node = { type: 'object', properties: { next: { $ref: '#/$defs/node' } } };
    const { schema, removed } = adaptSchema({ $ref: '#/$defs/node', $defs: { node } }, newer);
    expect(schema).toEqual({
      type: 'object',
      properties: { next: { type: 'object', properties: { next: { type: 'object' } } } },
    });
    expect(removed).toEqual(new Set(['$ref']));
  });

  it('takes no longer for one that multiplies', () => {
    const level = (inner: number) => ({
      type: 'object',
      properties: { a: { $ref: `#/$defs/${inner}` }, b: { $ref: `#/$defs/${inner}` } },
    });
    const $defs = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [index, level(index + 1)]));
    expect(JSON.stringify(adaptSchema({ ...level(0), $defs }, newer)).length).toBeLessThan(1_000_000);
  });

  it('is not misled by properties that are called like keywords', () => {
    const schema = {
      type: 'object',
      properties: { $ref: { type: 'string' }, default: { type: 'string' }, format: { type: 'string' } },
    };
    expect(adaptSchema(schema, newer)).toEqual({ schema, removed: new Set() });
  });
});

describe('a schema for older models', () => {
  it('marks what may be null', () => {
    const { schema } = adaptSchema(
      {
        type: 'object',
        properties: {
          a: { type: ['string', 'null'] },
          b: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
          c: { type: ['string', 'integer', 'null'], description: 'Either.' },
          d: { enum: ['x', null] },
          e: { anyOf: [{ $ref: '#/$defs/e' }, { type: 'null' }], description: 'Maybe.' },
        },
        $defs: { e: { type: 'object', properties: { x: { type: 'string' } }, description: 'An e.' } },
      },
      older,
    );
    expect(schema.properties).toEqual({
      a: { type: 'string', nullable: true },
      b: { type: 'integer', nullable: true },
      c: { anyOf: [{ type: 'string' }, { type: 'integer' }], description: 'Either.', nullable: true },
      d: { type: 'string', nullable: true, enum: ['x'] },
      e: { type: 'object', properties: { x: { type: 'string' } }, description: 'Maybe.', nullable: true },
    });
  });

  it('has no open objects, only texts in lists of values, items in arrays, and alternatives that stand alone', () => {
    const { schema, removed } = adaptSchema(
      {
        type: 'object',
        properties: {
          map: { type: 'object', additionalProperties: { type: 'string' } },
          level: { type: 'integer', enum: [1, 2] },
          list: { type: 'array' },
          either: {
            type: 'object',
            properties: { k: { type: 'string' } },
            anyOf: [{ properties: { a: { type: 'string' } } }, { properties: { b: {} } }],
          },
        },
        required: ['map', 'gone'],
        additionalProperties: false,
      },
      older,
    );
    expect(schema).toEqual({
      type: 'object',
      properties: {
        map: { type: 'object', description: '{additionalProperties: {"type":"string"}}' },
        level: { type: 'integer', description: '{enum: [1,2]}' },
        list: { type: 'array', items: { type: 'string' } },
        either: {
          anyOf: [
            { type: 'object', properties: { a: { type: 'string' } } },
            { type: 'object', properties: { b: {} } },
          ],
        },
      },
      required: ['map'],
    });
    expect(removed).toEqual(new Set(['additionalProperties', 'enum']));
  });
});

describe('any schema', () => {
  it.each([
    ['newer', newer],
    ['older', older],
  ])('holds for %s models only what they know, whatever it held before (R-XL-2)', (_which, family) => {
    fc.assert(
      fc.property(schema, (given) => {
        const fitted = adaptSchema(given, family).schema;
        for (const one of schemasIn(fitted)) {
          for (const keyword of [
            '$ref',
            '$defs',
            'const',
            'oneOf',
            'allOf',
            'not',
            'if',
            'patternProperties',
            'default',
          ]) {
            expect(one).not.toHaveProperty(keyword);
          }
          if (family === newer) continue;
          expect(Array.isArray(one.type)).toBe(false);
          expect(one).not.toHaveProperty('additionalProperties');
          if (one.anyOf !== undefined) {
            expect(['anyOf', 'title', 'description', 'nullable']).toEqual(expect.arrayContaining(Object.keys(one)));
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];
const type = fc.oneof(fc.constantFrom(...TYPES), fc.uniqueArray(fc.constantFrom(...TYPES), { maxLength: 3 }));
const { schema } = fc.letrec<{ schema: JsonObject; whole: JsonObject }>((tie) => ({
  schema: fc.oneof({ maxDepth: 3 }, fc.record({ type }), tie('whole')),
  whole: fc.record(
    {
      type,
      properties: fc.dictionary(fc.constantFrom('a', 'b', '$ref'), tie('schema'), { maxKeys: 2 }),
      required: fc.array(fc.constantFrom('a', 'b', 'z'), { maxLength: 2 }),
      items: tie('schema'),
      anyOf: fc.array(tie('schema'), { maxLength: 2 }),
      oneOf: fc.array(tie('schema'), { maxLength: 2 }),
      allOf: fc.array(tie('schema'), { maxLength: 2 }),
      $ref: fc.constantFrom('#', '#/$defs/x', '#/properties/a', 'https://elsewhere.example'),
      $defs: fc.record({ x: tie('schema') }),
      additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
      not: tie('schema'),
      const: fc.jsonValue({ maxDepth: 1 }),
      enum: fc.array(fc.jsonValue({ maxDepth: 0 }), { maxLength: 3 }),
      format: fc.constantFrom('date-time', 'email'),
      default: fc.string(),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<JsonObject>,
}));

function schemasIn(given: unknown): JsonObject[] {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return [];
  const one = given as JsonObject;
  const inner = [
    ...Object.values(one.properties ?? {}),
    one.items,
    one.additionalProperties,
    ...((one.anyOf as unknown[]) ?? []),
  ];
  return [one, ...inner.flatMap(schemasIn)];
}
