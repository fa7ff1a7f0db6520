import type { Readable, Transform } from 'node:stream';
import { promisify } from 'node:util';
import { brotliDecompress, createBrotliDecompress, createGunzip, createInflate, gunzip, inflate } from 'node:zlib';
import { GatewayError, LONGEST_TIMER_MS, withErrorListener } from '@portico/core';
import type { IncomingBody } from '@portico/core/mount';
import type { NodeRequest } from './serve-options.js';

/** The owner of the body: notified when the rest will not be read, and reports a disconnect. */
export interface BodyOwner {
  bodyRefused: boolean;
  onClientGone(listener: () => void): void;
}

const BODY_TIMEOUT_MS = 30_000;

/**
 * The body, from wherever it is now. `req.body` does not show that: some parsers set `{}` on a stream they never
 * read, others on one they did. Only the stream itself knows.
 */
export function bodyOf(
  req: NodeRequest,
  owner: BodyOwner,
  {
    parsedBody,
    bodyTimeoutMs: wantedMs = BODY_TIMEOUT_MS,
  }: { readonly parsedBody?: unknown; readonly bodyTimeoutMs?: number },
): IncomingBody {
  const bodyTimeoutMs = Math.min(wantedMs, LONGEST_TIMER_MS);
  if (!req.readableDidRead && !req.readableEnded) {
    return {
      kind: 'bytes',
      read: (maxBytes) => readStream(req, owner, maxBytes, bodyTimeoutMs),
      stream: () => piecesOf(req, owner, bodyTimeoutMs),
    };
  }
  const found = parsedBody ?? (req as { rawBody?: unknown }).rawBody;
  if (typeof found === 'string') return wholeBody(Buffer.from(found));
  if (found instanceof Uint8Array) return wholeBody(found);
  if (found !== undefined && found !== null) return { kind: 'parsed', value: found };
  return { kind: 'bytes', read: () => Promise.reject(goneBody()) };
}

/** As it arrives; an answer before its end rejects the rest. */
async function* piecesOf(req: NodeRequest, owner: BodyOwner, timeoutMs: number): AsyncGenerator<Uint8Array, void> {
  const source = inflated(req);
  // Not destroyed with the loop: the error response still has to be written.
  const pieces = source.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  owner.bodyRefused = true;
  try {
    for (;;) {
      const piece = await inTime(pieces.next(), timeoutMs);
      if (piece.done) {
        owner.bodyRefused = false;
        return;
      }
      yield piece.value;
    }
  } catch (error) {
    throw error instanceof GatewayError ? error : unreadable(error, req);
  } finally {
    if (owner.bodyRefused) req.pause();
  }
}

function inflated(req: NodeRequest): Readable {
  const encoding = req.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return req;
  const inflate = INFLATE[encoding];
  if (inflate === undefined) throw unknownEncoding(encoding);
  const plain = inflate();
  withErrorListener(req, (error) => plain.destroy(error));
  return req.pipe(plain);
}

// The reader may have stopped before the rest turns out to be broken.
const INFLATE: Readonly<Record<string, () => Transform>> = {
  gzip: () => withErrorListener(createGunzip()),
  'x-gzip': () => withErrorListener(createGunzip()),
  deflate: () => withErrorListener(createInflate()),
  br: () => withErrorListener(createBrotliDecompress()),
};

function unreadable(cause: unknown, req: NodeRequest): GatewayError {
  const { code } = cause as { code?: unknown };
  if (typeof code === 'string' && /^(?:Z_|ERR_|ERR__ERROR)/.test(code) && !req.destroyed) {
    return new GatewayError('invalid_input', `The body cannot be decompressed as ${req.headers['content-encoding']}.`, {
      cause,
    });
  }
  return clientLeft();
}

function inTime<T>(next: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooSlow(timeoutMs)), timeoutMs);
    next.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function wholeBody(bytes: Uint8Array): IncomingBody {
  return {
    kind: 'bytes',
    read: (maxBytes) => (bytes.byteLength > maxBytes ? Promise.reject(tooLarge(maxBytes)) : Promise.resolve(bytes)),
  };
}

