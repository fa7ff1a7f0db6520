import type { MessageSink, MessageSocket } from '@portico/core/mount';
import type { RawData, WebSocket } from 'ws';

/** Bytes that may be buffered before the other side is paused. */
const FULL_BYTES = 1024 * 1024;

/** Interval between two pings; a peer that has not answered the last one by then is disconnected. */
const PING_MS = 30_000;

/** How long the other side has to complete the close. */
const CLOSING_MS = 5_000;

/**
 * A WebSocket of `ws` that is open, as core sees it. Nothing is read from it before it is started. Whoever obtained it has
 * its error listener; what goes wrong ends in `'close'`, where it is reported.
 */
export function messageSocket(socket: WebSocket): MessageSocket {
  let sink: MessageSink | undefined;
  let closed: { readonly code: number; readonly reason: string } | undefined;
  let full = false;
  let paused = true;
  let answered = true;
  socket.pause();
  socket.on('pong', () => {
    answered = true;
  });
  socket.on('message', (data: RawData, isBinary: boolean) => {
    answered = true;
    sink?.message(isBinary ? bytesOf(data) : bytesOf(data).toString('utf8'));
  });
  socket.on('close', (code: number, reason: Buffer) => {
    clearInterval(heart);
    closed = { code, reason: reason.toString('utf8') };
    sink?.closed(closed.code, closed.reason);
  });
  const heart = setInterval(() => {
    // A paused peer also sends no pong.
    if (paused) return;
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, PING_MS);
  heart.unref();

  function sent(): void {
    if (!full || socket.bufferedAmount >= FULL_BYTES) return;
    full = false;
    sink?.drained();
  }

  return {
    start(given) {
      sink = given;
      if (closed !== undefined) return given.closed(closed.code, closed.reason);
      paused = false;
      socket.resume();
    },
    send(message) {
      if (socket.readyState !== socket.OPEN) return true;
      socket.send(message, sent);
      full ||= socket.bufferedAmount >= FULL_BYTES;
      return !full;
    },
    pause() {
      paused = true;
      socket.pause();
    },
    resume() {
      paused = false;
      answered = true;
      socket.resume();
    },
    close(code, reason) {
      // The close frame of the other side is read too.
      paused = false;
      socket.resume();
      socket.close(code, cut(reason));
      const impatience = setTimeout(() => socket.terminate(), CLOSING_MS);
      impatience.unref();
      socket.once('close', () => clearTimeout(impatience));
    },
  };
}

function bytesOf(data: RawData): Buffer {
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);
}

/** RFC 6455 §5.5: a control frame holds 125 bytes, two of which are the code. */
function cut(reason: string): string {
  return new TextDecoder().decode(Buffer.from(reason).subarray(0, 120)).replace(/\uFFFD$/, '');
}
