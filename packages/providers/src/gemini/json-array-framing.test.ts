import { describe, expect, it } from 'vitest';
import { jsonArrayFraming } from './json-array-framing.js';

const elements = ['{"a":"]}\\"{","b":[[1],{}]}', '{ "ä": "🙂\\\\" }', '{}'];

describe('a stream that is one array', () => {
  it.each([
    ['an array', `[${elements.join(',\r\n')}]`, elements],
    ['an array that is not closed', `[${elements.join(',')},{"c":`, elements],
    ['one object', elements[0], elements.slice(0, 1)],
    ['something else', '"x" 7 ]} [', []],
  ])('is cut into its elements wherever the network cuts it: %s (f43)', (_what, body = '', expected) => {
    const bytes = new TextEncoder().encode(body);
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(eventsOf([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
    }
    expect(eventsOf(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });
});

function eventsOf(pieces: readonly Uint8Array[]): string[] {
  const events: string[] = [];
  const cut = jsonArrayFraming.open((data) => void events.push(data));
  for (const piece of pieces) cut(piece);
  return events;
}