function readStream(req: NodeRequest, owner: BodyOwner, maxBytes: number, timeoutMs: number): Promise<Uint8Array> {
  const encoding = req.headers['content-encoding']?.toLowerCase();
  const packed = encoding !== undefined && encoding !== 'identity';
  const unpack = packed ? UNPACK[encoding] : undefined;
  if (packed && unpack === undefined) return Promise.reject(unknownEncoding(encoding));
  const bytes = collect(req, owner, maxBytes, timeoutMs);
  return unpack === undefined ? bytes : bytes.then((body) => unpacked(body, unpack, maxBytes, encoding as string));
}

function collect(req: NodeRequest, owner: BodyOwner, maxBytes: number, timeoutMs: number): Promise<Uint8Array> {
  const declared = Number(req.headers['content-length'] ?? 0);
  if (declared > maxBytes) {
    owner.bodyRefused = true;
    return Promise.reject(tooLarge(maxBytes));
  }
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    let rest: Buffer[] | undefined;
    let length = 0;
    const timer = setTimeout(() => refuse(tooSlow(timeoutMs)), timeoutMs);
    // HTTP/1.1 has such a bound in Node; over HTTP/2 a byte now and then would keep a body open for ever.
    const whole = setTimeout(() => refuse(tooLong(MAX_BODY_MS)), MAX_BODY_MS);

    function onData(chunk: Buffer) {
      timer.refresh();
      length += chunk.length;
      if (length > maxBytes) refuse(tooLarge(maxBytes));
      else if (first === undefined) first = chunk;
      else if (rest === undefined) rest = [first, chunk];
      else rest.push(chunk);
    }
    function onEnd() {
      stopTimers();
      resolve(rest === undefined ? (first ?? EMPTY) : Buffer.concat(rest, length));
    }
    function refuse(error: GatewayError) {
      stopTimers();
      owner.bodyRefused = true;
      req.off('data', onData).off('end', onEnd).pause();
      reject(error);
    }

    function stopTimers() {
      clearTimeout(timer);
      clearTimeout(whole);
    }

    req.on('data', onData).on('end', onEnd);
    owner.onClientGone(() => {
      stopTimers();
      reject(clientLeft());
    });
  });
}

const EMPTY = new Uint8Array(0);

/** Longest time for a whole body: what Node's servers allow a request over HTTP/1.1 (`requestTimeout`). */
const MAX_BODY_MS = 300_000;

type Unpack = (packed: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>;

const UNPACK: Readonly<Record<string, Unpack>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

async function unpacked(body: Uint8Array, unpack: Unpack, maxBytes: number, encoding: string): Promise<Uint8Array> {
  try {
    return await unpack(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new GatewayError('invalid_input', `The body cannot be decompressed as ${encoding}.`, { cause });
  }
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError('too_large', `The body is larger than the ${maxBytes} bytes this gateway accepts.`);
}

function tooSlow(timeoutMs: number): GatewayError {
  return new GatewayError('request_timeout', `No more of the body arrived for ${timeoutMs} ms; it is not complete.`);
}

function tooLong(maxMs: number): GatewayError {
  return new GatewayError('request_timeout', `The body did not arrive within ${maxMs} ms; it is not complete.`);
}

function clientLeft(): GatewayError {
  return new GatewayError('client_closed', 'The client disconnected before its request was complete.');
}

function unknownEncoding(encoding: string): GatewayError {
  return new GatewayError(
    'unsupported_media_type',
    `The body is encoded as "${encoding.slice(0, 40)}". Send it uncompressed, or as gzip, deflate or br.`,
  );
}

function goneBody(): GatewayError {
  return new GatewayError(
    'invalid_input',
    'Something in front of the gateway consumed the body and did not keep it. Mount the gateway before it, or let it set req.body.',
  );
}
