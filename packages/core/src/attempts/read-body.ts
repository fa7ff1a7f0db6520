import { GatewayError } from '../errors.js';
import type { ByteSource } from '../transport.js';

/**
 * Reads a whole body. `cancelled` registers what ends the reading early; the source is cancelled with the same
 * reason. Nothing is read beyond `maxBytes`: an upstream cannot fill our memory. `onWhole` gets all of it at the moment
 * it is complete, before anything that waits for the result goes on.
 */
export function readBody(
  source: ByteSource,
  maxBytes: number,
  onPiece: () => void,
  onCancel: (listener: (reason: unknown) => void) => () => void,
  onWhole?: (bytes: Uint8Array) => void,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let first: Uint8Array | undefined;
    let rest: Uint8Array[] | undefined;
    let length = 0;
    let over = false;
    // A call that is already cancelled rejects at once, before a listener exists.
    let forget = () => {};
    const stop = (error: unknown) => {
      if (over) return;
      over = true;
      forget();
      source.cancel(error);
      reject(error);
    };
    forget = onCancel(stop);
    if (over) return;
    source.start({
      bytes(chunk) {
        if (over) return;
        onPiece();
        length += chunk.byteLength;
        if (length > maxBytes) {
          stop(new GatewayError('upstream_error', `An upstream sent an answer of more than ${maxBytes} bytes.`));
        } else if (first === undefined) first = chunk;
        else if (rest === undefined) rest = [first, chunk];
        else rest.push(chunk);
      },
      end() {
        if (over) return;
        over = true;
        forget();
        const whole = rest === undefined ? (first ?? EMPTY) : join(rest, length);
        onWhole?.(whole);
        resolve(whole);
      },
      fail(error) {
        if (over) return;
        over = true;
        forget();
        reject(error);
      },
    });
  });
}

const EMPTY = new Uint8Array(0);

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
