import { describe, expect, it } from 'vitest';
import { readFormParts, textOf } from './form-stream.js';

const TYPE = 'multipart/form-data; boundary=x';
const FORM = [
  'what comes first is nobody’s\r\n',
  '--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n',
  '--x\r\ncontent-disposition: form-data; name="file"; filename="a \\"b\\".txt"\r\ncontent-type: text/plain\r\n\r\n',
  'grün\r\n--\r\n--y\r\n-\r\n',
  '\r\n--x  \r\ncontent-disposition: form-data; name="empty"\r\n\r\n',
  '\r\n--x--\r\nwhat comes last neither',
].join('');
const PARTS = [
  ['purpose', undefined, undefined, 'batch'],
  ['file', 'a "b".txt', 'text/plain', 'grün\r\n--\r\n--y\r\n-\r\n'],
  ['empty', undefined, undefined, ''],
];

describe('a form that is coming in', () => {
  it('is the same parts wherever its bytes are split, and one by one (R11)', async () => {
    const bytes = new TextEncoder().encode(FORM);
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(await partsOf([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(PARTS);
    }
    expect(await partsOf([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(PARTS);
  });

  it('may begin with its first boundary, and a part may be left unread', async () => {
    const form =
      '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x\r\ncontent-disposition: form-data; name="b"\r\n\r\n2\r\n--x--';
    const names: string[] = [];
    for await (const { name } of readFormParts(pieces([new TextEncoder().encode(form)]), TYPE)) names.push(name);
    expect(names).toEqual(['a', 'b']);
  });

  it.each([
    ['', 'last boundary is missing'],
    ['--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nhalf', 'last boundary is missing'],
    ['--x\r\n\r\n\r\n1\r\n--x--', 'no usable name'],
    [`--x\r\nx: ${'y'.repeat(20_000)}`, 'headers of a part are longer'],
    [`--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n${'y'.repeat(1_100_000)}\r\n--x--`, 'is longer than'],
  ])('is refused in words where it is broken (c04)', async (form, message) => {
    await expect(partsOf([new TextEncoder().encode(form)])).rejects.toThrow(message);
  });

  it('lets go of the bytes when nobody reads on', async () => {
    let left = false;
    async function* endless() {
      try {
        yield new TextEncoder().encode('--x\r\ncontent-disposition: form-data; name="a"; filename="a"\r\n\r\n');
        for (;;) yield new Uint8Array(1_000);
      } finally {
        left = true;
      }
    }
    for await (const _part of readFormParts(endless(), TYPE)) break;
    expect(left).toBe(true);
  });
});

async function partsOf(given: readonly Uint8Array[]) {
  const found: unknown[] = [];
  for await (const part of readFormParts(pieces(given), TYPE)) {
    found.push([part.name, part.fileName, part.type, await textOf(part)]);
  }
  return found;
}

async function* pieces(given: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* given;
}
