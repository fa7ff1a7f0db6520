import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { setTimeout as sleep, setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { OpenRequest } from '../provider-log.js';

/** The connection is closed: the answer stops here. */
export class ClientLeft extends Error {}

/**
 * The functions to answer one request, correctly or not. Waiting functions throw `ClientLeft` when the connection is
 * closed.
 */
export interface ProviderReply {
  /** Answers a JSON body in one piece. */
  json(status: number, body: unknown, headers?: OutgoingHttpHeaders): Promise<void>;
  /** Answers any body in one piece. */
  whole(status: number, headers: OutgoingHttpHeaders, body: string | Uint8Array): Promise<void>;
  /** Sends the head now and leaves the body open. */
  head(status: number, headers: OutgoingHttpHeaders): void;
  /** Sends a chunk of the body, and waits if the client does not keep up. */
  write(piece: string | Uint8Array): Promise<void>;
  /** Ends the body correctly. */
  end(): Promise<void>;
  /** Closes the connection (FIN) without ending the answer. Data written before still arrives. */
  cut(): Promise<void>;
  /** Resets the connection (RST). */
  reset(): Promise<void>;
  /** Waits `ms`; forever if it is not finite. */
  pause(ms: number): Promise<void>;
  /** From now on a client that closes only its sending side gets no FIN in return. */
  ignoreHalfClose(): void;
}

/** Wraps the two halves of an exchange. */
export function openReply(incoming: IncomingMessage, response: ServerResponse, request: OpenRequest): ProviderReply {
  const left = new AbortController();
  response.once('close', () => left.abort());
  const gone = left.signal;

  function stopIfGone(): void {
    if (gone.aborted) throw new ClientLeft();
  }

  async function whole(status: number, headers: OutgoingHttpHeaders, body: string | Uint8Array): Promise<void> {
    stopIfGone();
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    request.status = status;
    request.sentBytes += bytes.byteLength;
    response.writeHead(status, { ...headers, 'content-length': bytes.byteLength });
    response.end(bytes);
  }

  function head(status: number, headers: OutgoingHttpHeaders): void {
    stopIfGone();
    request.status = status;
    response.writeHead(status, headers);
    response.flushHeaders();
  }

  async function flushed(): Promise<void> {
    // The callback of an empty write comes after all earlier data has been passed to the operating system.
    if (response.headersSent) await new Promise<void>((resolve) => incoming.socket.write('', () => resolve()));
  }

  return {
    json: (status, body, headers = {}) =>
      whole(status, { 'content-type': 'application/json', ...headers }, JSON.stringify(body)),
    whole,
    head,
    async write(piece) {
      stopIfGone();
      request.sentBytes += typeof piece === 'string' ? Buffer.byteLength(piece) : piece.byteLength;
      const roomLeft = response.write(piece);
      if (!roomLeft) await unlessGone(once(response, 'drain', { signal: gone }));
      else await yieldToEventLoop();
      stopIfGone();
    },
    async end() {
      stopIfGone();
      response.end();
    },
    async cut() {
      stopIfGone();
      request.outcome = 'cut';
      await flushed();
      incoming.socket.destroySoon();
    },
    async reset() {
      stopIfGone();
      request.outcome = 'cut';
      await flushed();
      // A reset discards data that the client has not read yet, so it gets a moment to read.
      if (response.headersSent) await sleep(RESET_AFTER_MS);
      incoming.socket.resetAndDestroy();
    },
    async pause(ms) {
      stopIfGone();
      if (ms <= 0) return;
      if (Number.isFinite(ms)) return unlessGone(sleep(ms, undefined, { signal: gone }));
      await once(gone, 'abort');
      throw new ClientLeft();
    },
    ignoreHalfClose() {
      // node:http answers the client's FIN in this event; without it our side of the connection stays open.
      incoming.socket.removeAllListeners('end');
    },
  };
}

const RESET_AFTER_MS = 10;

async function unlessGone(waiting: Promise<unknown>): Promise<void> {
  try {
    await waiting;
  } catch {
    throw new ClientLeft();
  }
}
