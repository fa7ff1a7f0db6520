import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { locateJsonError } from '../endpoints/shared/locate-json-error.js';
import { MAX_JSON_DEPTH, scanBrackets } from './json-depth.js';

const UTF8 = new TextEncoder();
const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}"x"${'}]'.repeat(levels / 2)}`;

describe('the brackets of a body', () => {
  it('are closed in whatever is JSON, and cut in every beginning of it that is none', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.nat(), (value, seed) => {
        const bytes = UTF8.encode(JSON.stringify([value, '\\"'.repeat(seed % 90), '\\', `${'x'.repeat(seed % 99)}"[`]));
        expect(scanBrackets(bytes)).toBe('closed');
        for (let end = 1; end < bytes.length; end += 1) expect(scanBrackets(bytes.subarray(0, end))).toBe('cut');
      }),
      { numRuns: 100 },
    );
  });

  it('are told to be too deep beyond the bound, and not up to it', () => {
    for (const [levels, deep] of [
      [MAX_JSON_DEPTH, false],
      [MAX_JSON_DEPTH + 2, true],
    ] as const) {
      expect(scanBrackets(UTF8.encode(nested(levels)))).toBe(deep ? 'deep' : 'closed');
    }
    expect(scanBrackets(UTF8.encode(`"${'['.repeat(5_000)}"`))).toBe('closed');
    expect(scanBrackets(UTF8.encode('[]'.repeat(5_000)))).toBe('closed');
  });
});

describe('the place where a text stops being JSON', () => {
  it.each([
    ['{"a":1,}', 1, 8],
    ['{"a" 1}', 1, 6],
    ['{"a":01}', 1, 7],
    ['{"a":tru}', 1, 6],
    ['{"a":"\\x"}', 1, 6],
    ['{"a":"\\u12g4"}', 1, 6],
    ['{"a":"b\nc"}', 1, 6],
    ['{"a":[1.5e+3,\n -0.1, 1.]}', 2, 9],
    ['[1] x', 1, 5],
    ['{"a":"cut', 1, 6],
    ['[[1]', 1, 5],
    ['-', 1, 1],
    ['\n', 2, 1],
  ])('of %j is line %i, column %i', (text, line, column) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(locateJsonError(text)).toEqual({ line, column });
  });

  it('is the end of every beginning of an object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b'), fc.double({ noNaN: true })), (value) => {
        const text = JSON.stringify(value);
        for (let end = 1; end < text.length; end += 1) {
          const { line, column } = locateJsonError(text.slice(0, end));
          expect(line).toBe(1);
          expect(column).toBeLessThanOrEqual(end + 1);
        }
      }),
      { numRuns: 100 },
    );
  });
});
