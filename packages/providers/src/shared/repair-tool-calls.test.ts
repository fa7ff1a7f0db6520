import { describe, expect, it } from 'vitest';
import { collected, type Loose, readEvents } from '../../test/read-stream.js';
import { passThrough } from './pass-through.js';

const codec = passThrough('chat.completions', { providerName: 'acme' });

describe('pieces of calls in a stream', () => {
  it.each([
    [
      'without an index',
      [
        { id: 'a', function: { name: 'f', arguments: '{}' } },
        { id: 'b', function: { name: 'g', arguments: '{}' } },
      ],
    ],
    [
      'all under the same index',
      [
        { index: 0, id: 'a', function: { name: 'f', arguments: '{}' } },
        { index: 0, id: 'b', function: { name: 'g', arguments: '{' } },
        { index: 0, function: { arguments: '}' } },
      ],
    ],
    [
      'counted from one',
      [
        { index: 1, id: 'a', function: { name: 'f', arguments: '{}' } },
        { index: 2, id: 'b', function: { name: 'g', arguments: '{}' } },
      ],
    ],
    [
      'with arguments that are no text',
      [
        { index: 0, id: 'a', function: { name: 'f', arguments: {} } },
        { index: 1, id: 'b', function: { name: 'g', arguments: {} } },
      ],
    ],
    [
      'with empty names in what goes on',
      [
        { index: 0, id: 'a', function: { name: 'f', arguments: '{' } },
        { index: 0, id: '', function: { name: '', arguments: '}' } },
        { index: 1, id: 'b', function: { name: 'g', arguments: '{}' } },
      ],
    ],
    [
      'that repeat whose they are',
      [
        { index: 0, id: 'a', function: { name: 'f', arguments: '{' } },
        { index: 0, id: 'a', function: { name: 'f', arguments: '}' } },
        { index: 1, id: 'b', function: { name: 'g', arguments: '{}' } },
      ],
    ],
  ])('%s are two calls to a client (documented)', (_what, pieces: readonly object[]) => {
    const { chunks, dones } = readEvents(codec, [
      ...pieces.map(chunkOf),
      { choices: [{ delta: {}, finish_reason: 'tool_calls' }] },
    ]);
    const { message } = collected(chunks.map((chunk: Loose) => ({ choices: [{ index: 0, ...chunk.choices[0] }] })));
    expect(dones).toBe(1);
    expect(message.tool_calls?.map(({ id, function: called }) => [id, called.name, called.arguments])).toEqual([
      ['a', 'f', '{}'],
      ['b', 'g', '{}'],
    ]);
  });

  it('leave as they came where nothing is wrong with them', () => {
    const text =
      '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}}] }';
    expect(readEvents(codec, [text]).texts).toEqual([text]);
  });
});

function chunkOf(call: object): object {
  return { choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: null }] };
}
