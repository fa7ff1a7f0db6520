import { describe, expect, it } from 'vitest';
import { replaceIds } from './replace-ids.js';

describe('ids told anew', () => {
  it('are whole strings of the JSON: what is said of them stays', () => {
    const json = JSON.stringify({ id: 'resp_1', next: ['resp_1'], text: 'see "resp_1", resp_1' });
    expect(JSON.parse(replaceIds(json, new Map([['resp_1', 'resp_x"y']])))).toEqual({
      id: 'resp_x"y',
      next: ['resp_x"y'],
      text: 'see "resp_1", resp_1',
    });
  });

  it.each([':', ',', ' , ', ':1,', '],[', ' '])(
    'leave alone an id that looks like the marks between strings: %j',
    (id) => {
      const json = JSON.stringify({ id, a: 'b', c: ['d', 'e'], f: 1, g: [['h'], ['i']] });
      expect(JSON.parse(replaceIds(json, new Map([[id, 'resp_x']])))).toEqual(JSON.parse(json));
    },
  );
});
