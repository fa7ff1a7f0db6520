import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';

const CONNECTED = 'undici:client:connected';

interface Connected {
  readonly connectParams: { readonly port: string };
  readonly socket: Socket;
}

/**
 * Counts, from now on, the bytes that this process takes from its connections to a port. What was sent to it and waits in
 * the kernel is none of it: how much that may be is the machine's to say, and on some it is tens of megabytes.
 */
export function bytesReadFrom(port: string | number): () => number {
  const sockets = new Set<Socket>();
  const note = (message: unknown) => {
    const { connectParams, socket } = message as Connected;
    if (connectParams.port === String(port)) sockets.add(socket);
  };
  subscribe(CONNECTED, note);
  onTestFinished(() => void unsubscribe(CONNECTED, note));
  return () => [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0);
}
