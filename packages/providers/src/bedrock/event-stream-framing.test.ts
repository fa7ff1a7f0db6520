import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { frame } from '../../test/frames.js';
import { EXCEPTION, eventStreamFraming } from './event-stream-framing.js';
import { FrameCutter } from './frame-cutter.js';

const shared = process.env.PORTICO_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const vectors = join(shared, 'fixtures', 'eventstream-vectors', 'frames.json');
const absent = !existsSync(vectors);
const reason = absent ? ' (skipped: no vectors here, set PORTICO_SHARED)' : '';

/** Made with AWS' own library. */
const PUBLISHED =
  '0000009400000057b4ab9aee0b3a6576656e742d74797065070011636f6e74656e74426c6f636b44656c74610d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b22636f6e74656e74426c6f636b496e646578223a302c2264656c7461223a7b2274657874223a224869227d7d1f944657';
const DELTA = ['contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"Hi"}}'];

describe('frames of an AWS event stream', () => {
  it('are read as AWS writes them', () => {
    expect(eventsOf(Buffer.from(PUBLISHED, 'hex'))).toEqual([DELTA]);
  });

  it('may come in pieces of any size, and many at once', () => {
    const bytes = Buffer.from(PUBLISHED.repeat(3), 'hex');
    for (let size = 1; size <= bytes.length; size += 1) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
      expect(eventsOf(...pieces)).toEqual([DELTA, DELTA, DELTA]);
    }
  });

  it('may be large', () => {
    const payload = JSON.stringify({ text: 'ä'.repeat(500_000) });
    const bytes = frame({ ':message-type': 'event', ':event-type': 'x' }, payload);
    const pieces = [bytes.subarray(0, 7), bytes.subarray(7, 400_001), bytes.subarray(400_001)];
    expect(eventsOf(...pieces)).toEqual([['x', payload]]);
  });

  it('are refused where any of their bytes was changed', () => {
    const bytes = Buffer.from(PUBLISHED, 'hex');
    for (let at = 0; at < bytes.length; at += 1) {
      const broken = Uint8Array.from(bytes);
      broken[at] = (broken[at] ?? 0) ^ 0x10;
      expect(() => eventsOf(broken), `byte ${at}`).toThrow();
    }
  });

  it('are refused with lengths that cannot be, however right their checksum is', () => {
    for (const [total, headers] of [
      [30 * 1024 * 1024, 0],
      [200_000, 150_000],
      [15, 0],
      [40, 30],
    ] as const) {
      expect(() => eventsOf(frame({}, '', { total, headers }))).toThrow(/frame/);
    }
  });

  it('hand on the JSON inside a chunk, and the chunk itself where there is none', () => {
    const event = { ':message-type': 'event', ':event-type': 'chunk' };
    const bytes = Buffer.from('{"type":"ping","of":"ü"}').toString('base64');
    expect(eventsOf(frame(event, JSON.stringify({ bytes, p: 'ab' })))).toEqual([
      [undefined, '{"type":"ping","of":"ü"}'],
    ]);
    expect(eventsOf(frame(event, '{"bytes":"%"}'))).toEqual([[undefined, '{"bytes":"%"}']]);
    expect(eventsOf(frame(event, 'oops'))).toEqual([[undefined, 'oops']]);
  });

  it('tell exceptions and errors under one name', () => {
    const exception = { ':message-type': 'exception', ':exception-type': 'throttlingException' };
    const error = { ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'Oh no.' };
    expect(eventsOf(frame(exception, '{"message":"Too many."}'), frame(exception, 'oops'), frame(error, ''))).toEqual([
      [EXCEPTION, '{"message":"Too many.","__type":"throttlingException"}'],
      [EXCEPTION, '{"__type":"throttlingException"}'],
      [EXCEPTION, '{"message":"Oh no.","__type":"InternalError"}'],
    ]);
  });

  it('have vectors in continuous integration', () => {
    expect(absent && process.env.CI === 'true', 'PORTICO_SHARED must name the folder with the vectors').toBe(false);
  });

  it.skipIf(absent)(`are told from broken ones as by smithy-rs${reason}`, () => {
    const { vectors: all } = JSON.parse(readFileSync(vectors, 'utf8')) as {
      vectors: { name: string; valid: boolean; bytes_b64: string }[];
    };
    expect(all.length).toBeGreaterThanOrEqual(7);
    for (const { name, valid, bytes_b64 } of all) {
      const cutter = new FrameCutter();
      cutter.push(Buffer.from(bytes_b64, 'base64'));
      if (valid) expect(cutter.next(), name).toBeDefined();
      else expect(() => cutter.next(), name).toThrow();
    }
  });
});

function eventsOf(...pieces: readonly Uint8Array[]): [string | undefined, string][] {
  const found: [string | undefined, string][] = [];
  const cut = eventStreamFraming.open((data, name) => void found.push([name, data]));
  for (const piece of pieces) cut(piece);
  return found;
}
