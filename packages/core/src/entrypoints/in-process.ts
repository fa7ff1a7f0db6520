import { GatewayError } from '../errors.js';
import type { IncomingBody, IncomingRequest } from '../incoming-request.js';
import type { Principal } from '../principal.js';

/** The input of an in-process call. Apart from `via`, its request is the same as one from a socket. */
export interface InProcessCall<Host> {
  readonly method: string;
  readonly path: string;
  readonly query?: string | undefined;
  readonly header: (name: string) => string | undefined;
  readonly body: IncomingBody;
  readonly signal: AbortSignal | undefined | null;
  readonly host: Host;
  readonly authority?: string | undefined;
  readonly ip?: string | undefined;
  readonly principal?: Principal | undefined;
  readonly wantsMetadata?: boolean | undefined;
}

/** The request, and a function to call once its answer is complete, which removes the abort listener. */
export function incomingOf<Host>(call: InProcessCall<Host>): { request: IncomingRequest<Host>; release(): void } {
  const { signal } = call;
  const leavers: (() => void)[] = [];
  const onAbort = () => {
    for (const leaver of leavers) leaver();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    request: {
      method: call.method,
      path: call.path,
      query: call.query,
      header: call.header,
      ip: call.ip,
      authority: call.authority,
      host: call.host,
      body: call.body,
      principal: call.principal,
      wantsMetadata: call.wantsMetadata,
      onClientGone(listener) {
        leavers.push(listener);
        if (signal?.aborted) listener();
      },
    },
    release: () => signal?.removeEventListener('abort', onAbort),
  };
}

/** A body that is already text. */
export function textBody(text: string): IncomingBody {
  return { kind: 'bytes', read: (maxBytes) => limited(new TextEncoder().encode(text), maxBytes) };
}

/** A body that must be read first. */
export function readableBody(read: () => Promise<ArrayBuffer>): IncomingBody {
  return { kind: 'bytes', read: async (maxBytes) => limited(new Uint8Array(await read()), maxBytes) };
}

/** A body stream: reading stops at the size limit, before or after decompression. */
export function streamBody(stream: ReadableStream<Uint8Array> | null, headers: Headers): IncomingBody {
  return {
    kind: 'bytes',
    async *stream() {
      if (stream === null) return;
      if (stream.locked) throw consumed();
      const reader = unpacked(stream, headers).getReader();
      for (let piece = await nextOf(reader); !piece.done; piece = await nextOf(reader)) yield piece.value;
    },
    async read(maxBytes) {
      if (stream === null) return new Uint8Array(0);
      if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
      if (stream.locked) throw consumed();
      const plain = unpacked(stream, headers);
      if (plain === stream) return collect(stream, maxBytes);
      return collect(plain, maxBytes).catch((cause: unknown) => {
        if (cause instanceof GatewayError) throw cause;
        const encoding = headers.get('content-encoding');
        throw new GatewayError('invalid_input', `The body cannot be decompressed as ${encoding}.`, { cause });
      });
    },
  };
}

function unpacked(stream: ReadableStream<Uint8Array>, headers: Headers): ReadableStream<Uint8Array> {
  const encoding = headers.get('content-encoding')?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return stream;
  if (encoding !== 'gzip' && encoding !== 'deflate') throw unknownEncoding(encoding);
  return stream.pipeThrough(new DecompressionStream(encoding) as unknown as TransformStream<Uint8Array, Uint8Array>);
}

async function collect(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let piece = await nextOf(reader); !piece.done; piece = await nextOf(reader)) {
    length += piece.value.byteLength;
    if (length > maxBytes) {
      void reader.cancel().catch(() => undefined);
      throw tooLarge(maxBytes);
    }
    pieces.push(piece.value);
  }
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

/** Longest silence during a body, as on Node. */
const BODY_TIMEOUT_MS = 30_000;

function nextOf(reader: ReadableStreamDefaultReader<Uint8Array>) {
  return new Promise<ReadableStreamReadResult<Uint8Array>>((resolve, reject) => {
    const timer = setTimeout(() => {
      void reader.cancel().catch(() => undefined);
      reject(new GatewayError('request_timeout', `No more of the body arrived for ${BODY_TIMEOUT_MS} ms.`));
    }, BODY_TIMEOUT_MS);
    reader
      .read()
      .then(resolve, (cause: unknown) =>
        reject(
          new GatewayError('client_closed', 'The client disconnected before its request was complete.', { cause }),
        ),
      )
      .finally(() => clearTimeout(timer));
  });
}

async function limited(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  if (bytes.byteLength <= maxBytes) return bytes;
  throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError('too_large', `The body is larger than the ${maxBytes} bytes this gateway accepts.`);
}

function consumed(): GatewayError {
  return new GatewayError(
    'invalid_input',
    'Something in front of the gateway consumed the body. Pass a request that was not read, or a clone of it.',
  );
}

function unknownEncoding(encoding: string): GatewayError {
  return new GatewayError(
    'unsupported_media_type',
    `The body is encoded as "${encoding.slice(0, 40)}". Send it uncompressed, or as gzip or deflate.`,
  );
}
