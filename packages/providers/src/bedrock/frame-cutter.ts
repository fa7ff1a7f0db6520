import { crc32 } from './crc32.js';

/** One frame of an AWS event stream. */
export interface Frame {
  /** Headers with a text value. Other types have no meaning here. */
  readonly headers: ReadonlyMap<string, string>;
  /** Valid until the next frame is split off. */
  readonly payload: Uint8Array;
}

/** Total length, length of the headers, and the checksum of both. */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
/** Larger frames are corrupt: a wrong length must not make us wait for gigabytes. */
const MOST_BYTES = 24 * 1024 * 1024;
const MOST_HEADER_BYTES = 128 * 1024;

/**
 * Splits bytes in chunks of any size into frames (`application/vnd.amazon.eventstream`: big-endian lengths, typed
 * headers, two checksums). Throws for a corrupt frame; nothing after it can be read.
 */
export class FrameCutter {
  #bytes = new Uint8Array(4_096);
  /** The range of `#bytes` that is not split yet. */
  #from = 0;
  #to = 0;

  push(chunk: Uint8Array): void {
    const held = this.#to - this.#from;
    if (this.#to + chunk.byteLength > this.#bytes.byteLength) {
      const needed = held + chunk.byteLength;
      const target = needed > this.#bytes.byteLength ? new Uint8Array(needed * 2) : this.#bytes;
      target.set(this.#bytes.subarray(this.#from, this.#to));
      this.#bytes = target;
      this.#from = 0;
      this.#to = held;
    }
    this.#bytes.set(chunk, this.#to);
    this.#to += chunk.byteLength;
  }

  /** The next frame; undefined until it is complete. */
  next(): Frame | undefined {
    const held = this.#bytes.subarray(this.#from, this.#to);
    if (held.byteLength < PRELUDE_BYTES) return undefined;
    const view = new DataView(held.buffer, held.byteOffset, held.byteLength);
    const length = view.getUint32(0);
    const headerLength = view.getUint32(4);
    if (view.getUint32(8) !== crc32(held.subarray(0, 8))) throw new Error('The lengths of a frame are corrupt.');
    if (length > MOST_BYTES || headerLength > MOST_HEADER_BYTES) throw new Error('A frame is too long.');
    const end = length - CHECKSUM_BYTES;
    if (PRELUDE_BYTES + headerLength > end) throw new Error('A frame is shorter than its headers.');
    if (held.byteLength < length) return undefined;
    if (view.getUint32(end) !== crc32(held.subarray(0, end))) throw new Error('A frame is corrupt.');
    this.#from += length;
    const payloadAt = PRELUDE_BYTES + headerLength;
    return { headers: readHeaders(held.subarray(PRELUDE_BYTES, payloadAt)), payload: held.subarray(payloadAt, end) };
  }
}

const STRING = 7;
/** Bytes of a value by its type; the two others have a length of two bytes in front. */
const FIXED_BYTES: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };
const BYTES = 6;

function readHeaders(bytes: Uint8Array): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  while (at < bytes.byteLength) {
    const name = text(take(one()));
    const type = one();
    if (type === STRING) headers.set(name, text(take(two())));
    else take(type === BYTES ? two() : fixed(type));
  }
  return headers;

  function take(count: number): Uint8Array {
    if (at + count > bytes.byteLength) throw new Error('A header of a frame is cut off.');
    at += count;
    return bytes.subarray(at - count, at);
  }

  function one(): number {
    const [byte = 0] = take(1);
    return byte;
  }

  function two(): number {
    const [high = 0, low = 0] = take(2);
    return high * 256 + low;
  }
}

function fixed(type: number): number {
  const count = FIXED_BYTES[type];
  if (count === undefined) throw new Error('A header of a frame is of a type that does not exist.');
  return count;
}

const UTF8 = new TextDecoder();

function text(bytes: Uint8Array): string {
  return UTF8.decode(bytes);
}
