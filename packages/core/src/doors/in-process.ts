import { GatewayError } from '../errors.js';
import type { IncomingBody, IncomingRequest } from '../incoming.js';
import type { Principal } from '../principal.js';

/** What an in-process call says; the door makes a request of it that differs from a socket's in nothing but its origin. */
export interface InProcessCall<Host> {
  readonly method: string;
  readonly path: string;
  readonly header: (name: string) => string | undefined;
  readonly body: IncomingBody;
  readonly signal: AbortSignal | undefined | null;
  readonly host: Host;
  readonly authority?: string | undefined;
  readonly principal?: Principal | undefined;
}

/** The request, and what to call once its answer is complete so that the signal is let go. */
export function incomingOf<Host>(call: InProcessCall<Host>): { request: IncomingRequest<Host>; release(): void } {
  const { signal } = call;
  let gone: (() => void) | undefined;
  const onAbort = () => gone?.();
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    request: {
      method: call.method,
      path: call.path,
      header: call.header,
      ip: undefined,
      authority: call.authority,
      host: call.host,
      body: call.body,
      principal: call.principal,
      onClientGone(listener) {
        gone = listener;
        if (signal?.aborted) listener();
      },
    },
    release: () => signal?.removeEventListener('abort', onAbort),
  };
}

/** A body that is text already. */
export function textBody(text: string): IncomingBody {
  return { kind: 'bytes', read: (maxBytes) => limited(new TextEncoder().encode(text), maxBytes) };
}

/** A body that must be read first. */
export function readableBody(read: () => Promise<ArrayBuffer>): IncomingBody {
  return { kind: 'bytes', read: async (maxBytes) => limited(new Uint8Array(await read()), maxBytes) };
}

async function limited(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  if (bytes.byteLength <= maxBytes) return bytes;
  throw new GatewayError('too_large', `The body has ${bytes.byteLength} bytes; this gateway takes ${maxBytes}.`);
}
