import { crc32 } from '../src/bedrock/crc32.js';

/** A frame of an AWS event stream with headers of text; `lengths` for one that lies about them. */
export function frame(
  headers: Readonly<Record<string, string>>,
  payload: string | Uint8Array,
  lengths?: { readonly total: number; readonly headers: number },
): Uint8Array {
  const told = Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => [
      Buffer.from([Buffer.byteLength(name)]),
      Buffer.from(name),
      Buffer.from([7, Buffer.byteLength(value) >> 8, Buffer.byteLength(value) & 255]),
      Buffer.from(value),
    ]),
  );
  const body = Buffer.from(typeof payload === 'string' ? new TextEncoder().encode(payload) : payload);
  const whole = Buffer.alloc(16 + told.length + body.length);
  whole.writeUInt32BE(lengths?.total ?? whole.length, 0);
  whole.writeUInt32BE(lengths?.headers ?? told.length, 4);
  whole.writeUInt32BE(crc32(whole.subarray(0, 8)), 8);
  told.copy(whole, 12);
  body.copy(whole, 12 + told.length);
  whole.writeUInt32BE(crc32(whole.subarray(0, whole.length - 4)), whole.length - 4);
  return whole;
}
